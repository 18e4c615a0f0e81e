// Package ttlafterfinished deletes Jobs some time after they have finished.
package ttlafterfinished

import (
	"context"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	batchlisters "k8s.io/client-go/listers/batch/v1"

	"github.com/seatrial/seatrial/reference/controller"
)

// New declares the controller.
func New(env controller.Env) (controller.Controller, error) {
	jobs := env.Informers.Batch().V1().Jobs()
	r := &reconciler{client: env.Client, jobs: jobs.Lister()}
	return controller.Controller{
		Name:      "ttl-after-finished",
		Watches:   []controller.Watch{{Informer: jobs.Informer()}},
		Reconcile: r.reconcile,
	}, nil
}

type reconciler struct {
	client kubernetes.Interface
	jobs   batchlisters.JobLister
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	job, err := r.jobs.Jobs(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	expired, in := plan(job, time.Now())
	if !expired {
		return in, nil
	}
	err = r.client.BatchV1().Jobs(key.Namespace).Delete(ctx, key.Name, metav1.DeleteOptions{
		PropagationPolicy: new(metav1.DeletePropagationForeground),
		// The version too: the time may have been prolonged.
		Preconditions: &metav1.Preconditions{UID: &job.UID, ResourceVersion: &job.ResourceVersion},
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return 0, fmt.Errorf("delete finished job: %w", err)
	}
	return 0, nil
}

// plan reports whether the time of the Job is over and, if it has one, in how long it will be.
func plan(job *batchv1.Job, now time.Time) (expired bool, in time.Duration) {
	ttl := job.Spec.TTLSecondsAfterFinished
	if ttl == nil || job.DeletionTimestamp != nil {
		return false, 0
	}
	for _, c := range job.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			left := c.LastTransitionTime.Add(time.Duration(*ttl) * time.Second).Sub(now)
			return left <= 0, max(left, 0)
		}
	}
	return false, 0
}
