package job

import (
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// judge decides whether the Job is going on, suspended, or at its end. The end is announced
// by FailureTarget or SuccessCriteriaMet; Failed or Complete follow when the last pod has ended.
func (v *view) judge() {
	if v.ending() {
		return
	}
	if v.suspended() {
		v.setSuspended(corev1.ConditionTrue, "JobSuspended", "Job suspended", "Suspended")
		v.status.StartTime = nil
		return
	}
	if holds(v.status, batchv1.JobSuspended) {
		v.setSuspended(corev1.ConditionFalse, "JobResumed", "Job resumed", "Resumed")
		v.status.StartTime = nil // the deadline counts from the resumption
	}
	if v.status.StartTime == nil {
		v.status.StartTime = new(metav1.NewTime(v.now))
	}
	if c := v.end(); c != nil {
		v.status.Conditions = append(v.status.Conditions, *c)
	}
}

// ending reports whether the end was announced.
func (v *view) ending() bool {
	return holds(v.status, batchv1.JobFailureTarget) || holds(v.status, batchv1.JobSuccessCriteriaMet)
}

// end returns the condition that announces the end, or nil when the Job goes on.
func (v *view) end() *batchv1.JobCondition {
	if v.failJob != nil {
		return v.failJob
	}
	if c := v.pastLimits(); c != nil {
		return c
	}
	if v.indexed() {
		if i, ok := v.matchesSuccessPolicy(); ok {
			return condition(batchv1.JobSuccessCriteriaMet, batchv1.JobReasonSuccessPolicy, fmt.Sprintf("Matched rules at index %d", i), v.now)
		}
	}
	if !v.enough() {
		return nil
	}
	if v.perIndex() && len(v.failedIndex) > 0 {
		return condition(batchv1.JobFailureTarget, batchv1.JobReasonFailedIndexes, "Job has failed indexes", v.now)
	}
	return condition(batchv1.JobSuccessCriteriaMet, batchv1.JobReasonCompletionsReached, "Reached expected number of succeeded pods", v.now)
}

// pastLimits checks the deadline and the back-off limits. It notes when the deadline is.
func (v *view) pastLimits() *batchv1.JobCondition {
	limit := ptr.Deref(v.job.Spec.BackoffLimit, 6)
	if v.failed > limit || v.restarts(limit) {
		return condition(batchv1.JobFailureTarget, batchv1.JobReasonBackoffLimitExceeded, "Job has reached the specified backoff limit", v.now)
	}
	if most := v.job.Spec.MaxFailedIndexes; v.perIndex() && most != nil && int32(len(v.failedIndex)) > *most {
		return condition(batchv1.JobFailureTarget, batchv1.JobReasonMaxFailedIndexesExceeded, "Job has exceeded the specified maximal number of failed indexes", v.now)
	}
	if v.job.Spec.ActiveDeadlineSeconds == nil {
		return nil
	}
	left := time.Duration(*v.job.Spec.ActiveDeadlineSeconds)*time.Second - v.now.Sub(v.status.StartTime.Time)
	if left <= 0 {
		return condition(batchv1.JobFailureTarget, batchv1.JobReasonDeadlineExceeded, "Job was active longer than specified deadline", v.now)
	}
	v.again = controller.Sooner(v.again, left)
	return nil
}

// restarts reports whether containers that the kubelet restarts have used up the back-off limit.
func (v *view) restarts(limit int32) bool {
	if v.job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyOnFailure {
		return false
	}
	n := int32(0)
	for _, pod := range v.active {
		for _, c := range pod.Status.ContainerStatuses {
			n += c.RestartCount
		}
		for _, c := range pod.Status.InitContainerStatuses {
			n += c.RestartCount
		}
	}
	return n > 0 && n >= limit
}

// enough reports whether no further pod is needed.
func (v *view) enough() bool {
	if v.job.Spec.Completions == nil {
		return v.succeeded > 0 && len(v.active) == 0 && len(v.terminating) == 0
	}
	if v.perIndex() {
		return v.succeeded+int32(len(v.failedIndex.minus(v.completed))) >= *v.job.Spec.Completions
	}
	return v.succeeded >= *v.job.Spec.Completions
}

func (v *view) matchesSuccessPolicy() (rule int, ok bool) {
	if v.job.Spec.SuccessPolicy == nil {
		return 0, false
	}
	for i, r := range v.job.Spec.SuccessPolicy.Rules {
		done := v.completed
		if r.SucceededIndexes != nil {
			of := parseIndexes(*r.SucceededIndexes)
			done = done.and(of)
			if r.SucceededCount == nil && len(done) == len(of) {
				return i, true
			}
		}
		if r.SucceededCount != nil && int32(len(done)) >= *r.SucceededCount {
			return i, true
		}
	}
	return 0, false
}

func (v *view) setSuspended(status corev1.ConditionStatus, reason, message, eventReason string) {
	c := find(v.status.Conditions, batchv1.JobSuspended)
	if c == nil {
		v.status.Conditions = append(v.status.Conditions, batchv1.JobCondition{Type: batchv1.JobSuspended})
		c = &v.status.Conditions[len(v.status.Conditions)-1]
	}
	if c.Status == status {
		return
	}
	at := metav1.NewTime(v.now)
	c.Status, c.Reason, c.Message, c.LastProbeTime, c.LastTransitionTime = status, reason, message, at, at
	v.events = append(v.events, event{corev1.EventTypeNormal, eventReason, message})
}

// conclude fills in the counters after act and, when the last pod has ended, the final condition.
func (v *view) conclude(a acted) {
	v.status.Active = int32(len(v.active)) + a.created - a.deleted
	v.status.Terminating = new(int32(len(v.terminating)) + a.deleted)
	ready := int32(0)
	for _, pod := range v.active {
		if pods.Ready(pod) {
			ready++
		}
	}
	v.status.Ready = new(min(ready, v.status.Active))
	if v.perIndex() {
		v.status.FailedIndexes = new(v.failedIndex.String())
	}
	u := v.status.UncountedTerminatedPods
	if !v.ending() || v.status.Active+*v.status.Terminating > 0 || len(u.Succeeded)+len(u.Failed) > 0 {
		return
	}
	final, cause := batchv1.JobComplete, find(v.status.Conditions, batchv1.JobSuccessCriteriaMet)
	if failure := find(v.status.Conditions, batchv1.JobFailureTarget); failure != nil {
		final, cause = batchv1.JobFailed, failure
		v.events = append(v.events, event{corev1.EventTypeWarning, failure.Reason, failure.Message})
	} else {
		v.status.CompletionTime = new(metav1.NewTime(v.now))
		v.events = append(v.events, event{corev1.EventTypeNormal, "Completed", "Job completed"})
	}
	v.status.Conditions = append(v.status.Conditions, *condition(final, cause.Reason, cause.Message, v.now))
}
