package job

import (
	"context"
	"errors"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/seatrial/seatrial/reference/controller"
)

// burst bounds the pods that one run creates.
const burst = 500

// acted counts what act did.
type acted struct{ created, deleted int32 }

// act creates and deletes pods as the view demands.
func (r *reconciler) act(ctx context.Context, key controller.Key, v *view) (acted, error) {
	switch {
	case v.ending():
		// The pods stay tracked: they are counted when they end.
		n, err := r.delete(ctx, key, v, v.active)
		return acted{deleted: n}, err
	case v.suspended():
		n, err := r.abandon(ctx, key, v, v.active)
		return acted{deleted: n}, err
	}
	p := v.plan()
	if len(p.remove) > 0 {
		n, err := r.abandon(ctx, key, v, p.remove)
		return acted{deleted: n}, err
	}
	created, err := controller.SlowStart(min(len(p.create), burst), func(i int) error {
		return r.writer.Create(ctx, v.job, key, p.create[i])
	})
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		err = nil
	}
	return acted{created: int32(created)}, err
}

// abandon deletes pods that are not to be counted: too many, or of a suspended Job.
func (r *reconciler) abandon(ctx context.Context, key controller.Key, v *view, list []*corev1.Pod) (int32, error) {
	if err := r.untrack(ctx, key, list); err != nil {
		return 0, err
	}
	return r.delete(ctx, key, v, list)
}

func (r *reconciler) delete(ctx context.Context, key controller.Key, v *view, list []*corev1.Pod) (int32, error) {
	n, err := controller.Each(len(list), func(i int) error { return r.writer.Delete(ctx, v.job, key, list[i]) })
	return int32(n), err
}

// letGo takes the finalizer from pods that no Job tracks any more: of a Job that has gone, or released from it.
func (r *reconciler) letGo(ctx context.Context, key controller.Key, job *batchv1.Job) error {
	var lost []*corev1.Pod
	items, err := r.pods.GetIndexer().ByIndex("namespace", key.Namespace)
	if err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	for _, item := range items {
		pod, ok := item.(*corev1.Pod)
		if ok && tracked(pod) && lostBy(pod, key.Name, job) {
			lost = append(lost, pod)
		}
	}
	return r.untrack(ctx, key, lost)
}

func lostBy(pod *corev1.Pod, name string, job *batchv1.Job) bool {
	ref := controllerOf(pod)
	if ref == nil {
		return pod.Labels[batchv1.JobNameLabel] == name && (job == nil || !selects(job, pod))
	}
	return ref.Kind == gvk.Kind && ref.Name == name && (job == nil || ref.UID != job.UID)
}

// untrack removes the finalizer.
func (r *reconciler) untrack(ctx context.Context, key controller.Key, list []*corev1.Pod) error {
	_, err := controller.Each(len(list), func(i int) error {
		err := r.removeFinalizer(ctx, key, list[i])
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return errors.Join(errUntracked, err)
	}
	return nil
}

var errUntracked = errors.New("remove tracking finalizer")
