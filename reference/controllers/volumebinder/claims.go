// Package volumebinder binds PersistentVolumeClaims to PersistentVolumes, and tells provisioners which claims need a new volume.
package volumebinder

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/component-helpers/storage/volume"

	"github.com/seatrial/seatrial/reference/controller"
)

// New declares the controller of claims. One worker binds, so that two claims do not compete for a volume.
func New(env controller.Env) (controller.Controller, error) {
	r := newBinder(env)
	return controller.Controller{
		Name: "persistentvolume-binder",
		Watches: []controller.Watch{
			{Informer: r.claimInformer},
			{Informer: r.volumeInformer, Keys: r.claimsFor},
			{Informer: r.classInformer, Keys: r.pending},
		},
		Reconcile: r.claim,
		Writes:    r.writes,
	}, nil
}

type binder struct {
	client         kubernetes.Interface
	events         record.EventRecorder
	writes         *controller.Writes
	claims         corelisters.PersistentVolumeClaimLister
	volumes        corelisters.PersistentVolumeLister
	classes        storagelisters.StorageClassLister
	claimInformer  cache.SharedIndexInformer
	volumeInformer cache.SharedIndexInformer
	classInformer  cache.SharedIndexInformer
}

func newBinder(env controller.Env) *binder {
	core, storage := env.Informers.Core().V1(), env.Informers.Storage().V1()
	return &binder{
		client: env.Client, events: env.Recorder("persistentvolume-controller"), writes: controller.NewWrites(),
		claims: core.PersistentVolumeClaims().Lister(), claimInformer: core.PersistentVolumeClaims().Informer(),
		volumes: core.PersistentVolumes().Lister(), volumeInformer: core.PersistentVolumes().Informer(),
		classes: storage.StorageClasses().Lister(), classInformer: storage.StorageClasses().Informer(),
	}
}

// claimsFor maps a volume to the claim it belongs to and, when it is free, to all that wait for one.
func (r *binder) claimsFor(obj any) []controller.Key {
	pv, ok := obj.(*corev1.PersistentVolume)
	if !ok {
		return nil
	}
	if ref := pv.Spec.ClaimRef; ref != nil {
		return []controller.Key{{Namespace: ref.Namespace, Name: ref.Name}}
	}
	return r.pending(nil)
}

func (r *binder) pending(any) []controller.Key {
	all, err := r.claims.List(labels.Everything())
	if err != nil {
		return nil
	}
	var keys []controller.Key
	for _, c := range all {
		if c.Spec.VolumeName == "" {
			keys = append(keys, cache.MetaObjectToName(c))
		}
	}
	return keys
}

