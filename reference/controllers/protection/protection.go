// Package protection keeps storage objects that are in use from being deleted: claims, volumes and attributes classes.
//
// Admission adds a finalizer to each; these controllers remove it when the
// object is being deleted and nothing uses it any more.
package protection

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-helpers/storage/ephemeral"

	"github.com/seatrial/seatrial/reference/controller"
)

// The finalizers.
const (
	claimFinalizer  = "kubernetes.io/pvc-protection"
	volumeFinalizer = "kubernetes.io/pv-protection"
	classFinalizer  = "kubernetes.io/vac-protection"
)

// NewForClaims declares the controller of PersistentVolumeClaims: a claim stays while a scheduled pod uses it.
func NewForClaims(env controller.Env) (controller.Controller, error) {
	core := env.Informers.Core().V1()
	claims, pods := core.PersistentVolumeClaims(), core.Pods()
	k := keeper{
		finalizer: claimFinalizer,
		get: func(key controller.Key) (metav1.Object, error) {
			return claims.Lister().PersistentVolumeClaims(key.Namespace).Get(key.Name)
		},
		used: func(obj metav1.Object) (bool, error) {
			all, err := pods.Lister().Pods(obj.GetNamespace()).List(labels.Everything())
			return slices.ContainsFunc(all, func(p *corev1.Pod) bool { return p.Spec.NodeName != "" && slices.Contains(claimsOf(p), obj.GetName()) }), err
		},
		patch: func(ctx context.Context, key controller.Key, data []byte) error {
			_, err := env.Client.CoreV1().PersistentVolumeClaims(key.Namespace).Patch(ctx, key.Name, types.MergePatchType, data, metav1.PatchOptions{})
			return err
		},
	}
	return controller.Controller{
		Name: "persistentvolumeclaim-protection",
		Watches: []controller.Watch{
			{Informer: claims.Informer()},
			{Informer: pods.Informer(), Keys: claimKeys, Matters: func(any, any) bool { return false }},
		},
		Reconcile: k.reconcile,
	}, nil
}

// claimsOf are the names of the claims that a pod uses.
func claimsOf(pod *corev1.Pod) (names []string) {
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		switch {
		case v.PersistentVolumeClaim != nil:
			names = append(names, v.PersistentVolumeClaim.ClaimName)
		case v.Ephemeral != nil:
			names = append(names, ephemeral.VolumeClaimName(pod, v))
		}
	}
	return names
}

func claimKeys(obj any) (keys []controller.Key) {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return nil
	}
	for _, name := range claimsOf(pod) {
		keys = append(keys, controller.Key{Namespace: pod.Namespace, Name: name})
	}
	return keys
}

// NewForVolumes declares the controller of PersistentVolumes: a volume stays while it is bound.
func NewForVolumes(env controller.Env) (controller.Controller, error) {
	volumes := env.Informers.Core().V1().PersistentVolumes()
	k := keeper{
		finalizer: volumeFinalizer,
		get:       func(key controller.Key) (metav1.Object, error) { return volumes.Lister().Get(key.Name) },
		used: func(obj metav1.Object) (bool, error) {
			pv, ok := obj.(*corev1.PersistentVolume)
			return ok && pv.Status.Phase == corev1.VolumeBound, nil
		},
		patch: func(ctx context.Context, key controller.Key, data []byte) error {
			_, err := env.Client.CoreV1().PersistentVolumes().Patch(ctx, key.Name, types.MergePatchType, data, metav1.PatchOptions{})
			return err
		},
	}
	return controller.Controller{
		Name:      "persistentvolume-protection",
		Watches:   []controller.Watch{{Informer: volumes.Informer()}},
		Reconcile: k.reconcile,
	}, nil
}

// NewForClasses declares the controller of VolumeAttributesClasses: a class stays while a claim or volume names it.
func NewForClasses(env controller.Env) (controller.Controller, error) {
	core, classes := env.Informers.Core().V1(), env.Informers.Storage().V1().VolumeAttributesClasses()
	k := keeper{
		finalizer: classFinalizer,
		get:       func(key controller.Key) (metav1.Object, error) { return classes.Lister().Get(key.Name) },
		used: func(obj metav1.Object) (bool, error) {
			for _, store := range []cache.Store{core.PersistentVolumeClaims().Informer().GetStore(), core.PersistentVolumes().Informer().GetStore()} {
				if slices.ContainsFunc(store.List(), func(o any) bool { return slices.Contains(classKeys(o), controller.Key{Name: obj.GetName()}) }) {
					return true, nil
				}
			}
			return false, nil
		},
		patch: func(ctx context.Context, key controller.Key, data []byte) error {
			_, err := env.Client.StorageV1().VolumeAttributesClasses().Patch(ctx, key.Name, types.MergePatchType, data, metav1.PatchOptions{})
			return err
		},
	}
	return controller.Controller{
		Name: "volumeattributesclass-protection",
		Watches: []controller.Watch{
			{Informer: classes.Informer()},
			{Informer: core.PersistentVolumeClaims().Informer(), Keys: classKeys},
			{Informer: core.PersistentVolumes().Informer(), Keys: classKeys},
		},
		Reconcile: k.reconcile,
	}, nil
}

// classKeys are the classes that a claim or volume names.
func classKeys(obj any) (keys []controller.Key) {
	add := func(name *string) {
		if name != nil && *name != "" {
			keys = append(keys, controller.Key{Name: *name})
		}
	}
	switch o := obj.(type) {
	case *corev1.PersistentVolumeClaim:
		add(o.Spec.VolumeAttributesClassName)
		add(o.Status.CurrentVolumeAttributesClassName)
	case *corev1.PersistentVolume:
		add(o.Spec.VolumeAttributesClassName)
	}
	return keys
}

// keeper is what the three have in common.
type keeper struct {
	finalizer string
	get       func(key controller.Key) (metav1.Object, error)
	used      func(obj metav1.Object) (bool, error)
	patch     func(ctx context.Context, key controller.Key, data []byte) error
}

func (k keeper) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	obj, err := k.get(key)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	used := true
	if obj.GetDeletionTimestamp() != nil {
		if used, err = k.used(obj); err != nil {
			return 0, err
		}
	}
	finalizers, changed := plan(obj, k.finalizer, used)
	if !changed {
		return 0, nil
	}
	data, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": obj.GetUID(), "resourceVersion": obj.GetResourceVersion(), "finalizers": finalizers,
	}})
	if err != nil {
		return 0, fmt.Errorf("encode finalizers: %w", err)
	}
	if err := k.patch(ctx, key, data); err != nil && !apierrors.IsNotFound(err) {
		return 0, fmt.Errorf("set finalizers: %w", err)
	}
	return 0, nil
}

// plan is free of I/O: an object gets the finalizer when it lacks it, and loses it when it is being deleted and unused.
func plan(obj metav1.Object, finalizer string, used bool) (finalizers []string, changed bool) {
	finalizers = append([]string{}, obj.GetFinalizers()...)
	has := slices.Contains(finalizers, finalizer)
	switch deleting := obj.GetDeletionTimestamp() != nil; {
	case deleting && has && !used:
		return slices.DeleteFunc(finalizers, func(f string) bool { return f == finalizer }), true
	case !deleting && !has:
		return append(finalizers, finalizer), true
	}
	return finalizers, false
}
