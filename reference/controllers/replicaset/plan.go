package replicaset

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// plan is the decision, free of I/O: how many pods to create, and which to delete, the most expendable first.
// perNode counts related pods per node.
func plan(rs *appsv1.ReplicaSet, active []*corev1.Pod, perNode map[string]int, now time.Time) (create int, remove []*corev1.Pod) {
	want := wanted(rs)
	if missing := want - len(active); missing >= 0 {
		return missing, nil
	}
	ordered := slices.Clone(active)
	slices.SortStableFunc(ordered, func(a, b *corev1.Pod) int { return expendable(a, b, perNode, now) })
	return 0, ordered[:len(ordered)-want]
}

// wanted is the number of replicas; the API's default is one.
func wanted(rs *appsv1.ReplicaSet) int {
	if rs.Spec.Replicas == nil {
		return 1
	}
	return int(*rs.Spec.Replicas)
}

// expendable is negative when a goes before b. The order is documented in
// https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset
func expendable(a, b *corev1.Pod, perNode map[string]int, now time.Time) int {
	phase := map[corev1.PodPhase]int{corev1.PodPending: 0, corev1.PodUnknown: 1, corev1.PodRunning: 2}
	order := cmp.Or(
		cmp.Compare(number(a.Spec.NodeName != ""), number(b.Spec.NodeName != "")),
		cmp.Compare(phase[a.Status.Phase], phase[b.Status.Phase]),
		cmp.Compare(number(pods.Ready(a)), number(pods.Ready(b))),
		cmp.Compare(deletionCost(a), deletionCost(b)),
		cmp.Compare(perNode[b.Spec.NodeName], perNode[a.Spec.NodeName]),
	)
	if order != 0 {
		return order
	}
	if pods.Ready(a) {
		if order := cmp.Compare(magnitude(readyAt(a), now), magnitude(readyAt(b), now)); order != 0 {
			return order
		}
	}
	return cmp.Or(
		cmp.Compare(restarts(b), restarts(a)),
		cmp.Compare(magnitude(a.CreationTimestamp.Time, now), magnitude(b.CreationTimestamp.Time, now)),
		cmp.Compare(a.UID, b.UID), // as good as random, but the same in every run
	)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func deletionCost(pod *corev1.Pod) int64 {
	cost, err := strconv.ParseInt(pod.Annotations[corev1.PodDeletionCost], 10, 32)
	if err != nil {
		return 0
	}
	return cost
}

func readyAt(pod *corev1.Pod) time.Time {
	return pods.Condition(pod, corev1.PodReady).LastTransitionTime.Time
}

// magnitude is the power of two of the age in nanoseconds: pods of about the same age count as equally old.
func magnitude(at, now time.Time) int {
	if at.IsZero() {
		return -1 // an unknown age counts as the newest
	}
	return int(math.Log2(float64(max(now.Sub(at), 1))))
}

// restarts is the highest restart count of a container.
func restarts(pod *corev1.Pod) int32 {
	var most int32
	for _, c := range pod.Status.ContainerStatuses {
		most = max(most, c.RestartCount)
	}
	for _, c := range pod.Status.InitContainerStatuses {
		most = max(most, c.RestartCount)
	}
	return most
}
