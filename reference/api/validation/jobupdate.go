package validation

import (
	"fmt"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// countIndexes counts a list of indexes such as 1,3-5,7 that has to go up and stay below completions.
func countIndexes(text string, completions int32) (int32, error) {
	if text == "" {
		return 0, nil
	}
	count := int32(0)
	last := int64(-1)
	for part := range strings.SplitSeq(text, ",") {
		words := strings.SplitN(part, "-", 2)
		first := last
		for i, word := range words {
			n, err := strconv.ParseInt(word, 10, 32)
			if err != nil {
				return 0, fmt.Errorf("cannot convert string to integer for index: %q", word)
			}
			if n >= int64(completions) {
				return 0, fmt.Errorf("too large index: %q", word)
			}
			if n < last || i == 0 && n == last {
				return 0, fmt.Errorf("non-increasing order, previous: %d, current: %d", last, n)
			}
			if last = n; i == 0 {
				first = n
			}
		}
		count += int32(last - first + 1)
	}
	return count, nil
}

// JobUpdate checks an update of a job.
func JobUpdate(j, old *batchv1.Job) field.ErrorList {
	path, spec, before := specPath(), &j.Spec, &old.Spec
	errs := all(
		metaUpdate(&j.ObjectMeta, &old.ObjectMeta),
		generated(&j.ObjectMeta, subdomainName),
		jobSpec(path, spec),
		jobSelector(j, labelsOf(old)),
		unchanged(path.Child("selector"), spec.Selector, before.Selector),
		jobTemplateUpdate(path.Child("template"), j, old),
		unchanged(path.Child("completionMode"), spec.CompletionMode, before.CompletionMode),
		unchanged(path.Child("podFailurePolicy"), spec.PodFailurePolicy, before.PodFailurePolicy),
		unchanged(path.Child("backoffLimitPerIndex"), spec.BackoffLimitPerIndex, before.BackoffLimitPerIndex),
		unchanged(path.Child("managedBy"), spec.ManagedBy, before.ManagedBy),
		unchanged(path.Child("successPolicy"), spec.SuccessPolicy, before.SuccessPolicy),
	)
	return append(errs, completionsUpdate(path.Child("completions"), spec, before)...)
}

// completionsUpdate lets an indexed job be resized, together with its parallelism (KEP-3715).
func completionsUpdate(path *field.Path, spec, before *batchv1.JobSpec) field.ErrorList {
	if same(spec.Completions, before.Completions) {
		return nil
	}
	if indexed(spec) && spec.Completions == nil {
		return nil // said already: they are required
	}
	if !indexed(spec) || before.Completions == nil {
		return unchanged(path, spec.Completions, before.Completions)
	}
	if spec.Parallelism == nil || *spec.Completions != *spec.Parallelism {
		return one(field.Invalid(path, *spec.Completions, "can only be modified in tandem with parallelism"))
	}
	return nil
}

// jobTemplateUpdate lets the scheduling directives of a suspended job change
// until it has started (KEP-2926), and its resources (KEP-5440).
func jobTemplateUpdate(path *field.Path, j, old *batchv1.Job) field.ErrorList {
	kept, before := j.Spec.Template.DeepCopy(), &old.Spec.Template
	suspended := isTrue(old.Spec.Suspend)
	if suspended && (old.Status.StartTime == nil || jobCondition(&old.Status, batchv1.JobSuspended)) {
		kept.Annotations, kept.Labels = before.Annotations, before.Labels
		kept.Spec.NodeSelector, kept.Spec.Tolerations = before.Spec.NodeSelector, before.Spec.Tolerations
		kept.Spec.SchedulingGates = before.Spec.SchedulingGates
		if kept.Spec.Affinity != nil || before.Spec.Affinity != nil {
			kept.Spec.Affinity = keepNodeAffinity(kept.Spec.Affinity, before.Spec.Affinity)
		}
		keepResources(kept.Spec.Containers, before.Spec.Containers)
		keepResources(kept.Spec.InitContainers, before.Spec.InitContainers)
		return unchanged(path.Child("spec"), kept.Spec, before.Spec)
	}
	return unchanged(path, kept, before)
}

func keepResources(containers, old []corev1.Container) {
	if len(containers) != len(old) {
		return
	}
	for i := range containers {
		containers[i].Resources = old[i].Resources
	}
}

// CronJob checks a cron job. Its name leaves room for the suffix of its jobs.
func CronJob(c *batchv1.CronJob) field.ErrorList {
	errs := all(namespaced(&c.ObjectMeta, subdomainName), cronJobSpec(specPath(), &c.Spec))
	if len(c.Name) > cronJobNameLength {
		errs = append(errs, field.Invalid(metadataPath().Child("name"), c.Name, fmt.Sprintf("must be no more than %d characters", cronJobNameLength)))
	}
	return errs
}

// cronJobNameLength is the length of a label without a dash and a number of ten digits.
const cronJobNameLength = 63 - 11

func cronJobSpec(path *field.Path, spec *batchv1.CronJobSpec) field.ErrorList {
	errs := all(
		required(path.Child("schedule"), spec.Schedule),
		atLeastZero(path.Child("startingDeadlineSeconds"), spec.StartingDeadlineSeconds),
		atLeastZero(path.Child("successfulJobsHistoryLimit"), spec.SuccessfulJobsHistoryLimit),
		atLeastZero(path.Child("failedJobsHistoryLimit"), spec.FailedJobsHistoryLimit),
		oneOf(path.Child("concurrencyPolicy"), spec.ConcurrencyPolicy, batchv1.AllowConcurrent, batchv1.ForbidConcurrent, batchv1.ReplaceConcurrent),
		timeZone(path.Child("timeZone"), spec.TimeZone),
		jobSpec(path.Child("jobTemplate", "spec"), &spec.JobTemplate.Spec),
	)
	switch {
	case strings.Contains(spec.Schedule, "TZ"):
		errs = append(errs, field.Invalid(path.Child("schedule"), spec.Schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"))
	case spec.Schedule != "":
		if err := cronSchedule(spec.Schedule); err != nil {
			errs = append(errs, field.Invalid(path.Child("schedule"), spec.Schedule, err.Error()))
		}
	}
	if s := spec.JobTemplate.Spec.Selector; s != nil {
		errs = append(errs, field.Invalid(path.Child("jobTemplate", "spec", "selector"), s, "`selector` will be auto-generated"))
	}
	if spec.JobTemplate.Spec.ManualSelector != nil && *spec.JobTemplate.Spec.ManualSelector {
		errs = append(errs, field.NotSupported(path.Child("jobTemplate", "spec", "manualSelector"), true, []string{"nil", "false"}))
	}
	return errs
}

// CronJobUpdate checks an update of a cron job.
func CronJobUpdate(c, old *batchv1.CronJob) field.ErrorList {
	return all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), cronJobSpec(specPath(), &c.Spec))
}

// CronJobStatusUpdate checks a write of cronjobs/status.
func CronJobStatusUpdate(c, old *batchv1.CronJob) field.ErrorList {
	return metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
}
