package statefulset

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/pods"
	"github.com/seatrial/seatrial/reference/controllers/revisions"
)

// view is a StatefulSet with its pods at one moment. It does no I/O.
type view struct {
	set             *appsv1.StatefulSet
	history         revisions.History
	current, update *appsv1.ControllerRevision
	now             time.Time
	again           time.Duration
	slots           []*corev1.Pod // one for each wanted ordinal; nil where none exists
	condemned       []*corev1.Pod // beyond the wanted ordinals, the highest first
}

// step is one action: delete the pod or, without one, create that of the ordinal.
type step struct {
	pod     *corev1.Pod
	ordinal int
}

func newView(set *appsv1.StatefulSet, history revisions.History, mine []*corev1.Pod, now time.Time) *view {
	v := &view{set: set, history: history, update: history.Current, current: history.Current, now: now}
	for _, r := range history.All {
		if r.Name == set.Status.CurrentRevision {
			v.current = r
		}
	}
	v.slots = make([]*corev1.Pod, v.replicas())
	for _, pod := range mine {
		i, ok := ordinalOf(set, pod.Name)
		switch at := i - v.start(); {
		case !ok:
		case at >= 0 && at < len(v.slots):
			v.slots[at] = pod
		default:
			v.condemned = append(v.condemned, pod)
		}
	}
	slices.SortFunc(v.condemned, func(a, b *corev1.Pod) int {
		i, _ := ordinalOf(set, a.Name)
		j, _ := ordinalOf(set, b.Name)
		return cmp.Compare(j, i)
	})
	return v
}

// ordinalOf reads the ordinal from a pod's name.
func ordinalOf(set *appsv1.StatefulSet, name string) (int, bool) {
	suffix, ok := strings.CutPrefix(name, set.Name+"-")
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(suffix)
	return i, err == nil && i >= 0 && strconv.Itoa(i) == suffix
}

func (v *view) replicas() int { return int(ptr.Deref(v.set.Spec.Replicas, 1)) }

func (v *view) start() int {
	if v.set.Spec.Ordinals == nil {
		return 0
	}
	return int(v.set.Spec.Ordinals.Start)
}

func (v *view) parallel() bool { return v.set.Spec.PodManagementPolicy == appsv1.ParallelPodManagement }

// partition is the first ordinal that an update reaches, counted from the start.
func (v *view) partition() int {
	if u := v.set.Spec.UpdateStrategy.RollingUpdate; u != nil {
		return int(ptr.Deref(u.Partition, 0))
	}
	return 0
}

func (v *view) healthy(pod *corev1.Pod) bool {
	if pod == nil || pod.DeletionTimestamp != nil || pod.Status.Phase != corev1.PodRunning {
		return false
	}
	available, in := pods.Available(pod, v.set.Spec.MinReadySeconds, v.now)
	v.again = controller.Sooner(v.again, in)
	return available
}

// steps are what can be done now.
func (v *view) steps() []step {
	out, wait := v.fillSlots()
	if wait {
		return out
	}
	down, wait := v.scaleDown()
	out = append(out, down...)
	if wait || len(out) > 0 {
		return out
	}
	return v.roll()
}

// fillSlots creates missing pods and deletes finished ones. In order, each pod waits for those before it.
func (v *view) fillSlots() (out []step, wait bool) {
	for i, pod := range v.slots {
		switch {
		case pod == nil:
			out = append(out, step{ordinal: v.start() + i})
		case pods.Finished(pod) && pod.DeletionTimestamp == nil:
			out = append(out, step{pod: pod})
		case v.healthy(pod):
			continue
		}
		if !v.parallel() {
			return out, true
		}
	}
	return out, false
}

// scaleDown deletes pods beyond the wanted ones. In order, only the highest, and only when all others are healthy.
func (v *view) scaleDown() (out []step, wait bool) {
	for i, pod := range v.condemned {
		if pod.DeletionTimestamp == nil {
			if !v.parallel() && !v.healthy(pod) && slices.ContainsFunc(v.condemned[i+1:], func(p *corev1.Pod) bool { return !v.healthy(p) }) {
				return out, true // the lowest unhealthy pod comes first
			}
			out = append(out, step{pod: pod})
		}
		if !v.parallel() {
			return out, true
		}
	}
	return out, len(v.condemned) > 0
}

// roll deletes pods of a former revision, from the highest ordinal down to the partition.
func (v *view) roll() (out []step) {
	if v.set.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		return nil
	}
	most, down := v.maxUnavailable(), 0
	for _, pod := range v.slots {
		if !v.healthy(pod) {
			down++
		}
	}
	for i := len(v.slots) - 1; i >= v.partition() && i >= 0; i-- {
		pod := v.slots[i]
		switch {
		case pod == nil || pod.DeletionTimestamp != nil:
		case revisionOf(pod) == v.update.Name:
		case !v.healthy(pod):
			out = append(out, step{pod: pod}) // counted as down already
		case down < most:
			out = append(out, step{pod: pod})
			down++
		}
	}
	return out
}

func (v *view) maxUnavailable() int {
	u := v.set.Spec.UpdateStrategy.RollingUpdate
	if u == nil || u.MaxUnavailable == nil {
		return 1
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(u.MaxUnavailable, v.replicas(), false)
	if err != nil {
		return 1 // validation refuses it
	}
	return max(1, n)
}

// revisionFor is the revision that a new pod of the ordinal gets.
func (v *view) revisionFor(ordinal int) *appsv1.ControllerRevision {
	if v.set.Spec.UpdateStrategy.Type != appsv1.OnDeleteStatefulSetStrategyType && ordinal-v.start() < v.partition() {
		return v.current
	}
	return v.update
}

func revisionOf(pod *corev1.Pod) string { return pod.Labels[appsv1.ControllerRevisionHashLabelKey] }

// fill counts the pods and notes when a rollout is complete.
func (v *view) fill(s *appsv1.StatefulSetStatus) {
	*s = appsv1.StatefulSetStatus{
		ObservedGeneration: v.set.Generation, CollisionCount: s.CollisionCount, Conditions: s.Conditions,
		CurrentRevision: v.current.Name, UpdateRevision: v.update.Name,
	}
	for _, pod := range append(slices.Clone(v.slots), v.condemned...) {
		if pod == nil {
			continue
		}
		s.Replicas++
		if pod.Status.Phase == corev1.PodRunning && pods.Ready(pod) {
			s.ReadyReplicas++
			if ok, in := pods.Available(pod, v.set.Spec.MinReadySeconds, v.now); ok {
				s.AvailableReplicas++
			} else {
				v.again = controller.Sooner(v.again, in)
			}
		}
		if pod.DeletionTimestamp != nil {
			continue
		}
		if revisionOf(pod) == v.current.Name {
			s.CurrentReplicas++
		}
		if revisionOf(pod) == v.update.Name {
			s.UpdatedReplicas++
		}
	}
	want := int32(v.replicas())
	rolling := v.set.Spec.UpdateStrategy.Type != appsv1.OnDeleteStatefulSetStrategyType
	if rolling && s.Replicas == want && s.UpdatedReplicas == want && s.ReadyReplicas == want {
		s.CurrentRevision, s.CurrentReplicas = s.UpdateRevision, s.UpdatedReplicas
	}
}

func (v *view) revisionsInUse(s appsv1.StatefulSetStatus) map[string]bool {
	used := map[string]bool{s.CurrentRevision: true, s.UpdateRevision: true}
	for _, pod := range append(slices.Clone(v.slots), v.condemned...) {
		if pod != nil {
			used[revisionOf(pod)] = true
		}
	}
	return used
}
