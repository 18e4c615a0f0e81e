package volumebinder

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/volume"

	"github.com/seatrial/seatrial/reference/controller"
)

// NewForVolumes declares the controller that keeps the phase of volumes.
func NewForVolumes(env controller.Env) (controller.Controller, error) {
	r := newBinder(env)
	return controller.Controller{
		Name: "persistentvolume-phase",
		Watches: []controller.Watch{
			{Informer: r.volumeInformer},
			{Informer: r.claimInformer, Keys: r.volumesFor},
		},
		Reconcile: r.volume,
		Writes:    r.writes,
	}, nil
}

// volumesFor maps a claim to its volume, and to volumes that are reserved for it.
func (r *binder) volumesFor(obj any) []controller.Key {
	c, ok := obj.(*corev1.PersistentVolumeClaim)
	if !ok {
		return nil
	}
	var keys []controller.Key
	if c.Spec.VolumeName != "" {
		keys = append(keys, controller.Key{Name: c.Spec.VolumeName})
	}
	for _, item := range r.volumeInformer.GetStore().List() {
		pv, ok := item.(*corev1.PersistentVolume)
		if ok && pv.Spec.ClaimRef != nil && pv.Spec.ClaimRef.Namespace == c.Namespace && pv.Spec.ClaimRef.Name == c.Name {
			keys = append(keys, controller.Key{Name: pv.Name})
		}
	}
	return keys
}

// bind writes both sides: the volume first, since only it can be claimed by one.
func (r *binder) bind(ctx context.Context, key controller.Key, c *corev1.PersistentVolumeClaim, pv *corev1.PersistentVolume) error {
	next, changed, err := volume.GetBindVolumeToClaim(pv, c)
	if err != nil {
		return fmt.Errorf("bind volume %q: %w", pv.Name, err)
	}
	if changed {
		if next, err = r.client.CoreV1().PersistentVolumes().Update(ctx, next, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("bind volume %q: %w", pv.Name, err)
		}
		r.writes.Saved(key, r.volumeInformer, next)
	}
	if named := bindClaim(c, pv); named != nil {
		if c, err = r.client.CoreV1().PersistentVolumeClaims(key.Namespace).Update(ctx, named, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("bind claim: %w", err)
		}
		r.writes.Saved(key, r.claimInformer, c)
	}
	status := boundStatus(c, pv)
	if equality.Semantic.DeepEqual(c.Status, status) {
		return nil
	}
	done := c.DeepCopy()
	done.Status = status
	return r.updateStatus(ctx, key, done)
}

func (r *binder) volume(ctx context.Context, key controller.Key) (time.Duration, error) {
	pv, err := r.volumes.Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var c *corev1.PersistentVolumeClaim
	if ref := pv.Spec.ClaimRef; ref != nil {
		if c, err = r.claims.PersistentVolumeClaims(ref.Namespace).Get(ref.Name); apierrors.IsNotFound(err) {
			c = nil
		} else if err != nil {
			return 0, err
		}
	}
	next := pv.DeepCopy()
	next.Status.Phase, next.Status.Message = phase(pv, c)
	if next.Status.Phase == pv.Status.Phase && next.Status.Phase != corev1.VolumeFailed {
		return 0, nil // the message may be somebody else's
	}
	if next.Status.Phase == pv.Status.Phase && next.Status.Message == pv.Status.Message {
		return 0, nil
	}
	if next.Status.Phase == corev1.VolumeFailed {
		r.events.Event(pv, corev1.EventTypeWarning, "VolumeFailedDelete", next.Status.Message)
	}
	saved, err := r.client.CoreV1().PersistentVolumes().UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("update status of volume: %w", err)
	}
	r.writes.Saved(key, r.volumeInformer, saved)
	return 0, nil
}

// phase is free of I/O. c is the claim that the volume names, if it exists.
func phase(pv *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) (corev1.PersistentVolumePhase, string) {
	ref := pv.Spec.ClaimRef
	switch {
	case ref == nil, ref.UID == "": // free, or reserved by its creator for a claim that has not been bound
		return corev1.VolumeAvailable, ""
	case c != nil && c.UID == ref.UID && (c.Spec.VolumeName == pv.Name || c.Spec.VolumeName == ""):
		return corev1.VolumeBound, ""
	}
	const remove = corev1.PersistentVolumeReclaimDelete
	if _, provisioned := pv.Annotations[volume.AnnDynamicallyProvisioned]; pv.Spec.PersistentVolumeReclaimPolicy == remove && !provisioned {
		return corev1.VolumeFailed, "no provisioner is known that deletes this volume"
	}
	if pv.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimRecycle {
		return corev1.VolumeFailed, "the reclaim policy Recycle is not supported: use dynamic provisioning"
	}
	return corev1.VolumeReleased, ""
}
