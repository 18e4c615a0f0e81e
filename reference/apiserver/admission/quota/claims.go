package quota

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
)

const (
	countClaims = corev1.ResourceName("count/persistentvolumeclaims")
	ofClass     = ".storageclass.storage.k8s.io/"
)

// claims use themselves and storage, in all and per storage class.
type claims struct{}

func (claims) resource() string { return "persistentvolumeclaims" }

func (claims) handles(a admission.Attributes) bool {
	return a.GetSubresource() == "" && (a.GetOperation() == admission.Create || a.GetOperation() == admission.Update)
}

func (claims) counts(name corev1.ResourceName) bool {
	switch name {
	case countClaims, corev1.ResourcePersistentVolumeClaims, corev1.ResourceRequestsStorage:
		return true
	}
	_, what, ok := strings.Cut(string(name), ofClass)
	return ok && (what == string(corev1.ResourcePersistentVolumeClaims) || what == string(corev1.ResourceRequestsStorage))
}

func (claims) uses(o runtime.Object) (corev1.ResourceList, error) {
	claim, err := as[*corev1.PersistentVolumeClaim](o)
	if err != nil {
		return nil, err
	}
	one := *resource.NewQuantity(1, resource.DecimalSI)
	used := corev1.ResourceList{countClaims: one, corev1.ResourcePersistentVolumeClaims: one}
	class := classOf(claim)
	if class != "" {
		used[corev1.ResourceName(class+ofClass)+corev1.ResourcePersistentVolumeClaims] = one
	}
	if size, ok := sizeOf(claim); ok {
		used[corev1.ResourceRequestsStorage] = size
		if class != "" {
			used[corev1.ResourceName(class+ofClass)+corev1.ResourceRequestsStorage] = size
		}
	}
	return used, nil
}

// sizeOf returns the storage that a claim asks for, or what was allocated for
// it if that is more: a volume that grows does not shrink when the claim does.
func sizeOf(claim *corev1.PersistentVolumeClaim) (resource.Quantity, bool) {
	size, ok := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if allocated, has := claim.Status.AllocatedResources[corev1.ResourceStorage]; ok && has && allocated.Cmp(size) > 0 {
		return allocated, true
	}
	return size, ok
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

func (claims) inScope(s corev1.ScopedResourceSelectorRequirement, o runtime.Object) (bool, error) {
	claim, err := as[*corev1.PersistentVolumeClaim](o)
	if err != nil || s.ScopeName != corev1.ResourceQuotaScopeVolumeAttributesClass {
		return false, err
	}
	var names []string
	for _, n := range []*string{claim.Spec.VolumeAttributesClassName, claim.Status.CurrentVolumeAttributesClassName} {
		if n != nil && *n != "" {
			names = append(names, *n)
		}
	}
	if m := claim.Status.ModifyVolumeStatus; m != nil && m.TargetVolumeAttributesClassName != "" {
		names = append(names, m.TargetVolumeAttributesClassName)
	}
	if len(names) == 0 {
		return selects(s, "")
	}
	for _, n := range names { // the wanted class, the present one and the next one count
		if ok, err := selects(s, n); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (claims) complete([]corev1.ResourceName, runtime.Object) error { return nil }
