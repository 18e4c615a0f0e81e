package daemonset

import (
	"cmp"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// view is a DaemonSet with nodes and pods at one moment. It does no I/O.
type view struct {
	ds    *appsv1.DaemonSet
	hash  string // of the present template
	now   time.Time
	nodes []place
	lost  []*corev1.Pod // on nodes that do not exist
	again time.Duration
}

// place is a node with the pods of the DaemonSet on it, or meant for it.
type place struct {
	node       *corev1.Node
	run, stay  bool // a pod belongs here; a pod that is here may stay
	old, fresh []*corev1.Pod
	failed     []*corev1.Pod
	leaving    []*corev1.Pod
}

func newView(ds *appsv1.DaemonSet, hash string, nodes []*corev1.Node, mine []*corev1.Pod, now time.Time) *view {
	v := &view{ds: ds, hash: hash, now: now}
	byNode := map[string][]*corev1.Pod{}
	for _, pod := range mine {
		byNode[nodeOf(pod)] = append(byNode[nodeOf(pod)], pod)
	}
	nodes = slices.Clone(nodes)
	slices.SortFunc(nodes, func(a, b *corev1.Node) int { return cmp.Compare(a.Name, b.Name) })
	for _, node := range nodes {
		v.nodes = append(v.nodes, v.place(node, byNode[node.Name]))
		delete(byNode, node.Name)
	}
	for _, list := range byNode {
		v.lost = append(v.lost, list...)
	}
	return v
}

func (v *view) place(node *corev1.Node, all []*corev1.Pod) place {
	p := place{node: node}
	p.run, p.stay = fits(v.newPod(node), node)
	slices.SortFunc(all, func(a, b *corev1.Pod) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	for _, pod := range all {
		switch {
		case pod.DeletionTimestamp != nil:
			p.leaving = append(p.leaving, pod)
		case pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded:
			p.failed = append(p.failed, pod)
		case v.current(pod):
			p.fresh = append(p.fresh, pod)
		default:
			p.old = append(p.old, pod)
		}
	}
	return p
}

func (v *view) current(pod *corev1.Pod) bool {
	return pod.Labels[appsv1.ControllerRevisionHashLabelKey] == v.hash
}

func (v *view) available(pod *corev1.Pod) bool {
	ok, in := pods.Available(pod, v.ds.Spec.MinReadySeconds, v.now)
	v.again = controller.Sooner(v.again, in)
	return ok
}

// plan says on which nodes to create a pod and which pods to delete.
func (v *view) plan() (create []*corev1.Node, remove []*corev1.Pod) {
	for _, pod := range v.lost {
		if pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil {
			remove = append(remove, pod) // its node went before it was bound
		}
	}
	unavailable, surge := v.bounds()
	for i := range v.nodes {
		p := &v.nodes[i]
		if !p.stay {
			remove = append(remove, p.old...)
			remove = append(remove, p.fresh...)
			remove = append(remove, p.failed...)
			continue
		}
		remove = append(remove, p.failed...)
		remove = append(remove, duplicates(p.fresh)...)
		remove = append(remove, duplicates(p.old)...)
		if p.run && len(p.old)+len(p.fresh)+len(p.leaving)+len(p.failed) == 0 {
			create = append(create, p.node)
		}
		if surge > 0 && p.run && len(p.leaving) > 0 && len(p.old)+len(p.fresh) == 0 {
			create = append(create, p.node) // the new pod need not wait for the old one to end
		}
	}
	if v.ds.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType {
		return create, remove
	}
	if surge > 0 {
		c, r := v.surge(surge)
		return append(create, c...), append(remove, r...)
	}
	return create, append(remove, v.roll(unavailable)...)
}

// roll picks the old pods to delete: all that are not available anyway, and others within the bound.
func (v *view) roll(most int) (remove []*corev1.Pod) {
	unavailable := 0
	var candidates []*corev1.Pod
	for i := range v.nodes {
		p := &v.nodes[i]
		if !p.run {
			continue
		}
		switch {
		case len(p.fresh) > 0 && v.available(p.fresh[0]):
		case len(p.old) > 0 && v.available(p.old[0]):
			candidates = append(candidates, p.old[0])
		default:
			unavailable++
			if len(p.old) > 0 {
				remove = append(remove, p.old[0])
			}
		}
	}
	return append(remove, candidates[:min(len(candidates), max(0, most-unavailable))]...)
}

// surge creates new pods beside old ones within the bound, and deletes old pods whose successors are available.
func (v *view) surge(most int) (create []*corev1.Node, remove []*corev1.Pod) {
	extra := 0
	var candidates []*corev1.Node
	for i := range v.nodes {
		p := &v.nodes[i]
		switch {
		case !p.run || len(p.old) == 0:
		case len(p.fresh) > 0:
			if v.available(p.fresh[0]) || !v.available(p.old[0]) {
				remove = append(remove, p.old[0])
			} else {
				extra++
			}
		case v.available(p.old[0]):
			candidates = append(candidates, p.node)
		default:
			create = append(create, p.node) // nothing to lose here
		}
	}
	return append(create, candidates[:min(len(candidates), max(0, most-extra))]...), remove
}

// duplicates are all but the oldest.
func duplicates(list []*corev1.Pod) []*corev1.Pod { return list[min(1, len(list)):] }

// bounds are how many nodes may be without an available pod, and how many may have a second pod, during an update.
func (v *view) bounds() (unavailable, surge int) {
	u := v.ds.Spec.UpdateStrategy.RollingUpdate
	if u == nil {
		return 1, 0
	}
	desired := 0
	for _, p := range v.nodes {
		if p.run {
			desired++
		}
	}
	unavailable, surge = share(u.MaxUnavailable, desired), share(u.MaxSurge, desired)
	if unavailable == 0 && surge == 0 {
		unavailable = 1
	}
	return unavailable, surge
}

func share(v *intstr.IntOrString, of int) int {
	if v == nil {
		return 0
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(v, of, roundUp)
	if err != nil {
		return 0 // validation refuses it
	}
	return n
}

const roundUp = true

// fill counts nodes, not pods.
func (v *view) fill(s *appsv1.DaemonSetStatus) {
	*s = appsv1.DaemonSetStatus{ObservedGeneration: v.ds.Generation, CollisionCount: s.CollisionCount, Conditions: s.Conditions}
	for i := range v.nodes {
		p := &v.nodes[i]
		alive := append(slices.Clone(p.fresh), p.old...)
		if !p.run {
			if len(alive)+len(p.failed) > 0 {
				s.NumberMisscheduled++
			}
			continue
		}
		s.DesiredNumberScheduled++
		if len(alive)+len(p.failed)+len(p.leaving) == 0 {
			continue
		}
		s.CurrentNumberScheduled++
		if len(p.fresh) > 0 {
			s.UpdatedNumberScheduled++
		}
		if slices.ContainsFunc(alive, pods.Ready) {
			s.NumberReady++
		}
		if slices.ContainsFunc(alive, v.available) {
			s.NumberAvailable++
		}
	}
	s.NumberUnavailable = s.DesiredNumberScheduled - s.NumberAvailable
}

// hashes are the revisions that pods still have.
func (v *view) hashes() map[string]bool {
	used := map[string]bool{}
	for _, p := range v.nodes {
		for _, list := range [][]*corev1.Pod{p.old, p.fresh, p.leaving} {
			for _, pod := range list {
				used[pod.Labels[appsv1.ControllerRevisionHashLabelKey]] = true
			}
		}
	}
	return used
}
