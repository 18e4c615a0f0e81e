package job

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

const (
	// Back-off after failed pods: 10 s, doubled with each failure in a row up to ten minutes.
	firstBackoff = 10 * time.Second
	lastBackoff  = 10 * time.Minute
)

// failureCount is the annotation that carries the failures of an index from pod to pod.
const failureCount = batchv1.JobIndexFailureCountAnnotation

// plan is what to create and what to delete.
type plan struct{ create, remove []*corev1.Pod }

func (v *view) plan() plan {
	running := int32(len(v.active))
	if v.onlyTerminal() && v.job.Spec.PodReplacementPolicy != nil && *v.job.Spec.PodReplacementPolicy == batchv1.Failed {
		running += int32(len(v.terminating))
	}
	want := v.wanted(running)
	doomed := v.doomed()
	if extra := int32(len(v.active)) - want; extra > int32(len(doomed)) {
		doomed = append(doomed, v.leastUseful(doomed, int(extra)-len(doomed))...)
	}
	if len(doomed) > 0 {
		return plan{remove: doomed}
	}
	missing := want - running
	if missing <= 0 {
		return plan{}
	}
	if v.indexed() {
		return plan{create: v.indexPods(int(missing))}
	}
	if wait := v.backoff(v.pods); wait > 0 {
		v.again = controller.Sooner(v.again, wait)
		return plan{}
	}
	create := make([]*corev1.Pod, missing)
	for i := range create {
		create[i] = v.newPod()
	}
	return plan{create: create}
}

// wanted is how many pods should be running.
func (v *view) wanted(running int32) int32 {
	if v.job.Spec.Completions == nil {
		if v.succeeded > 0 {
			return min(running, v.parallelism()) // the work is done: no new pods
		}
		return v.parallelism()
	}
	left := *v.job.Spec.Completions - v.succeeded
	if v.perIndex() {
		left -= int32(len(v.failedIndex.minus(v.completed)))
	}
	return max(0, min(v.parallelism(), left))
}

// doomed are active pods of an indexed Job that have no index of their own any more.
func (v *view) doomed() []*corev1.Pod {
	if !v.indexed() {
		return nil
	}
	taken := indexes{}
	var out []*corev1.Pod
	for _, pod := range v.active {
		i, ok := indexOf(pod)
		if !ok || i >= *v.job.Spec.Completions || taken.has(i) || v.completed.has(i) {
			out = append(out, pod)
			continue
		}
		taken = taken.with(i)
	}
	return out
}

// leastUseful picks n active pods: first those that have come the least far.
func (v *view) leastUseful(except []*corev1.Pod, n int) []*corev1.Pod {
	rest := slices.DeleteFunc(slices.Clone(v.active), func(p *corev1.Pod) bool { return slices.Contains(except, p) })
	progress := func(p *corev1.Pod) int {
		switch {
		case p.Spec.NodeName == "":
			return 0
		case p.Status.Phase != corev1.PodRunning:
			return 1
		case !pods.Ready(p):
			return 2
		}
		return 3
	}
	slices.SortStableFunc(rest, func(a, b *corev1.Pod) int {
		return cmp.Or(cmp.Compare(progress(a), progress(b)), b.CreationTimestamp.Compare(a.CreationTimestamp.Time))
	})
	return rest[:min(n, len(rest))]
}

// backoff is the time to wait before the next pod, after failures in a row among these pods.
func (v *view) backoff(among []*corev1.Pod) time.Duration {
	var lastSuccess, lastFailure time.Time
	var failures []time.Time
	for _, pod := range among {
		at := endOf(pod)
		switch {
		case pod.Status.Phase == corev1.PodSucceeded && at.After(lastSuccess):
			lastSuccess = at
		case pod.Status.Phase == corev1.PodFailed && matchPolicy(v.job, pod).action != batchv1.PodFailurePolicyActionIgnore:
			failures = append(failures, at)
		}
	}
	n := 0
	for _, at := range failures {
		if at.After(lastSuccess) {
			n++
			if at.After(lastFailure) {
				lastFailure = at
			}
		}
	}
	if n == 0 {
		return 0
	}
	wait := min(float64(lastBackoff), float64(firstBackoff)*math.Pow(2, float64(n-1)))
	return max(0, lastFailure.Add(time.Duration(wait)).Sub(v.now))
}

