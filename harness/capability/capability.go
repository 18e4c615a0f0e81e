// Package capability finds out what a cluster offers, so that a scenario which needs more counts as unsupported, for a reason that can be
// read, and not as failed.
package capability

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The capabilities, as @needs: names them.
const (
	Nodes               = "nodes"
	TwoNodes            = "two-nodes"
	RealContainers      = "real-containers"
	LinuxAMD64          = "linux-amd64"
	DNS                 = "dns"
	LoadBalancer        = "load-balancer"
	NetworkPolicy       = "network-policy"
	DefaultStorageClass = "default-storage-class"
	Metrics             = "metrics"
	ClusterScope        = "cluster-scope"
	ClusterAdmin        = "cluster-admin"
	PrivilegedPods      = "pod-security-privileged"
	BaselinePods        = "pod-security-baseline"
	DualStack           = "dual-stack"
	NodeRestriction     = "node-restriction"
	CompactedHistory    = "compacted-history"
)

// meanings say what each capability is.
var meanings = map[string]string{
	Nodes:               "a Node that is Ready and takes any Pod",
	TwoNodes:            "two Nodes that are Ready and take any Pod",
	RealContainers:      "a Node whose containers are processes, not simulated",
	LinuxAMD64:          "a Node with Linux on amd64",
	DNS:                 "the names of Services are answered by a DNS service",
	LoadBalancer:        "Services of type LoadBalancer get an address",
	NetworkPolicy:       "NetworkPolicies are enforced",
	DefaultStorageClass: "a claim that names no StorageClass gets one that makes volumes",
	Metrics:             "the resource metrics API, metrics.k8s.io, answers",
	ClusterScope:        "the user may write what is in no Namespace, and act as others",
	ClusterAdmin:        "the user may do everything",
	PrivilegedPods:      "Namespaces take Pods that break the Pod Security Standard \"baseline\"",
	BaselinePods:        "Namespaces take Pods that break the Pod Security Standard \"restricted\"",
	DualStack:           "Services can have an IPv4 and an IPv6 address",
	CompactedHistory:    "the API server has forgotten its oldest versions, as it does some minutes after its start",
	NodeRestriction:     "the credentials of a Node are good for what concerns this Node alone",
}

// Names lists the capabilities that are detected by name. Besides, "api:apps/v1" is one for each version of an API group.
func Names() []string { return slices.Sorted(maps.Keys(meanings)) }

// Meaning says in half a sentence what the capability is.
func Meaning(name string) string {
	if version, ok := strings.CutPrefix(name, apiPrefix); ok {
		return "the API " + version + " is served"
	}
	return meanings[name]
}

const apiPrefix = "api:"

var apiForm = regexp.MustCompile(`^api:([a-z0-9-]+(\.[a-z0-9-]+)*/)?v[0-9]+((alpha|beta)[0-9]+)?$`)

// Known reports whether the word may follow @needs:.
func Known(name string) bool { return meanings[name] != "" || apiForm.MatchString(name) }

// Finding is what is known of one capability.
type Finding struct {
	Offered bool
	// Reason tells what was found when it is not offered: "1 of 1 Nodes is Ready and takes Pods".
	Reason string
	// Unknown says that only a probe can tell; see Probe.
	Unknown bool
}

// Set is what a cluster offers. The zero Set offers nothing.
type Set struct {
	findings map[string]Finding
	versions map[string]bool // of API groups: "apps/v1"
	unlisted string          // why the versions are not known
}

// Find tells of one capability.
func (s Set) Find(name string) Finding {
	finding, ok := s.findings[name]
	version, isAPI := strings.CutPrefix(name, apiPrefix)
	switch {
	case ok:
		return finding
	case isAPI:
		return s.api(version)
	}
	return Finding{Reason: "the kit does not know this capability"}
}

func (s Set) api(version string) Finding {
	group, _, _ := strings.Cut(version, "/")
	var served []string
	for other := range s.versions {
		if strings.HasPrefix(other, group+"/") {
			served = append(served, other)
		}
	}
	slices.Sort(served)
	switch {
	case s.versions[version]:
		return Finding{Offered: true}
	case s.unlisted != "":
		return Finding{Reason: s.unlisted}
	case len(served) > 0:
		return Finding{Reason: fmt.Sprintf("the cluster serves %s, not %s", strings.Join(served, " and "), version)}
	}
	return Finding{Reason: "the cluster does not serve " + version}
}

// Has reports whether the cluster offers the capability.
func (s Set) Has(name string) bool { return s.Find(name).Offered }

// Summary parts the capabilities that are detected by name, and others that somebody needs, into those that are there and those that are
// not, with the reasons.
func (s Set) Summary(needed []string) (offered []string, absent map[string]string) {
	absent = map[string]string{}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(Names(), needed...)))) {
		if finding := s.Find(name); finding.Offered {
			offered = append(offered, name)
		} else {
			absent[name] = finding.Reason
		}
	}
	return offered, absent
}

// Override returns the set with what a person knows better: the capabilities in offer are there, those in lack are not.
func (s Set) Override(offer, lack []string) (Set, error) {
	s.findings = maps.Clone(s.findings)
	if s.findings == nil {
		s.findings = map[string]Finding{}
	}
	for _, name := range append(slices.Clone(offer), lack...) {
		switch {
		case !Known(name):
			return s, fmt.Errorf("capability %q is not known; there are %s and api:<group>/<version>", name, strings.Join(Names(), ", "))
		case slices.Contains(offer, name) && slices.Contains(lack, name):
			return s, fmt.Errorf("capability %q is both offered and lacking", name)
		case slices.Contains(offer, name):
			s.findings[name] = Finding{Offered: true}
		default:
			s.findings[name] = Finding{Reason: "--lack says so"}
		}
	}
	return s, nil
}

// Unknown lists which of the needed capabilities only a probe can tell of.
func (s Set) Unknown(needed []string) []string {
	unknown := slices.DeleteFunc(slices.Clone(needed), func(name string) bool { return !s.Find(name).Unknown })
	return slices.Compact(slices.Sorted(slices.Values(unknown)))
}
