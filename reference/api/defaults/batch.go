package defaults

import (
	"math"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// job gives a job without labels those of its pods. They are one map: labels that prepare.JobCreate gives the pods are labels of the job as
// well, and validated as such.
func job(j *batchv1.Job) {
	if len(j.Labels) == 0 {
		j.Labels = j.Spec.Template.Labels
	}
	jobSpec(&j.Spec)
}

// jobSpec leaves completions unset for a job that only says how many pods run
// at once: such a work queue is done when one pod succeeds.
func jobSpec(spec *batchv1.JobSpec) {
	if spec.Completions == nil && spec.Parallelism == nil {
		pointer(&spec.Completions, 1)
	}
	pointer(&spec.Parallelism, 1)
	if spec.BackoffLimitPerIndex == nil {
		pointer(&spec.BackoffLimit, 6)
	} else {
		pointer(&spec.BackoffLimit, math.MaxInt32)
	}
	pointer(&spec.CompletionMode, batchv1.NonIndexedCompletion)
	pointer(&spec.Suspend, false)
	pointer(&spec.ManualSelector, false)
	if spec.PodFailurePolicy == nil {
		pointer(&spec.PodReplacementPolicy, batchv1.TerminatingOrFailed)
	} else {
		pointer(&spec.PodReplacementPolicy, batchv1.Failed)
	}
	podFailurePolicy(spec.PodFailurePolicy)
	podTemplateSpec(&spec.Template)
}

func podFailurePolicy(policy *batchv1.PodFailurePolicy) {
	if policy == nil {
		return
	}
	for i := range policy.Rules {
		conditions := policy.Rules[i].OnPodConditions
		for k := range conditions {
			value(&conditions[k].Status, corev1.ConditionTrue)
		}
	}
}

// cronJob fills few defaults of the jobs to come: the others are filled when each is created.
func cronJob(c *batchv1.CronJob) {
	value(&c.Spec.ConcurrencyPolicy, batchv1.AllowConcurrent)
	pointer(&c.Spec.Suspend, false)
	pointer(&c.Spec.SuccessfulJobsHistoryLimit, 3)
	pointer(&c.Spec.FailedJobsHistoryLimit, 1)
	podFailurePolicy(c.Spec.JobTemplate.Spec.PodFailurePolicy)
	podTemplateSpec(&c.Spec.JobTemplate.Spec.Template)
}
