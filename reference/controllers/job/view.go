package job

import (
	"math"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// view is a Job with its pods at one moment, and the status that follows from them. It does no I/O.
type view struct {
	job    *batchv1.Job
	now    time.Time
	pods   []*corev1.Pod
	status batchv1.JobStatus
	again  time.Duration
	events []event

	active      []*corev1.Pod // neither finished nor being deleted
	terminating []*corev1.Pod // being deleted, not finished
	newFailed   []*corev1.Pod // failed, tracked, and not counted before
	succeeded   int32         // all that succeeded, counted finally or not
	failed      int32
	completed   indexes
	failedIndex indexes
	failJob     *batchv1.JobCondition // by the pod failure policy
}

type event struct{ kind, reason, message string }

func newView(job *batchv1.Job, all []*corev1.Pod, now time.Time) *view {
	v := &view{job: job, now: now, pods: all, status: *job.Status.DeepCopy()}
	if v.status.UncountedTerminatedPods == nil {
		v.status.UncountedTerminatedPods = &batchv1.UncountedTerminatedPods{}
	}
	for _, pod := range all {
		switch {
		case pods.Finished(pod):
		case pod.DeletionTimestamp != nil:
			v.terminating = append(v.terminating, pod)
		default:
			v.active = append(v.active, pod)
		}
	}
	v.completed = parseIndexes(v.status.CompletedIndexes)
	v.failedIndex = parseIndexes(ptr.Deref(v.status.FailedIndexes, ""))
	v.settle()
	v.count()
	return v
}

func (v *view) indexed() bool {
	return v.job.Spec.CompletionMode != nil && *v.job.Spec.CompletionMode == batchv1.IndexedCompletion
}

func (v *view) perIndex() bool { return v.indexed() && v.job.Spec.BackoffLimitPerIndex != nil }

func (v *view) parallelism() int32 { return ptr.Deref(v.job.Spec.Parallelism, 1) }

func (v *view) suspended() bool { return ptr.Deref(v.job.Spec.Suspend, false) }

// onlyTerminal reports whether a pod counts as failed, and is replaced, only when it has ended, not when its deletion begins.
func (v *view) onlyTerminal() bool {
	policy := v.job.Spec.PodReplacementPolicy
	return v.job.Spec.PodFailurePolicy != nil || policy != nil && *policy == batchv1.Failed
}

// settle moves pods that are not tracked any more from the uncounted to the counted: their
// finalizer went after the status said that they are to be counted.
func (v *view) settle() {
	waiting := map[types.UID]bool{}
	for _, pod := range v.pods {
		waiting[pod.UID] = tracked(pod)
	}
	u := v.status.UncountedTerminatedPods
	done := func(uid types.UID) bool { return !waiting[uid] }
	v.status.Succeeded += count(u.Succeeded, done)
	v.status.Failed += count(u.Failed, done)
	u.Succeeded = slices.DeleteFunc(u.Succeeded, done)
	u.Failed = slices.DeleteFunc(u.Failed, done)
}

func count(uids []types.UID, is func(types.UID) bool) (n int32) {
	for _, uid := range uids {
		if is(uid) {
			n++
		}
	}
	return n
}

// count notes pods that have finished since the last time.
func (v *view) count() {
	u := v.status.UncountedTerminatedPods
	for _, pod := range v.pods {
		if !tracked(pod) {
			continue
		}
		switch {
		case pod.Status.Phase == corev1.PodSucceeded:
			v.countSuccess(pod)
		case v.hasFailed(pod) && !slices.Contains(u.Failed, pod.UID):
			v.newFailed = append(v.newFailed, pod)
			v.countFailure(pod)
		}
	}
	if v.indexed() {
		v.completed = v.completed.below(ptr.Deref(v.job.Spec.Completions, math.MaxInt32))
		v.status.Succeeded = int32(len(v.completed))
		v.status.CompletedIndexes = v.completed.String()
		v.succeeded = v.status.Succeeded
	} else {
		v.succeeded = v.status.Succeeded + int32(len(u.Succeeded))
	}
	v.failed = v.status.Failed + int32(len(u.Failed))
}

func (v *view) countSuccess(pod *corev1.Pod) {
	u := v.status.UncountedTerminatedPods
	if i, ok := indexOf(pod); v.indexed() {
		if ok {
			v.completed = v.completed.with(i)
		}
	} else if !slices.Contains(u.Succeeded, pod.UID) {
		u.Succeeded = append(u.Succeeded, pod.UID)
	}
}

func (v *view) countFailure(pod *corev1.Pod) {
	u := v.status.UncountedTerminatedPods
	match := matchPolicy(v.job, pod)
	switch match.action {
	case batchv1.PodFailurePolicyActionIgnore:
		return // its finalizer goes without a trace in the status
	case batchv1.PodFailurePolicyActionFailJob:
		if v.failJob == nil {
			v.failJob = condition(batchv1.JobFailureTarget, batchv1.JobReasonPodFailurePolicy, match.message, v.now)
		}
	}
	u.Failed = append(u.Failed, pod.UID)
	if i, ok := indexOf(pod); ok && v.perIndex() {
		if match.action == batchv1.PodFailurePolicyActionFailIndex || failuresBefore(pod)+1 > *v.job.Spec.BackoffLimitPerIndex {
			v.failedIndex = v.failedIndex.with(i)
		}
	}
}

// hasFailed reports whether a tracked pod counts as failed.
func (v *view) hasFailed(pod *corev1.Pod) bool {
	if pod.Status.Phase == corev1.PodFailed {
		return true
	}
	return pod.DeletionTimestamp != nil && !v.onlyTerminal()
}

// counted are the pods whose finalizer may go, now that the status accounts for them.
func (v *view) counted(saved batchv1.JobStatus) []*corev1.Pod {
	var out []*corev1.Pod
	u := saved.UncountedTerminatedPods
	for _, pod := range v.pods {
		switch {
		case !tracked(pod):
		case u != nil && (slices.Contains(u.Succeeded, pod.UID) || slices.Contains(u.Failed, pod.UID)):
			out = append(out, pod)
		case pod.Status.Phase == corev1.PodSucceeded && v.indexed():
			out = append(out, pod) // accounted for by its index, or beyond the last one
		case pod.Status.Phase == corev1.PodFailed && matchPolicy(v.job, pod).action == batchv1.PodFailurePolicyActionIgnore:
			out = append(out, pod)
		case done(saved):
			out = append(out, pod)
		}
	}
	return out
}

func tracked(pod *corev1.Pod) bool {
	return slices.Contains(pod.Finalizers, batchv1.JobTrackingFinalizer)
}

func finished(job *batchv1.Job) bool { return done(job.Status) }

func done(s batchv1.JobStatus) bool {
	return holds(s, batchv1.JobComplete) || holds(s, batchv1.JobFailed)
}

func holds(s batchv1.JobStatus, t batchv1.JobConditionType) bool {
	c := find(s.Conditions, t)
	return c != nil && c.Status == corev1.ConditionTrue
}

func find(conditions []batchv1.JobCondition, t batchv1.JobConditionType) *batchv1.JobCondition {
	for i := range conditions {
		if conditions[i].Type == t {
			return &conditions[i]
		}
	}
	return nil
}

func condition(t batchv1.JobConditionType, reason, message string, now time.Time) *batchv1.JobCondition {
	at := metav1.NewTime(now)
	return &batchv1.JobCondition{Type: t, Status: corev1.ConditionTrue, Reason: reason, Message: message, LastProbeTime: at, LastTransitionTime: at}
}