// endOf is when the last container of the pod ended.
func endOf(pod *corev1.Pod) time.Time {
	var last time.Time
	for _, c := range pod.Status.ContainerStatuses {
		if t := c.State.Terminated; t != nil && t.FinishedAt.After(last) {
			last = t.FinishedAt.Time
		}
	}
	if last.IsZero() && pods.Condition(pod, corev1.PodReady) != nil {
		last = pods.Condition(pod, corev1.PodReady).LastTransitionTime.Time
	}
	if last.IsZero() {
		last = pod.CreationTimestamp.Time
	}
	return last
}

func (v *view) newPod() *corev1.Pod {
	pod := pods.New(&v.job.Spec.Template, v.job, gvk)
	pod.Finalizers = append(pod.Finalizers, batchv1.JobTrackingFinalizer)
	return pod
}

// indexPods makes pods for the lowest indexes that have none, as far as their back-off allows.
func (v *view) indexPods(n int) []*corev1.Pod {
	busy := v.completed.or(v.failedIndex)
	byIndex := map[int32][]*corev1.Pod{}
	for _, pod := range v.pods {
		i, ok := indexOf(pod)
		if !ok {
			continue
		}
		byIndex[i] = append(byIndex[i], pod)
		replaced := v.hasFailed(pod) || !tracked(pod) && (pods.Finished(pod) || pod.DeletionTimestamp != nil)
		if !replaced {
			busy = busy.with(i)
		}
	}
	var create []*corev1.Pod
	shared := time.Duration(0)
	if !v.perIndex() {
		shared = v.backoff(v.pods)
	}
	for i := int32(0); i < *v.job.Spec.Completions && len(create) < n; i++ {
		if busy.has(i) {
			continue
		}
		wait := shared
		if v.perIndex() {
			wait = v.backoff(byIndex[i])
		}
		if wait > 0 {
			v.again = controller.Sooner(v.again, wait)
			continue
		}
		create = append(create, v.indexPod(i, byIndex[i]))
	}
	return create
}

func (v *view) indexPod(i int32, before []*corev1.Pod) *corev1.Pod {
	pod, index := v.newPod(), strconv.Itoa(int(i))
	pod.GenerateName = v.job.Name + "-" + index + "-"
	pod.Spec.Hostname = v.job.Name + "-" + index
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	pod.Annotations[batchv1.JobCompletionIndexAnnotation] = index
	pod.Labels[batchv1.JobCompletionIndexAnnotation] = index
	if v.perIndex() {
		failures := int32(0)
		for _, old := range before {
			failures = max(failures, failuresBefore(old)+v.counts(old))
		}
		pod.Annotations[failureCount] = strconv.Itoa(int(failures))
	}
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for j := range list {
			setIndexEnv(&list[j])
		}
	}
	return pod
}

// counts is 1 when the failure of the pod counts for its index.
func (v *view) counts(pod *corev1.Pod) int32 {
	if !v.hasFailed(pod) || matchPolicy(v.job, pod).action == batchv1.PodFailurePolicyActionIgnore {
		return 0
	}
	return 1
}

const indexEnv = "JOB_COMPLETION_INDEX"

// setIndexEnv tells the container its index; one that it names itself stays.
func setIndexEnv(c *corev1.Container) {
	if slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == indexEnv }) {
		return
	}
	c.Env = append(c.Env, corev1.EnvVar{Name: indexEnv, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{
		FieldPath: fmt.Sprintf("metadata.annotations['%s']", batchv1.JobCompletionIndexAnnotation),
	}}})
}

func failuresBefore(pod *corev1.Pod) int32 {
	n, err := strconv.ParseInt(pod.Annotations[failureCount], 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}
