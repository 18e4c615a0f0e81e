// Package interpodaffinity keeps pods near to or away from other pods.
package interpodaffinity

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Plugin judges the affinity and anti-affinity between pods. It remembers
// counts between pods, and belongs to one goroutine.
type Plugin struct {
	// NamespaceLabels returns the labels of a namespace, nil if there is none.
	NamespaceLabels func(name string) labels.Set
	tallies         snapshot.Tallies
}

// Name implements plugin.Plugin.
func (*Plugin) Name() string { return "InterPodAffinity" }

// domain is a set of nodes with the same value of a label.
type domain struct{ key, value string }

// Filter follows the required terms of the pod, and the required
// anti-affinity of the pods that are there.
func (p *Plugin) Filter(pod *snapshot.Pod, cluster *snapshot.Snapshot) (plugin.Check, error) {
	repelled := p.repelled(pod, cluster)
	if len(repelled)+len(pod.Affinity)+len(pod.AntiAffinity) == 0 {
		return plugin.Check{}, nil
	}
	t := test{pod: pod, repelled: repelled}
	for d := range repelled {
		if !slices.Contains(t.repelledKeys, d.key) {
			t.repelledKeys = append(t.repelledKeys, d.key)
		}
	}
	if len(pod.Affinity)+len(pod.AntiAffinity) > 0 {
		p.count(&t, cluster)
	}
	return plugin.Check{Test: t.test}, nil
}

// Helps implements plugin.Hint.
func (p *Plugin) Helps(event plugin.Event, pod *snapshot.Pod) bool {
	switch event.Kind {
	case plugin.NodeAdded, plugin.NodeUpdated, plugin.PodChanged, plugin.Namespaces:
		return true
	case plugin.PodAssigned:
		return p.selectsAll(pod.Affinity, event.Pod) && len(pod.Affinity) > 0
	case plugin.PodRemoved:
		return p.selectsAny(pod.AntiAffinity, event.Pod) || p.selectsAny(event.Pod.AntiAffinity, pod) ||
			// Without it, the pod may be the first of its group.
			(len(pod.Affinity) > 0 && p.selectsAll(pod.Affinity, event.Pod))
	default:
		return false
	}
}

// test judges one node.
type test struct {
	pod          *snapshot.Pod
	first        bool
	repelledKeys []string
	repelled     map[domain]struct{} // by the anti-affinity of pods there
	// near has, for each affinity term, the domains with pods that all terms
	// select; far, for each anti-affinity term, those with pods that it selects.
	near, far []map[string]snapshot.Domain
}

func (t *test) test(node *snapshot.Node) *plugin.Rejection {
	for i := range t.pod.Affinity {
		value, ok := node.Labels[t.pod.Affinity[i].TopologyKey]
		if !ok || (!t.first && t.near[i][value].Pods == 0) {
			return &plugin.Rejection{Reasons: []string{"node(s) didn't match pod affinity rules"}, Permanent: true}
		}
	}
	for i := range t.pod.AntiAffinity {
		value, ok := node.Labels[t.pod.AntiAffinity[i].TopologyKey]
		if ok && t.far[i][value].Pods > 0 {
			return &plugin.Rejection{Reasons: []string{"node(s) didn't match pod anti-affinity rules"}}
		}
	}
	for _, key := range t.repelledKeys {
		if value, ok := node.Labels[key]; ok {
			if _, repelled := t.repelled[domain{key, value}]; repelled {
				return &plugin.Rejection{Reasons: []string{"node(s) didn't satisfy existing pods anti-affinity rules"}}
			}
		}
	}
	return nil
}

// repelled returns the domains of pods that do not want this pod near.
func (p *Plugin) repelled(pod *snapshot.Pod, cluster *snapshot.Snapshot) map[domain]struct{} {
	domains := map[domain]struct{}{}
	for _, node := range cluster.WithTerms() {
		for _, other := range node.WithTerms {
			for i := range other.AntiAffinity {
				term := &other.AntiAffinity[i]
				if value, ok := node.Labels[term.TopologyKey]; ok && term.Selects(pod, p.NamespaceLabels) {
					domains[domain{term.TopologyKey, value}] = struct{}{}
				}
			}
		}
	}
	return domains
}

// count finds the domains of the pods that the pod's own terms select.
func (p *Plugin) count(t *test, cluster *snapshot.Snapshot) {
	all := "all" // names the pods that all affinity terms select
	for i := range t.pod.Affinity {
		if all != "" && t.pod.Affinity[i].Group() != "" {
			all += " and " + t.pod.Affinity[i].Group()
		} else {
			all = ""
		}
	}
	for i := range t.pod.Affinity {
		t.near = append(t.near, p.domains(t.pod.Affinity[i].TopologyKey, all, cluster,
			func(other *snapshot.Pod) bool { return p.selectsAll(t.pod.Affinity, other) }))
	}
	for i := range t.pod.AntiAffinity {
		term := &t.pod.AntiAffinity[i]
		t.far = append(t.far, p.domains(term.TopologyKey, term.Group(), cluster,
			func(other *snapshot.Pod) bool { return term.Selects(other, p.NamespaceLabels) }))
	}
	// The first of a group of pods that want to be together may go anywhere.
	t.first = len(t.pod.Affinity) > 0 && !slices.ContainsFunc(t.near, occupied) && p.selectsAll(t.pod.Affinity, t.pod)
}

// domains counts matching pods by the values of the key. Without a name for
// the group, the count is not remembered.
func (p *Plugin) domains(key, name string, cluster *snapshot.Snapshot, matches func(*snapshot.Pod) bool) map[string]snapshot.Domain {
	group := snapshot.Group{
		Name:    key + " " + name,
		Matches: matches,
		Domain: func(node *snapshot.Node) (string, bool) {
			value, ok := node.Labels[key]
			return value, ok
		},
	}
	if name == "" {
		return new(snapshot.Tallies).Count(group, cluster).Domains
	}
	return p.tallies.Count(group, cluster).Domains
}

func occupied(domains map[string]snapshot.Domain) bool {
	for _, d := range domains {
		if d.Pods > 0 {
			return true
		}
	}
	return false
}

func (p *Plugin) selectsAll(terms []snapshot.Term, pod *snapshot.Pod) bool {
	for i := range terms {
		if !terms[i].Selects(pod, p.NamespaceLabels) {
			return false
		}
	}
	return true
}

func (p *Plugin) selectsAny(terms []snapshot.Term, pod *snapshot.Pod) bool {
	for i := range terms {
		if terms[i].Selects(pod, p.NamespaceLabels) {
			return true
		}
	}
	return false
}
