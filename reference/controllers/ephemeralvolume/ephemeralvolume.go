// Package ephemeralvolume creates the PersistentVolumeClaims of generic ephemeral volumes.
package ephemeralvolume

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/component-helpers/storage/ephemeral"

	"github.com/seatrial/seatrial/reference/controller"
)

// New declares the controller. Its keys are pods.
func New(env controller.Env) (controller.Controller, error) {
	core := env.Informers.Core().V1()
	r := &reconciler{client: env.Client, events: env.Recorder("ephemeral_volume"), pods: core.Pods().Lister(), claims: core.PersistentVolumeClaims().Lister()}
	return controller.Controller{
		Name: "ephemeral-volume",
		Watches: []controller.Watch{
			{Informer: core.Pods().Informer(), Keys: podWithVolume, Matters: func(any, any) bool { return false }},
			{Informer: core.PersistentVolumeClaims().Informer(), Keys: controller.OwnerKeys("", "Pod")},
		},
		Reconcile: r.reconcile,
	}, nil
}

func podWithVolume(obj any) []controller.Key {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return nil
	}
	for i := range pod.Spec.Volumes {
		if pod.Spec.Volumes[i].Ephemeral != nil {
			return controller.Self(pod)
		}
	}
	return nil
}

type reconciler struct {
	client kubernetes.Interface
	events record.EventRecorder
	pods   corelisters.PodLister
	claims corelisters.PersistentVolumeClaimLister
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	pod, err := r.pods.Pods(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) || err == nil && pod.DeletionTimestamp != nil {
		return 0, nil // the claims are owned by the pod
	}
	if err != nil {
		return 0, err
	}
	var errs []error
	for i := range pod.Spec.Volumes {
		if c := plan(pod, &pod.Spec.Volumes[i]); c != nil {
			errs = append(errs, r.ensure(ctx, pod, c))
		}
	}
	return 0, errors.Join(errs...)
}

func (r *reconciler) ensure(ctx context.Context, pod *corev1.Pod, c *corev1.PersistentVolumeClaim) error {
	old, err := r.claims.PersistentVolumeClaims(c.Namespace).Get(c.Name)
	if err == nil {
		return ephemeral.VolumeIsForPod(pod, old) // a claim of that name that is not the pod's is never used
	}
	if !apierrors.IsNotFound(err) {
		return err
	}
	_, err = r.client.CoreV1().PersistentVolumeClaims(c.Namespace).Create(ctx, c, metav1.CreateOptions{})
	if err == nil || apierrors.IsAlreadyExists(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return nil
	}
	r.events.Eventf(pod, corev1.EventTypeWarning, "FailedToCreatePVC", "create ephemeral volume claim %s: %v", c.Name, err)
	return fmt.Errorf("create claim %q: %w", c.Name, err)
}

// plan is the claim of the volume; nil when the volume is of another kind.
func plan(pod *corev1.Pod, v *corev1.Volume) *corev1.PersistentVolumeClaim {
	if v.Ephemeral == nil || v.Ephemeral.VolumeClaimTemplate == nil {
		return nil
	}
	template := v.Ephemeral.VolumeClaimTemplate.DeepCopy()
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: pod.Namespace, Name: ephemeral.VolumeClaimName(pod, v), Labels: template.Labels, Annotations: template.Annotations,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(pod, corev1.SchemeGroupVersion.WithKind("Pod"))},
		},
		Spec: template.Spec,
	}
}
