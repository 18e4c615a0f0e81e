package rbac_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/profile"
	"github.com/seatrial/seatrial/harness/rbac"
	"github.com/seatrial/seatrial/harness/recorded"
	"github.com/seatrial/seatrial/harness/spec"
)

func text(t *testing.T, roles rbac.Roles, subject *rbacv1.Subject) string {
	t.Helper()
	var out bytes.Buffer
	if err := roles.Write(&out, subject); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// parse reads the roles by Namespace; "" is the ClusterRole.
func parse(t *testing.T, roles rbac.Roles) map[string][]rbacv1.PolicyRule {
	t.Helper()
	found := map[string][]rbacv1.PolicyRule{}
	for _, document := range strings.Split(text(t, roles, nil), "---\n")[1:] {
		var role rbacv1.Role
		if err := yaml.UnmarshalStrict([]byte(document), &role); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]string{true: "ClusterRole", false: "Role"}[role.Namespace == ""]; role.Kind != want {
			t.Errorf("a %s has the namespace %q", role.Kind, role.Namespace)
		}
		found[role.Namespace] = append(found[role.Namespace], role.Rules...)
	}
	return found
}

// allowed is RBAC as it is documented: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
func allowed(roles map[string][]rbacv1.PolicyRule, namespace, group, resource, verb, name string) bool {
	rules := slices.Clone(roles[""])
	if namespace != "" {
		rules = append(rules, roles[namespace]...)
	}
	has := func(list []string, word string) bool {
		return slices.Contains(list, word) || slices.Contains(list, "*")
	}
	return slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool {
		return has(r.APIGroups, group) && has(r.Resources, resource) && has(r.Verbs, verb) && (len(r.ResourceNames) == 0 || name != "" && slices.Contains(r.ResourceNames, name))
	})
}

func resource(group, name, verb string, namespaced bool) journal.Call {
	return journal.Call{Method: "X", Template: "X", Group: group, Version: "v1", Resource: name, Verb: verb, Namespaced: namespaced}
}

func TestRolesSayWhatTheCallsNeed(t *testing.T) {
	own := resource("", "configmaps", "create", true)
	scale := resource("apps", "deployments", "patch", true)
	scale.Subresource = "scale"
	dns := resource("", "services", "get", true)
	dns.Namespace, dns.Name = "kube-system", "kube-dns"
	view := journal.Call{Verb: "bind", Group: "rbac.authorization.k8s.io", Resource: "clusterroles", Name: "view"}
	jane := journal.Call{Verb: "impersonate", Resource: "users", Name: "jane-${ns}"}
	node := resource("", "nodes", "get", false)
	node.Name = "machine-7"
	custom := resource("${ns}.example.com", "widgets", "delete", true)
	itself := resource("", "namespaces", "list", false)
	itself.Name = "${ns}"
	metrics := journal.Call{Method: "GET", Path: "/metrics", Verb: "get"}
	open := journal.Call{Method: "GET", Path: "/apis/apps/v1", Verb: "get"}
	other := resource("", "secrets", "get", true)
	other.As = "jane"
	self := resource("authorization.k8s.io", "selfsubjectaccessreviews", "create", false)
	event := resource("events.k8s.io", "events", "create", true)
	calls := []journal.Call{own, event, scale, dns, view, jane, node, custom, itself, metrics, open, other, self}

	made := parse(t, rbac.Least(calls, rbac.Options{}))
	given := parse(t, rbac.Least(calls, rbac.Options{Namespaces: []string{"a", "b"}}))
	for _, c := range []struct {
		namespace, group, resource, verb, name string
		made, given                            bool
	}{
		{"a", "", "configmaps", "create", "", true, true},
		{"x", "", "configmaps", "create", "", true, false},
		{"a", "", "configmaps", "update", "", false, false},
		{"b", "apps", "deployments/scale", "patch", "web", true, true},
		{"b", "apps", "deployments", "get", "web", false, false},
		{"kube-system", "", "services", "get", "kube-dns", true, true},
		{"kube-system", "", "services", "get", "other", false, false},
		{"", "rbac.authorization.k8s.io", "clusterroles", "bind", "view", true, true},
		{"", "rbac.authorization.k8s.io", "clusterroles", "bind", "admin", false, false},
		{"", "", "users", "impersonate", "jane-a", true, true},
		{"", "", "users", "impersonate", "jane-x", true, false},
		{"", "", "nodes", "get", "another-machine", true, true},
		{"a", "a.example.com", "widgets", "delete", "", true, true},
		{"a", "x.example.com", "widgets", "delete", "", true, false},
		{"", "", "namespaces", "list", "a", true, true},
		{"", "", "namespaces", "watch", "a", true, true},
		{"", "", "namespaces", "list", "", true, false},
		{"", "", "namespaces", "create", "", true, false},
		{"", "", "namespaces", "delete", "x", true, false},
		{"a", "", "configmaps", "delete", "", false, true}, // a given Namespace is emptied
		{"a", "", "events", "deletecollection", "", false, true},
		{"a", "", "secrets", "get", "x", false, false},
		{"", "authorization.k8s.io", "selfsubjectaccessreviews", "create", "", false, false},
	} {
		if got := allowed(made, c.namespace, c.group, c.resource, c.verb, c.name); got != c.made {
			t.Errorf("with Namespaces of its own: %+v is allowed: %v", c, got)
		}
		if got := allowed(given, c.namespace, c.group, c.resource, c.verb, c.name); got != c.given {
			t.Errorf("with given Namespaces: %+v is allowed: %v", c, got)
		}
	}
	paths := 0
	for _, rule := range made[""] {
		paths += len(rule.NonResourceURLs)
	}
	if paths != 1 {
		t.Errorf("%d paths are allowed, want /metrics alone", paths)
	}
}

