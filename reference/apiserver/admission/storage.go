package admission

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/kubernetes"
)

const (
	defaultClassAnnotation     = "storageclass.kubernetes.io/is-default-class"
	betaDefaultClassAnnotation = "storageclass.beta.kubernetes.io/is-default-class"
)

// defaultStorageClass gives the default class to claims that name none.
// Source: https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass
type defaultStorageClass struct {
	*admission.Handler
	client kubernetes.Interface
}

func newDefaultStorageClass(e env) (admission.Interface, error) {
	return &defaultStorageClass{admission.NewHandler(admission.Create), e.client}, nil
}

func (p *defaultStorageClass) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "persistentvolumeclaims") {
		return nil
	}
	claim, err := object[*corev1.PersistentVolumeClaim](a)
	if err != nil {
		return err
	}
	if _, ok := claim.Annotations[corev1.BetaStorageClassAnnotation]; ok || claim.Spec.StorageClassName != nil {
		return nil
	}
	list, err := p.client.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return admission.NewForbidden(a, err)
	}
	classes := slices.DeleteFunc(list.Items, func(c storagev1.StorageClass) bool {
		return c.Annotations[defaultClassAnnotation] != "true" && c.Annotations[betaDefaultClassAnnotation] != "true"
	})
	if len(classes) > 0 {
		newest := slices.MinFunc(classes, func(x, y storagev1.StorageClass) int { return newestFirst(&x, &y) })
		claim.Spec.StorageClassName = &newest.Name
	}
	return nil
}

// newestFirst orders default classes: of several, the newest counts, and of
// those the first by name.
func newestFirst(a, b metav1.Object) int {
	if ta, tb := a.GetCreationTimestamp(), b.GetCreationTimestamp(); !ta.Equal(&tb) {
		return tb.Compare(ta.Time)
	}
	if a.GetName() < b.GetName() {
		return -1
	}
	return 1
}

// storageObjectInUseProtection adds the finalizers that keep volumes, claims
// and volume classes while they are used.
type storageObjectInUseProtection struct{ *admission.Handler }

func newStorageObjectInUseProtection(env) (admission.Interface, error) {
	return storageObjectInUseProtection{admission.NewHandler(admission.Create)}, nil
}

func (storageObjectInUseProtection) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	finalizer := ""
	switch {
	case is(a, "", "persistentvolumeclaims"):
		finalizer = "kubernetes.io/pvc-protection"
	case is(a, "", "persistentvolumes"):
		finalizer = "kubernetes.io/pv-protection"
	case is(a, storagev1.GroupName, "volumeattributesclasses"):
		finalizer = "kubernetes.io/vac-protection"
	default:
		return nil
	}
	o, ok := a.GetObject().(metav1.Object)
	if ok && !slices.Contains(o.GetFinalizers(), finalizer) {
		o.SetFinalizers(append(o.GetFinalizers(), finalizer))
	}
	return nil
}

// persistentVolumeClaimResize lets a claim grow only if its class says that
// volumes can.
type persistentVolumeClaimResize struct {
	*admission.Handler
	client kubernetes.Interface
}

func newPersistentVolumeClaimResize(e env) (admission.Interface, error) {
	return &persistentVolumeClaimResize{admission.NewHandler(admission.Update), e.client}, nil
}

func (p *persistentVolumeClaimResize) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "persistentvolumeclaims") {
		return nil
	}
	claim, err := object[*corev1.PersistentVolumeClaim](a)
	if err != nil {
		return err
	}
	old, err := oldObject[*corev1.PersistentVolumeClaim](a)
	if err != nil {
		return err
	}
	size, before := claim.Spec.Resources.Requests[corev1.ResourceStorage], old.Spec.Resources.Requests[corev1.ResourceStorage]
	if size.Cmp(before) <= 0 {
		return nil
	}
	if old.Status.Phase != corev1.ClaimBound {
		return forbid(a, "Only bound persistent volume claims can be expanded")
	}
	class, err := p.client.StorageV1().StorageClasses().Get(ctx, classOf(claim), metav1.GetOptions{ResourceVersion: "0"})
	if err != nil && !apierrors.IsNotFound(err) {
		return apierrors.NewInternalError(err)
	}
	if err != nil || class.AllowVolumeExpansion == nil || !*class.AllowVolumeExpansion {
		return forbid(a, "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize")
	}
	return nil
}

func classOf(claim *corev1.PersistentVolumeClaim) string {
	if name, ok := claim.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return name
	}
	if claim.Spec.StorageClassName != nil {
		return *claim.Spec.StorageClassName
	}
	return ""
}
