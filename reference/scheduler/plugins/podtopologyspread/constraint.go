// Package podtopologyspread spreads the pods of a group evenly over domains,
// such as nodes and zones.
package podtopologyspread

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Plugin remembers counts between pods. It belongs to one goroutine; the zero
// value is ready.
type Plugin struct {
	tallies snapshot.Tallies
}

// Name implements plugin.Plugin.
func (*Plugin) Name() string { return "PodTopologySpread" }

// constraint is a parsed topologySpreadConstraint of a pod.
type constraint struct {
	key        string
	maxSkew    int
	minDomains int
	self       int    // 1 if the pod counts itself
	group      string // names the pods and nodes that count
	counts     func(other *snapshot.Pod) bool
	honor      func(node *snapshot.Node) bool // the node takes part
}

// constraintsOf parses those with the given action.
func constraintsOf(pod *snapshot.Pod, action corev1.UnsatisfiableConstraintAction) ([]constraint, error) {
	var list []constraint
	for i := range pod.Spec.TopologySpreadConstraints {
		spec := &pod.Spec.TopologySpreadConstraints[i]
		if spec.WhenUnsatisfiable != action {
			continue
		}
		selector, err := selectorOf(spec, pod.Labels)
		if err != nil {
			return nil, fmt.Errorf("parse topology spread constraint %q: %w", spec.TopologyKey, err)
		}
		c := constraint{
			key:        spec.TopologyKey,
			maxSkew:    int(spec.MaxSkew),
			minDomains: 1,
			group:      strings.Join([]string{spec.TopologyKey, pod.Namespace, selector.String(), conditions(pod, spec)}, " "),
			counts: func(other *snapshot.Pod) bool {
				return other.Namespace == pod.Namespace && other.DeletionTimestamp == nil && selector.Matches(labels.Set(other.Labels))
			},
			honor: honor(pod, spec),
		}
		if spec.MinDomains != nil {
			c.minDomains = int(*spec.MinDomains)
		}
		if selector.Matches(labels.Set(pod.Labels)) {
			c.self = 1
		}
		list = append(list, c)
	}
	return list, nil
}

// selectorOf adds the pod's own values of matchLabelKeys (KEP-3243).
func selectorOf(spec *corev1.TopologySpreadConstraint, own map[string]string) (labels.Selector, error) {
	selector, err := metav1.LabelSelectorAsSelector(spec.LabelSelector)
	if err != nil {
		return nil, err
	}
	for _, key := range spec.MatchLabelKeys {
		value, ok := own[key]
		if !ok {
			continue
		}
		requirement, err := labels.NewRequirement(key, "in", []string{value})
		if err != nil {
			return nil, err
		}
		selector = selector.Add(*requirement)
	}
	return selector, nil
}

// honor applies nodeAffinityPolicy and nodeTaintsPolicy (KEP-3094).
func honor(pod *snapshot.Pod, spec *corev1.TopologySpreadConstraint) func(*snapshot.Node) bool {
	affinity, taints := policies(pod, spec)
	return func(node *snapshot.Node) bool {
		if affinity {
			if ok, err := pod.NodeAffinity.Match(node.Node); err != nil || !ok {
				return false
			}
		}
		if !taints {
			return true
		}
		_, untolerated := corev1helpers.FindMatchingUntoleratedTaint(klog.Logger{}, node.Spec.Taints, pod.Spec.Tolerations,
			func(t *corev1.Taint) bool { return t.Effect != corev1.TaintEffectPreferNoSchedule }, true)
		return !untolerated
	}
}

// policies says whether node affinity and taints decide which nodes take part.
func policies(pod *snapshot.Pod, spec *corev1.TopologySpreadConstraint) (affinity, taints bool) {
	affinity = spec.NodeAffinityPolicy == nil || *spec.NodeAffinityPolicy == corev1.NodeInclusionPolicyHonor
	taints = spec.NodeTaintsPolicy != nil && *spec.NodeTaintsPolicy == corev1.NodeInclusionPolicyHonor
	return affinity && pod.NodeAffinity != nil, taints
}

// conditions names what honor looks at.
func conditions(pod *snapshot.Pod, spec *corev1.TopologySpreadConstraint) string {
	var name string
	affinity, taints := policies(pod, spec)
	if affinity {
		name = fmt.Sprint(pod.Spec.NodeSelector)
		if pod.Spec.Affinity != nil && pod.Spec.Affinity.NodeAffinity != nil {
			name += pod.Spec.Affinity.NodeAffinity.String()
		}
	}
	if taints {
		name += fmt.Sprint(pod.Spec.Tolerations)
	}
	return name
}

// domains counts the pods of the group in each domain, on the nodes that have
// the keys of all constraints.
func (p *Plugin) domains(c *constraint, cluster *snapshot.Snapshot, all []constraint) map[string]snapshot.Domain {
	var name strings.Builder
	name.WriteString(c.group)
	for i := range all {
		name.WriteString(" " + all[i].key)
	}
	return p.tallies.Count(snapshot.Group{
		Name:    name.String(),
		Matches: c.counts,
		Domain: func(node *snapshot.Node) (string, bool) {
			return node.Labels[c.key], hasKeys(node, all) && c.honor(node)
		},
	}, cluster).Domains
}

func hasKeys(node *snapshot.Node, constraints []constraint) bool {
	for i := range constraints {
		if _, ok := node.Labels[constraints[i].key]; !ok {
			return false
		}
	}
	return true
}