// Every call that was recorded must be allowed, for every profile, by rules of which no part is idle.
func TestTheRolesOfEveryProfileAreEnoughAndNoMore(t *testing.T) {
	recording, err := recorded.Built()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := spec.Load(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range profile.Names() {
		p, err := profile.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		var calls []journal.Call
		var needs []string
		for _, s := range spec.Select(spec.Scenarios(pages), p.Selects) {
			calls = append(calls, recording[s.ID].Calls...)
			needs = append(needs, s.Values("needs")...)
		}
		for _, namespaces := range [][]string{nil, {"a", "b"}} {
			roles := parse(t, rbac.Least(calls, rbac.Options{Namespaces: namespaces, Needs: needs}))
			for _, call := range calls {
				if call.As == "" && call.Resource != "" && !strings.HasPrefix(call.Resource, "selfsubject") && !grants(roles, call, namespaces) {
					t.Errorf("%s, namespaces %v: %+v is not allowed", name, namespaces, call)
				}
			}
			if len(namespaces) == 0 {
				for _, idle := range idle(roles, calls) {
					t.Errorf("%s: %s is allowed, and no behaviour does it", name, idle)
				}
				for _, call := range recording[recorded.Kit].Calls {
					if isOptional(call) || call.As != "" || call.Resource == "" || grants(roles, call, namespaces) {
						continue
					}
					t.Errorf("%s: the kit's own %+v is not allowed", name, call)
				}
			}
			for namespace, rules := range roles {
				for _, rule := range rules {
					if slices.Contains(rule.Verbs, "*") || slices.Contains(rule.Resources, "*") {
						t.Errorf("%s, %q: %+v allows everything", name, namespace, rule)
					}
				}
			}
		}
		if name == "namespaced" {
			roles := parse(t, rbac.Least(calls, rbac.Options{Namespaces: []string{"a"}, Needs: needs}))
			for _, rule := range roles[""] {
				if writes := slices.DeleteFunc(slices.Clone(rule.Verbs), func(v string) bool { return v == "get" || v == "list" || v == "watch" }); len(writes) > 0 {
					t.Errorf("namespaced: %+v writes outside of Namespaces", rule)
				}
			}
		}
	}
}

// idle lists what the ClusterRole and the Roles allow that no call has done, and that the kit does not need for itself.
func idle(roles map[string][]rbacv1.PolicyRule, calls []journal.Call) []string {
	done := map[string]bool{}
	for _, verb := range []string{"create", "delete", "list", "watch"} {
		done["//namespaces/"+verb] = true
	}
	for _, place := range []string{"//nodes/", "kube-system//services/"} {
		done[place+"list"], done[place+"watch"] = true, true
	}
	done["/storage.k8s.io/storageclasses/list"], done["/storage.k8s.io/storageclasses/watch"] = true, true
	for _, call := range calls {
		if call.As != "" {
			continue
		}
		resource := call.Resource
		if call.Subresource != "" {
			resource += "/" + call.Subresource
		}
		group := call.Group
		if strings.Contains(group, "${ns}") {
			group = "*"
		}
		done[strings.Join([]string{call.Namespace, group, resource, call.Verb}, "/")] = true
		if call.Verb == "list" {
			done[strings.Join([]string{call.Namespace, group, resource, "watch"}, "/")] = true
		}
	}
	var found []string
	for namespace, rules := range roles {
		for _, rule := range rules {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					if one := strings.Join([]string{namespace, rule.APIGroups[0], resource, verb}, "/"); !done[one] {
						found = append(found, one)
					}
				}
			}
		}
	}
	return found
}

