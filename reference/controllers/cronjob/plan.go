package cronjob

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// mostMissed is the number of missed start times above which a warning is given.
const mostMissed = 100

// plan is what to do at one moment.
type plan struct {
	due     time.Time // the latest scheduled time that has passed
	start   bool
	replace bool // the running Jobs are deleted first
	blocked bool // by a running Job
	missed  bool // the deadline for starting has passed
	tooMany bool
	again   time.Duration // until the next scheduled time
}

// decide is free of I/O.
func decide(cj *batchv1.CronJob, now time.Time) (plan, error) {
	zone := time.Local
	if name := ptr.Deref(cj.Spec.TimeZone, ""); name != "" {
		var err error
		if zone, err = time.LoadLocation(name); err != nil {
			return plan{}, fmt.Errorf("load time zone %q: %w", name, err)
		}
	}
	s, err := parse(cj.Spec.Schedule, zone)
	if err != nil || ptr.Deref(cj.Spec.Suspend, false) {
		return plan{}, err
	}
	var p plan
	p.due, p.tooMany = lastDue(cj, s, now)
	if next := s.next(laterOf(now, p.due)); !next.IsZero() {
		p.again = next.Sub(now) + late
	}
	if p.due.IsZero() {
		return p, nil
	}
	active := len(cj.Status.Active) > 0
	switch deadline := cj.Spec.StartingDeadlineSeconds; {
	case deadline != nil && p.due.Add(time.Duration(*deadline)*time.Second).Before(now):
		p.missed = true
	case active && cj.Spec.ConcurrencyPolicy == batchv1.ForbidConcurrent:
		p.blocked = true
	default:
		p.start, p.replace = true, active && cj.Spec.ConcurrencyPolicy == batchv1.ReplaceConcurrent
	}
	return p, nil
}

// lastDue is the latest scheduled time since the last start; zero when nothing is due.
func lastDue(cj *batchv1.CronJob, s schedule, now time.Time) (due time.Time, tooMany bool) {
	since := cj.CreationTimestamp.Time
	if last := cj.Status.LastScheduleTime; last != nil {
		since = last.Time
	}
	if deadline := cj.Spec.StartingDeadlineSeconds; deadline != nil {
		since = laterOf(since, now.Add(-time.Duration(*deadline)*time.Second).Add(-time.Second))
	}
	n := 0
	for t := s.next(since); !t.IsZero() && !t.After(now); t = s.next(t) {
		if n++; n == mostMissed {
			// Start again close to now: the rest may be years of minutes.
			if jump := s.backFrom(now); jump.After(t) {
				t = jump
			}
		}
		due = t
	}
	return due, n >= mostMissed && cj.Spec.StartingDeadlineSeconds == nil
}

// backFrom finds a scheduled time not long before now, by looking ever further back.
func (s schedule) backFrom(now time.Time) time.Time {
	for back := time.Hour; back < horizon*365*24*time.Hour; back *= 2 {
		if t := s.next(now.Add(-back)); !t.IsZero() && !t.After(now) {
			return t
		}
	}
	return time.Time{}
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// newJob is the Job of a scheduled time.
func newJob(cj *batchv1.CronJob, due time.Time) *batchv1.Job {
	annotations := maps.Clone(cj.Spec.JobTemplate.Annotations)
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[batchv1.CronJobScheduledTimestampAnnotation] = due.Format(time.RFC3339)
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: cj.Namespace, Name: cj.Name + "-" + strconv.FormatInt(due.Unix()/60, 10),
			Labels: maps.Clone(cj.Spec.JobTemplate.Labels), Annotations: annotations,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(cj, gvk)},
		},
		Spec: *cj.Spec.JobTemplate.Spec.DeepCopy(),
	}
}

// surplus are the finished Jobs beyond the history limits.
func surplus(cj *batchv1.CronJob, jobs []*batchv1.Job) []*batchv1.Job {
	var complete, failed []*batchv1.Job
	for _, job := range jobs {
		switch outcomeOf(job) {
		case batchv1.JobComplete:
			complete = append(complete, job)
		case batchv1.JobFailed:
			failed = append(failed, job)
		}
	}
	return append(beyond(complete, cj.Spec.SuccessfulJobsHistoryLimit), beyond(failed, cj.Spec.FailedJobsHistoryLimit)...)
}

// beyond are all but the newest limit Jobs.
func beyond(jobs []*batchv1.Job, limit *int32) []*batchv1.Job {
	if limit == nil {
		return nil
	}
	slices.SortFunc(jobs, func(a, b *batchv1.Job) int { return started(a).Compare(started(b)) })
	return jobs[:max(0, len(jobs)-int(*limit))]
}

func started(job *batchv1.Job) time.Time {
	if job.Status.StartTime != nil {
		return job.Status.StartTime.Time
	}
	return job.CreationTimestamp.Time
}
