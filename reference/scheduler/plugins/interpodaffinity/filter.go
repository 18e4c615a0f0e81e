// Package interpodaffinity keeps pods near to or away from other pods.
package interpodaffinity

import (
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Plugin judges the affinity and anti-affinity between pods.
type Plugin struct {
	// NamespaceLabels returns the labels of a namespace, nil if there is none.
	NamespaceLabels func(name string) labels.Set
}

// Name implements plugin.Plugin.
func (Plugin) Name() string { return "InterPodAffinity" }

// domain is a set of nodes with the same value of a label.
type domain struct{ key, value string }

// Filter follows the required terms of the pod, and the required
// anti-affinity of the pods that are there.
func (p Plugin) Filter(pod *snapshot.Pod, cluster *snapshot.Snapshot) (plugin.Check, error) {
	repelled := p.repelled(pod, cluster)
	if len(repelled)+len(pod.Affinity)+len(pod.AntiAffinity) == 0 {
		return plugin.Check{}, nil
	}
	t := test{pod: pod, repelled: repelled}
	if len(pod.Affinity)+len(pod.AntiAffinity) > 0 {
		p.count(&t, cluster)
	}
	// The first of a group of pods that want to be together may go anywhere.
	t.first = len(pod.Affinity) > 0 && len(t.near) == 0 && p.selectsAll(pod.Affinity, pod)
	return plugin.Check{Test: t.test}, nil
}

// Helps implements plugin.Hint.
func (p Plugin) Helps(event plugin.Event, pod *snapshot.Pod) bool {
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
	pod      *snapshot.Pod
	first    bool
	repelled map[domain]struct{} // by the anti-affinity of pods there
	near     map[domain]struct{} // has pods that all affinity terms select
	far      map[domain]struct{} // has pods that an anti-affinity term selects
}

func (t *test) test(node *snapshot.Node) *plugin.Rejection {
	for i := range t.pod.Affinity {
		key := t.pod.Affinity[i].TopologyKey
		value, ok := node.Labels[key]
		if ok && !t.first {
			_, ok = t.near[domain{key, value}]
		}
		if !ok {
			return &plugin.Rejection{Reasons: []string{"node(s) didn't match pod affinity rules"}, Permanent: true}
		}
	}
	for i := range t.pod.AntiAffinity {
		key := t.pod.AntiAffinity[i].TopologyKey
		if value, ok := node.Labels[key]; ok {
			if _, taken := t.far[domain{key, value}]; taken {
				return &plugin.Rejection{Reasons: []string{"node(s) didn't match pod anti-affinity rules"}}
			}
		}
	}
	for d := range t.repelled {
		if value, ok := node.Labels[d.key]; ok && value == d.value {
			return &plugin.Rejection{Reasons: []string{"node(s) didn't satisfy existing pods anti-affinity rules"}}
		}
	}
	return nil
}

// repelled returns the domains of pods that do not want this pod near.
func (p Plugin) repelled(pod *snapshot.Pod, cluster *snapshot.Snapshot) map[domain]struct{} {
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
func (p Plugin) count(t *test, cluster *snapshot.Snapshot) {
	t.near, t.far = map[domain]struct{}{}, map[domain]struct{}{}
	mark := func(domains map[domain]struct{}, term *snapshot.Term, node *snapshot.Node) {
		if value, ok := node.Labels[term.TopologyKey]; ok {
			domains[domain{term.TopologyKey, value}] = struct{}{}
		}
	}
	for _, node := range cluster.Nodes() {
		for _, other := range node.Pods {
			if len(t.pod.Affinity) > 0 && p.selectsAll(t.pod.Affinity, other) {
				for i := range t.pod.Affinity {
					mark(t.near, &t.pod.Affinity[i], node)
				}
			}
			for i := range t.pod.AntiAffinity {
				if term := &t.pod.AntiAffinity[i]; term.Selects(other, p.NamespaceLabels) {
					mark(t.far, term, node)
				}
			}
		}
	}
}

func (p Plugin) selectsAll(terms []snapshot.Term, pod *snapshot.Pod) bool {
	for i := range terms {
		if !terms[i].Selects(pod, p.NamespaceLabels) {
			return false
		}
	}
	return true
}

func (p Plugin) selectsAny(terms []snapshot.Term, pod *snapshot.Pod) bool {
	for i := range terms {
		if terms[i].Selects(pod, p.NamespaceLabels) {
			return true
		}
	}
	return false
}