// isOptional reports whether the kit does without what it asks for: what it wants to know of a cluster whether or not behaviours need it.
func isOptional(call journal.Call) bool {
	questions := []string{
		"nodes list", "services list", "services get", "storageclasses list", "pods create", "namespaces get", "selfsubjectaccessreviews create",
		"servicecidrs get", "subjectaccessreviews create", "users impersonate", "groups impersonate",
	}
	return slices.Contains(questions, call.Resource+" "+call.Verb)
}

func grants(roles map[string][]rbacv1.PolicyRule, call journal.Call, namespaces []string) bool {
	own, namespace := "fresh", call.Namespace
	if len(namespaces) > 0 {
		own = namespaces[0]
	}
	if call.Namespaced && namespace == "" {
		namespace = own
	}
	name := call.Name
	if call.Subresource != "" {
		call.Resource += "/" + call.Subresource
	}
	return allowed(roles, namespace, strings.ReplaceAll(call.Group, "${ns}", own), call.Resource, call.Verb, strings.ReplaceAll(name, "${ns}", own))
}

func TestABindingNamesItsSubject(t *testing.T) {
	roles := rbac.Least([]journal.Call{resource("", "pods", "get", true)}, rbac.Options{Namespaces: []string{"a"}})
	for _, c := range []struct{ user, account, want, wrong string }{
		{"jane", "", "kind: User\n  name: jane\n", ""},
		{"", "ci/runner", "kind: ServiceAccount\n  name: runner\n  namespace: ci\n", ""},
		{"", "", "", ""},
		{"jane", "ci/runner", "", "exclude"},
		{"", "runner", "", "<namespace>/<name>"},
	} {
		subject, err := rbac.Subject(c.user, c.account)
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%+v: got %v", c, err)
			}
			continue
		}
		got := text(t, roles, subject)
		if !strings.Contains(got, c.want) || strings.Contains(got, "RoleBinding") != (c.want != "") {
			t.Errorf("%+v: got\n%s", c, got)
		}
	}
}

func TestDangerousRightsAreNamed(t *testing.T) {
	calls := []journal.Call{
		{Verb: "impersonate", Resource: "users", Name: "jane-${ns}"},
		{Verb: "bind", Group: "rbac.authorization.k8s.io", Resource: "clusterroles", Name: "view"},
		{Verb: "escalate", Group: "rbac.authorization.k8s.io", Resource: "roles", Namespaced: true},
	}
	for namespaces, want := range map[string]string{"": "[impersonate everywhere escalate everywhere]", "a": "[escalate in its Namespaces]"} {
		var short []string
		for _, line := range rbac.Least(calls, rbac.Options{Namespaces: strings.Fields(namespaces)}).Warnings() {
			for _, word := range []string{"impersonate", "escalate", "bind"} {
				if strings.Contains(line, "verb "+word) {
					short = append(short, word+line[strings.LastIndex(line, ")")+1:])
				}
			}
		}
		if got := fmt.Sprint(short); got != want {
			t.Errorf("namespaces %q: got %s, want %s", namespaces, got, want)
		}
	}
}
