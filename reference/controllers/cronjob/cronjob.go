// Package cronjob starts Jobs by the clock.
package cronjob

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // spec.timeZone, also where the system has no time zone files

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	batchlisters "k8s.io/client-go/listers/batch/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
)

var gvk = batchv1.SchemeGroupVersion.WithKind("CronJob")

// late is how much later than the scheduled second a CronJob is looked at, so that clocks that differ do not start it twice.
const late = 100 * time.Millisecond

// New declares the controller.
func New(env controller.Env) (controller.Controller, error) {
	batch := env.Informers.Batch().V1()
	jobs := batch.Jobs().Informer()
	if err := controller.IndexByController(jobs); err != nil {
		return controller.Controller{}, err
	}
	r := &reconciler{
		client: env.Client, events: env.Recorder("cronjob-controller"), writes: controller.NewWrites(),
		lister: batch.CronJobs().Lister(), informer: batch.CronJobs().Informer(), jobs: jobs,
	}
	return controller.Controller{
		Name: "cronjob",
		Watches: []controller.Watch{
			{Informer: r.informer},
			{Informer: jobs, Keys: controller.OwnerKeys(gvk.Group, gvk.Kind)},
		},
		Reconcile: r.reconcile,
		Workers:   5,
		Writes:    r.writes,
	}, nil
}

type reconciler struct {
	client   kubernetes.Interface
	events   record.EventRecorder
	writes   *controller.Writes
	lister   batchlisters.CronJobLister
	informer cache.SharedIndexInformer
	jobs     cache.SharedIndexInformer
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	cached, err := r.lister.CronJobs(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) || err == nil && cached.DeletionTimestamp != nil {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	cj := cached.DeepCopy()
	jobs := controller.Controlled[*batchv1.Job](r.jobs, cj.UID)
	r.observe(cj, jobs)
	failure := r.forget(ctx, key, cj, jobs)
	p, err := decide(cj, time.Now())
	if err != nil {
		r.events.Eventf(cj, corev1.EventTypeWarning, "UnparseableSchedule", "unparseable schedule: %v", err)
		return 0, errors.Join(failure, r.report(ctx, key, cached, cj))
	}
	if p.missed {
		r.events.Eventf(cj, corev1.EventTypeWarning, "MissSchedule", "Missed scheduled time to start a job: %s", p.due.UTC().Format(time.RFC1123Z))
	}
	if p.tooMany {
		r.events.Event(cj, corev1.EventTypeWarning, "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
	}
	if p.blocked {
		r.events.Event(cj, corev1.EventTypeNormal, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid")
	}
	if p.start {
		failure = errors.Join(failure, r.start(ctx, key, cj, p))
	}
	return p.again, errors.Join(failure, r.report(ctx, key, cached, cj))
}

// observe brings status.active and status.lastSuccessfulTime up to date.
func (r *reconciler) observe(cj *batchv1.CronJob, jobs []*batchv1.Job) {
	for _, job := range jobs {
		i := slices.IndexFunc(cj.Status.Active, func(ref corev1.ObjectReference) bool { return ref.UID == job.UID })
		outcome := outcomeOf(job)
		switch {
		case outcome == "" && i < 0 && job.DeletionTimestamp == nil:
			cj.Status.Active = append(cj.Status.Active, reference(job))
			r.events.Eventf(cj, corev1.EventTypeWarning, "UnexpectedJob", "Saw a job that the controller did not create or forgot: %s", job.Name)
		case outcome != "" && i >= 0:
			cj.Status.Active = slices.Delete(cj.Status.Active, i, i+1)
			r.events.Eventf(cj, corev1.EventTypeNormal, "SawCompletedJob", "Saw completed job: %s, condition: %v", job.Name, outcome)
		}
		if outcome == batchv1.JobComplete && job.Status.CompletionTime != nil &&
			(cj.Status.LastSuccessfulTime == nil || job.Status.CompletionTime.After(cj.Status.LastSuccessfulTime.Time)) {
			cj.Status.LastSuccessfulTime = job.Status.CompletionTime
		}
	}
	cj.Status.Active = slices.DeleteFunc(cj.Status.Active, func(ref corev1.ObjectReference) bool {
		missing := !slices.ContainsFunc(jobs, func(j *batchv1.Job) bool { return j.UID == ref.UID })
		if missing {
			r.events.Eventf(cj, corev1.EventTypeNormal, "MissingJob", "Active job went missing: %v", ref.Name)
		}
		return missing
	})
	if len(cj.Status.Active) == 0 {
		cj.Status.Active = nil
	}
}

func reference(job *batchv1.Job) corev1.ObjectReference {
	return corev1.ObjectReference{APIVersion: "batch/v1", Kind: "Job", Namespace: job.Namespace, Name: job.Name, UID: job.UID, ResourceVersion: job.ResourceVersion}
}

// outcomeOf is Complete, Failed, or empty while the Job runs.
func outcomeOf(job *batchv1.Job) batchv1.JobConditionType {
	for _, c := range job.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return c.Type
		}
	}
	return ""
}

// forget deletes the oldest finished Jobs beyond the history limits.
func (r *reconciler) forget(ctx context.Context, key controller.Key, cj *batchv1.CronJob, jobs []*batchv1.Job) error {
	var errs []error
	for _, job := range surplus(cj, jobs) {
		errs = append(errs, r.delete(ctx, key, cj, job.Name, job))
	}
	return errors.Join(errs...)
}

func (r *reconciler) delete(ctx context.Context, key controller.Key, cj *batchv1.CronJob, name string, job *batchv1.Job) error {
	err := r.client.BatchV1().Jobs(key.Namespace).Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationBackground)})
	if err != nil && !apierrors.IsNotFound(err) {
		r.events.Eventf(cj, corev1.EventTypeWarning, "FailedDelete", "Deleted job: %v", err)
		return fmt.Errorf("delete job %q: %w", name, err)
	}
	if job != nil {
		r.writes.Deleted(key, r.jobs, job)
	}
	r.events.Eventf(cj, corev1.EventTypeNormal, "SuccessfulDelete", "Deleted job %v", name)
	return nil
}

