package columns

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
)

// Job are the columns of jobs.
func Job() []Column {
	return append(named[batchv1.Job](
		text("Status", "What the job is doing, or how it ended.", jobStatus),
		text("Completions", "Pods that succeeded, of those wanted.", completions),
		text("Duration", "Time that the job has run.", func(j *batchv1.Job) string {
			switch {
			case j.Status.StartTime == nil:
				return ""
			case j.Status.CompletionTime == nil:
				return since(j.Status.StartTime.Time)
			default:
				return duration.HumanDuration(j.Status.CompletionTime.Sub(j.Status.StartTime.Time))
			}
		}),
		age[batchv1.Job](),
	), templateColumns(
		func(j *batchv1.Job) *corev1.PodSpec { return &j.Spec.Template.Spec },
		func(j *batchv1.Job) *metav1.LabelSelector { return j.Spec.Selector })...)
}

func jobStatus(j *batchv1.Job) string {
	has := map[batchv1.JobConditionType]bool{}
	for _, c := range j.Status.Conditions {
		has[c.Type] = c.Status == corev1.ConditionTrue
	}
	switch {
	case has[batchv1.JobComplete]:
		return "Complete"
	case has[batchv1.JobFailed]:
		return "Failed"
	case j.DeletionTimestamp != nil:
		return "Terminating"
	case has[batchv1.JobSuspended]:
		return "Suspended"
	case has[batchv1.JobFailureTarget]:
		return "FailureTarget"
	case has[batchv1.JobSuccessCriteriaMet]:
		return "SuccessCriteriaMet"
	default:
		return "Running"
	}
}

func completions(j *batchv1.Job) string {
	if j.Spec.Completions != nil {
		return fmt.Sprintf("%d/%d", j.Status.Succeeded, *j.Spec.Completions)
	}
	if parallelism := deref(j.Spec.Parallelism); parallelism > 1 {
		return fmt.Sprintf("%d/1 of %d", j.Status.Succeeded, parallelism)
	}
	return fmt.Sprintf("%d/1", j.Status.Succeeded)
}

// CronJob are the columns of cron jobs.
func CronJob() []Column {
	return append(named[batchv1.CronJob](
		text("Schedule", "When jobs start, in cron form.", func(c *batchv1.CronJob) string { return c.Spec.Schedule }),
		text("Timezone", "Time zone of the schedule.", func(c *batchv1.CronJob) string { return or(deref(c.Spec.TimeZone), none) }),
		declared("boolean", text("Suspend", "Whether no more jobs start.", func(c *batchv1.CronJob) string {
			if deref(c.Spec.Suspend) {
				return "True"
			}
			return "False"
		})),
		number("Active", "Jobs that are running.", func(c *batchv1.CronJob) int32 { return int32(len(c.Status.Active)) }),
		text("Last Schedule", "Time since the last job was started.", func(c *batchv1.CronJob) string {
			if c.Status.LastScheduleTime == nil {
				return none
			}
			return since(c.Status.LastScheduleTime.Time)
		}),
		age[batchv1.CronJob](),
	), templateColumns(
		func(c *batchv1.CronJob) *corev1.PodSpec { return &c.Spec.JobTemplate.Spec.Template.Spec },
		func(c *batchv1.CronJob) *metav1.LabelSelector { return c.Spec.JobTemplate.Spec.Selector })...)
}
