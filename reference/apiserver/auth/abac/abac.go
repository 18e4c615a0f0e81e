// Package abac decides requests by a file with one policy per line.
//
//	z, err := abac.Load("/etc/kubernetes/policy.jsonl")
//
// Source: https://kubernetes.io/docs/reference/access-authn-authz/abac/
package abac

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

const version = "abac.authorization.kubernetes.io/v1beta1"

// Authorizer allows what a policy of its list allows.
type Authorizer []policy

var (
	_ authorizer.Authorizer   = Authorizer(nil)
	_ authorizer.RuleResolver = Authorizer(nil)
)

type policy struct {
	User            string `json:"user"`
	Group           string `json:"group"`
	Readonly        bool   `json:"readonly"`
	APIGroup        string `json:"apiGroup"`
	Resource        string `json:"resource"`
	Namespace       string `json:"namespace"`
	NonResourcePath string `json:"nonResourcePath"`
}

// Load reads a policy file. Empty lines and lines that start with # are skipped.
func Load(path string) (Authorizer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read --authorization-policy-file: %w", err)
	}
	var out Authorizer
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		p, err := parse(line)
		if err != nil {
			return nil, fmt.Errorf("read --authorization-policy-file: %s:%d: %w", path, n, err)
		}
		out = append(out, p)
	}
	return out, lines.Err()
}

func parse(line []byte) (policy, error) {
	var doc struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Spec       policy `json:"spec"`
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		return policy{}, err
	}
	if doc.APIVersion != version || doc.Kind != "Policy" {
		return policy{}, fmt.Errorf("got %s %s, want %s Policy", doc.APIVersion, doc.Kind, version)
	}
	return doc.Spec, nil
}

// Authorize implements authorizer.Authorizer.
func (z Authorizer) Authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	if slices.ContainsFunc(z, func(p policy) bool { return p.allows(a) }) {
		return authorizer.DecisionAllow, "", nil
	}
	return authorizer.DecisionNoOpinion, "No policy matched.", nil
}

// RulesFor implements authorizer.RuleResolver.
func (z Authorizer) RulesFor(_ context.Context, u user.Info, namespace string) ([]authorizer.ResourceRuleInfo, []authorizer.NonResourceRuleInfo, bool, error) {
	if u == nil {
		return nil, nil, false, errors.New("list rules: no user")
	}
	var resources []authorizer.ResourceRuleInfo
	var paths []authorizer.NonResourceRuleInfo
	for _, p := range z {
		if !p.isAbout(u) {
			continue
		}
		if p.Resource != "" && (p.Namespace == "*" || p.Namespace == namespace) {
			verbs := []string{"*"}
			if p.Readonly {
				verbs = []string{"get", "list", "watch"}
			}
			resources = append(resources, &authorizer.DefaultResourceRuleInfo{Verbs: verbs, APIGroups: []string{p.APIGroup}, Resources: []string{p.Resource}})
		}
		if p.NonResourcePath != "" {
			verbs := []string{"*"}
			if p.Readonly {
				verbs = []string{"get"}
			}
			paths = append(paths, &authorizer.DefaultNonResourceRuleInfo{Verbs: verbs, NonResourceURLs: []string{p.NonResourcePath}})
		}
	}
	return resources, paths, false, nil
}

func (p policy) allows(a authorizer.Attributes) bool {
	if a.GetUser() == nil || !p.isAbout(a.GetUser()) || p.Readonly && !a.IsReadOnly() {
		return false
	}
	if !a.IsResourceRequest() {
		prefix, star := strings.CutSuffix(p.NonResourcePath, "*")
		return p.NonResourcePath == a.GetPath() && a.GetPath() != "" || star && strings.HasPrefix(a.GetPath(), prefix)
	}
	return (p.Namespace == "*" || p.Namespace == a.GetNamespace()) &&
		(p.Resource == "*" || p.Resource == a.GetResource()) &&
		(p.APIGroup == "*" || p.APIGroup == a.GetAPIGroup())
}

// isAbout reports whether p names u: each of user and group that is set must match.
func (p policy) isAbout(u user.Info) bool {
	if p.User == "" && p.Group == "" {
		return false
	}
	if p.User == "*" && !slices.Contains(u.GetGroups(), user.AllAuthenticated) || p.Group == "*" && !slices.Contains(u.GetGroups(), user.AllAuthenticated) {
		return false
	}
	return (p.User == "" || p.User == "*" || p.User == u.GetName()) &&
		(p.Group == "" || p.Group == "*" || slices.Contains(u.GetGroups(), p.Group))
}