// start creates the Job of the scheduled time; its name makes sure that there is only one.
func (r *reconciler) start(ctx context.Context, key controller.Key, cj *batchv1.CronJob, p plan) error {
	if p.replace {
		for _, ref := range cj.Status.Active {
			if err := r.delete(ctx, key, cj, ref.Name, nil); err != nil {
				return err
			}
		}
		cj.Status.Active = nil
	}
	job := newJob(cj, p.due)
	created, err := r.client.BatchV1().Jobs(key.Namespace).Create(ctx, job, metav1.CreateOptions{})
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return nil
	case apierrors.IsAlreadyExists(err):
		cj.Status.LastScheduleTime = new(metav1.NewTime(p.due))
		return nil
	case err != nil:
		r.events.Eventf(cj, corev1.EventTypeWarning, "FailedCreate", "Error creating job: %v", err)
		return fmt.Errorf("create job %q: %w", job.Name, err)
	}
	r.writes.Saved(key, r.jobs, created)
	r.events.Eventf(cj, corev1.EventTypeNormal, "SuccessfulCreate", "Created job %v", created.Name)
	cj.Status.Active = append(cj.Status.Active, reference(created))
	cj.Status.LastScheduleTime = new(metav1.NewTime(p.due))
	return nil
}

func (r *reconciler) report(ctx context.Context, key controller.Key, cached, cj *batchv1.CronJob) error {
	if equality.Semantic.DeepEqual(cached.Status, cj.Status) {
		return nil
	}
	saved, err := r.client.BatchV1().CronJobs(key.Namespace).UpdateStatus(ctx, cj, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("update status: %w", err)
	}
	r.writes.Saved(key, r.informer, saved)
	return nil
}
