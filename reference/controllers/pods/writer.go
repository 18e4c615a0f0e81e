package pods

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
)

// Writer creates and deletes pods for one owner, with the events that users know.
type Writer struct {
	Client   kubernetes.Interface
	Events   record.EventRecorder
	Informer cache.SharedIndexInformer
	Writes   *controller.Writes
}

// Create makes the pod. A namespace that is being deleted refuses it without an event.
func (w Writer) Create(ctx context.Context, owner runtime.Object, key controller.Key, pod *corev1.Pod) error {
	created, err := w.Client.CoreV1().Pods(key.Namespace).Create(ctx, pod, metav1.CreateOptions{})
	if err != nil {
		if !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) && !apierrors.IsAlreadyExists(err) {
			w.Events.Eventf(owner, corev1.EventTypeWarning, "FailedCreate", "Error creating: %v", err)
		}
		return err
	}
	w.Writes.Saved(key, w.Informer, created)
	w.Events.Eventf(owner, corev1.EventTypeNormal, "SuccessfulCreate", "Created pod: %v", created.Name)
	return nil
}

// Delete asks for the deletion of exactly this pod; one that has gone is no error.
func (w Writer) Delete(ctx context.Context, owner runtime.Object, key controller.Key, pod *corev1.Pod) error {
	err := w.Client.CoreV1().Pods(key.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(pod.UID))})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	if err != nil {
		w.Events.Eventf(owner, corev1.EventTypeWarning, "FailedDelete", "Error deleting: %v", err)
		return err
	}
	w.Writes.Deleted(key, w.Informer, pod)
	w.Events.Eventf(owner, corev1.EventTypeNormal, "SuccessfulDelete", "Deleted pod: %v", pod.Name)
	return nil
}
