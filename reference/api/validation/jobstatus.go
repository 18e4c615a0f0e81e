package validation

import (
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func jobCondition(s *batchv1.JobStatus, kind batchv1.JobConditionType) bool {
	i := slices.IndexFunc(s.Conditions, func(c batchv1.JobCondition) bool { return c.Type == kind })
	return i >= 0 && s.Conditions[i].Status == corev1.ConditionTrue
}

// JobStatusUpdate checks a write of jobs/status: a finished job stays as it is.
func JobStatusUpdate(j, old *batchv1.Job) field.ErrorList {
	path, s, before := statusPath(), &j.Status, &old.Status
	errs := all(
		metaUpdate(&j.ObjectMeta, &old.ObjectMeta),
		atLeastZero(path.Child("active"), &s.Active),
		atLeastZero(path.Child("succeeded"), &s.Succeeded),
		atLeastZero(path.Child("failed"), &s.Failed),
		atLeastZero(path.Child("ready"), s.Ready),
		atLeastZero(path.Child("terminating"), s.Terminating),
	)
	if s.Ready != nil && *s.Ready > s.Active && !same(s, before) {
		errs = append(errs, field.Invalid(path.Child("ready"), *s.Ready, "cannot set more ready pods than active"))
	}
	return all(errs, uncounted(path.Child("uncountedTerminatedPods"), s.UncountedTerminatedPods), jobIndexes(path, j, before),
		jobEnd(path, s), jobTurns(path, s), jobCounters(path, j, before), jobStart(path, j, old), jobEndUpdate(path, s, before))
}

// uncounted checks the pods whose end is not counted yet: each is told once, under one of two names.
func uncounted(path *field.Path, pods *batchv1.UncountedTerminatedPods) field.ErrorList {
	if pods == nil {
		return nil
	}
	var errs field.ErrorList
	had := seen[types.UID]{}
	for _, list := range []struct {
		name string
		uids []types.UID
	}{{"succeeded", pods.Succeeded}, {"failed", pods.Failed}} {
		for i, uid := range list.uids {
			at := path.Child(list.name).Index(i)
			if uid == "" {
				errs = append(errs, field.Invalid(at, uid, "must not be empty"))
				continue
			}
			errs = append(errs, had.add(at, uid)...)
		}
	}
	return errs
}

// jobIndexes checks the lists of indexes that succeeded and failed, when they change: the job may have shrunk since.
func jobIndexes(path *field.Path, j *batchv1.Job, before *batchv1.JobStatus) field.ErrorList {
	if j.Status.CompletedIndexes == before.CompletedIndexes && same(j.Status.FailedIndexes, before.FailedIndexes) {
		return nil
	}
	completed, failed := j.Status.CompletedIndexes, ""
	if j.Status.FailedIndexes != nil {
		failed = *j.Status.FailedIndexes
	}
	indexed := isIndexed(j)
	errs := all(indexList(path, "completedIndexes", completed, j), indexList(path, "failedIndexes", failed, j))
	if indexed && j.Spec.BackoffLimitPerIndex == nil && failed != "" {
		errs = append(errs, field.Invalid(path.Child("failedIndexes"), failed, "cannot set non-empty failedIndexes when backoffLimitPerIndex is not set"))
	}
	if len(errs) > 0 || !indexed {
		return errs
	}
	if both := sharedIndex(completed, failed); both >= 0 {
		return one(field.Invalid(path.Child("failedIndexes"), failed, fmt.Sprintf("failedIndexes and completedIndexes overlap at index: %d", both)))
	}
	return nil
}

// indexList checks one list of indexes.
func indexList(path *field.Path, name, list string, j *batchv1.Job) field.ErrorList {
	if list == "" {
		return nil
	}
	if !isIndexed(j) {
		return one(field.Invalid(path.Child(name), list, fmt.Sprintf("cannot set non-empty %s when non-indexed completion mode", name)))
	}
	if _, err := countIndexes(list, *j.Spec.Completions); err != nil {
		return one(field.Invalid(path.Child(name), list, fmt.Sprintf("error parsing %s: %s", name, err)))
	}
	return nil
}

func isIndexed(j *batchv1.Job) bool {
	return j.Spec.CompletionMode != nil && *j.Spec.CompletionMode == batchv1.IndexedCompletion && j.Spec.Completions != nil
}

// sharedIndex is the first index that two right lists have in common, or -1.
func sharedIndex(a, b string) int {
	for _, x := range indexRanges(a) {
		for _, y := range indexRanges(b) {
			if first := max(x[0], y[0]); first <= min(x[1], y[1]) {
				return first
			}
		}
	}
	return -1
}

func indexRanges(text string) [][2]int {
	var ranges [][2]int
	if text == "" {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		var first, last int
		if n, err := fmt.Sscanf(part, "%d-%d", &first, &last); n == 0 {
			panic(fmt.Sprintf("validation: %q is no index: %v", part, err)) // countIndexes has read it
		} else if n == 1 {
			last = first
		}
		ranges = append(ranges, [2]int{first, last})
	}
	return ranges
}

// jobEnd checks that the status of a job agrees with itself about how it ended.
func jobEnd(path *field.Path, s *batchv1.JobStatus) field.ErrorList {
	var errs field.ErrorList
	complete, failed := jobCondition(s, batchv1.JobComplete), jobCondition(s, batchv1.JobFailed)
	if complete && s.CompletionTime == nil {
		errs = append(errs, field.Required(path.Child("completionTime"), "completionTime is required for Complete jobs"))
	}
	if !complete && s.CompletionTime != nil {
		errs = append(errs, field.Invalid(path.Child("completionTime"), s.CompletionTime, "cannot set completionTime when there is no Complete=True condition"))
	}
	if s.CompletionTime != nil && s.StartTime != nil && s.CompletionTime.Before(s.StartTime) {
		errs = append(errs, field.Invalid(path.Child("completionTime"), s.CompletionTime, "completionTime cannot be set before startTime"))
	}
	if !complete && !failed {
		return errs
	}
	if s.StartTime == nil {
		errs = append(errs, field.Required(path.Child("startTime"), "startTime is required for finished job"))
	}
	if s.Active > 0 {
		errs = append(errs, field.Invalid(path.Child("active"), s.Active, "active>0 is invalid for finished job"))
	}
	if u := s.UncountedTerminatedPods; u != nil && len(u.Succeeded)+len(u.Failed) > 0 {
		errs = append(errs, field.Invalid(path.Child("uncountedTerminatedPods"), u, "uncountedTerminatedPods needs to be empty for finished job"))
	}
	return errs
}

// jobTurns checks how a job comes to its end: first it is told that it will succeed or fail, then that it did (KEP-3998, KEP-4368).
func jobTurns(path *field.Path, s *batchv1.JobStatus) field.ErrorList {
	var errs field.ErrorList
	invalid := func(text string) {
		errs = append(errs, field.Invalid(path.Child("conditions"), field.OmitValueType{}, text))
	}
	complete, failed := jobCondition(s, batchv1.JobComplete), jobCondition(s, batchv1.JobFailed)
	met, target := jobCondition(s, batchv1.JobSuccessCriteriaMet), jobCondition(s, batchv1.JobFailureTarget)
	if complete && failed {
		invalid("cannot set Complete=True and Failed=true conditions")
	}
	if complete && target {
		invalid("cannot set Complete=True and FailureTarget=true conditions")
	}
	if met && target {
		invalid("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions")
	}
	if met && failed {
		invalid("cannot set SuccessCriteriaMet=True and Failed=true conditions")
	}
	if complete && !met {
		invalid("cannot set Complete=True condition without the SuccessCriteriaMet=true condition")
	}
	if failed && !target {
		invalid("cannot set Failed=True condition without the FailureTarget=true condition")
	}
	return errs
}

// jobCounters only go up, except that an indexed job that has shrunk forgets the indexes above its end (KEP-3715).
func jobCounters(path *field.Path, j *batchv1.Job, before *batchv1.JobStatus) field.ErrorList {
	s := &j.Status
	var errs field.ErrorList
	if s.Failed < before.Failed {
		errs = append(errs, field.Invalid(path.Child("failed"), s.Failed, "cannot decrease the failed counter"))
	}
	shrunk := j.Spec.CompletionMode != nil && *j.Spec.CompletionMode == batchv1.IndexedCompletion &&
		j.Spec.Completions != nil && before.Succeeded > *j.Spec.Completions
	if s.Succeeded < before.Succeeded && !shrunk {
		errs = append(errs, field.Invalid(path.Child("succeeded"), s.Succeeded, "cannot decrease the succeeded counter"))
	}
	return errs
}

// jobStart keeps the time of the start, which only a suspension forgets.
func jobStart(path *field.Path, j, old *batchv1.Job) field.ErrorList {
	s, before := j.Status.StartTime, old.Status.StartTime
	if before == nil || isTrue(j.Spec.Suspend) || s.Equal(before) {
		return nil
	}
	return one(field.Invalid(path.Child("startTime"), s, "field is immutable for unsuspended job once set"))
}

// jobEndUpdate refuses that a job is not finished any more.
func jobEndUpdate(path *field.Path, s, before *batchv1.JobStatus) field.ErrorList {
	var errs field.ErrorList
	for _, kind := range []batchv1.JobConditionType{batchv1.JobComplete, batchv1.JobFailed, batchv1.JobFailureTarget, batchv1.JobSuccessCriteriaMet} {
		if jobCondition(before, kind) && !jobCondition(s, kind) {
			errs = append(errs, field.Invalid(path.Child("conditions"), field.OmitValueType{}, fmt.Sprintf("cannot disable the terminal %s=True condition", kind)))
		}
	}
	if before.CompletionTime != nil && s.CompletionTime != nil && !s.CompletionTime.Equal(before.CompletionTime) {
		errs = append(errs, field.Invalid(path.Child("completionTime"), s.CompletionTime, "completionTime cannot be mutated"))
	}
	return errs
}