func (r *binder) claim(ctx context.Context, key controller.Key) (time.Duration, error) {
	c, err := r.claims.PersistentVolumeClaims(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if c.Spec.VolumeName != "" {
		return 0, r.bound(ctx, key, c)
	}
	if c.DeletionTimestamp != nil {
		return 0, nil
	}
	all, err := r.volumes.List(labels.Everything())
	if err != nil {
		return 0, err
	}
	delayed, err := volume.IsDelayBindingMode(c, r.classes)
	if err != nil {
		return 0, fmt.Errorf("binding mode: %w", err)
	}
	suitable := slices.DeleteFunc(all, func(pv *corev1.PersistentVolume) bool { return !volume.CheckAccessModes(c, pv) })
	const attributesClasses = true
	pv, err := volume.FindMatchingVolume(c, suitable, nil, nil, delayed, attributesClasses)
	if err != nil {
		return 0, fmt.Errorf("find volume: %w", err)
	}
	if pv != nil {
		return 0, r.bind(ctx, key, c, pv)
	}
	return 0, r.wait(ctx, key, c, delayed)
}

// bound looks after a claim that names its volume.
func (r *binder) bound(ctx context.Context, key controller.Key, c *corev1.PersistentVolumeClaim) error {
	pv, err := r.volumes.Get(c.Spec.VolumeName)
	completed := metav1.HasAnnotation(c.ObjectMeta, volume.AnnBindCompleted)
	switch {
	case apierrors.IsNotFound(err) && !completed:
		return r.setPhase(ctx, key, c, corev1.ClaimPending) // the volume that the user names may come
	case apierrors.IsNotFound(err):
		r.events.Event(c, corev1.EventTypeWarning, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
		return r.setPhase(ctx, key, c, corev1.ClaimLost)
	case err != nil:
		return err
	case pv.Spec.ClaimRef == nil || volume.IsVolumeBoundToClaim(pv, c):
		return r.bind(ctx, key, c, pv)
	case completed:
		r.events.Event(c, corev1.EventTypeWarning, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
		return r.setPhase(ctx, key, c, corev1.ClaimLost)
	}
	return r.setPhase(ctx, key, c, corev1.ClaimPending) // it has the name of a volume of another claim
}

// wait says what the claim waits for, and asks a provisioner where the class has one.
func (r *binder) wait(ctx context.Context, key controller.Key, c *corev1.PersistentVolumeClaim, delayed bool) error {
	class, err := r.class(c)
	if err != nil {
		return err
	}
	p := plan(c, class, delayed, r.defaultClass())
	if p.event != "" {
		r.events.Event(c, corev1.EventTypeNormal, p.event, p.message)
	}
	if p.class == "" && p.provisioner == "" {
		return r.setPhase(ctx, key, c, corev1.ClaimPending)
	}
	next := c.DeepCopy()
	if p.class != "" {
		next.Spec.StorageClassName = &p.class
	}
	if p.provisioner != "" {
		metav1.SetMetaDataAnnotation(&next.ObjectMeta, volume.AnnStorageProvisioner, p.provisioner)
		metav1.SetMetaDataAnnotation(&next.ObjectMeta, volume.AnnBetaStorageProvisioner, p.provisioner)
	}
	return r.update(ctx, key, next)
}

// class is that of the claim, or nil when it has none or the class does not exist.
func (r *binder) class(c *corev1.PersistentVolumeClaim) (*storagev1.StorageClass, error) {
	name := volume.GetPersistentVolumeClaimClass(c)
	if name == "" {
		return nil, nil
	}
	class, err := r.classes.Get(name)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return class, err
}

// defaultClass is the newest class that is marked as default, or empty.
func (r *binder) defaultClass() string {
	all, err := r.classes.List(labels.Everything())
	if err != nil {
		return ""
	}
	var newest *storagev1.StorageClass
	for _, class := range all {
		if class.Annotations["storageclass.kubernetes.io/is-default-class"] != "true" {
			continue
		}
		if newest == nil || newest.CreationTimestamp.Before(&class.CreationTimestamp) {
			newest = class
		}
	}
	if newest == nil {
		return ""
	}
	return newest.Name
}

func (r *binder) update(ctx context.Context, key controller.Key, c *corev1.PersistentVolumeClaim) error {
	saved, err := r.client.CoreV1().PersistentVolumeClaims(key.Namespace).Update(ctx, c, metav1.UpdateOptions{})
	if err != nil {
		return fmt.Errorf("update claim: %w", err)
	}
	r.writes.Saved(key, r.claimInformer, saved)
	return nil
}

func (r *binder) setPhase(ctx context.Context, key controller.Key, c *corev1.PersistentVolumeClaim, phase corev1.PersistentVolumeClaimPhase) error {
	if c.Status.Phase == phase {
		return nil
	}
	next := c.DeepCopy()
	next.Status = corev1.PersistentVolumeClaimStatus{Phase: phase}
	return r.updateStatus(ctx, key, next)
}

func (r *binder) updateStatus(ctx context.Context, key controller.Key, c *corev1.PersistentVolumeClaim) error {
	saved, err := r.client.CoreV1().PersistentVolumeClaims(key.Namespace).UpdateStatus(ctx, c, metav1.UpdateOptions{})
	if err != nil {
		return fmt.Errorf("update status of claim: %w", err)
	}
	r.writes.Saved(key, r.claimInformer, saved)
	return nil
}
