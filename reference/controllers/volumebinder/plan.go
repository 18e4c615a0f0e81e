package volumebinder

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/volume"
)

// waiting is what happens to a claim without a matching volume.
type waiting struct {
	event, message string
	class          string // set this storage class
	provisioner    string // ask this provisioner
}

// plan is free of I/O.
func plan(c *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, delayed bool, defaultClass string) waiting {
	_, beta := c.Annotations[corev1.BetaStorageClassAnnotation]
	switch {
	case c.Spec.StorageClassName == nil && !beta && defaultClass != "":
		return waiting{class: defaultClass}
	case delayed && !volume.IsDelayBindingProvisioning(c):
		return waiting{event: "WaitForFirstConsumer", message: "waiting for first consumer to be created before binding"}
	case volume.GetPersistentVolumeClaimClass(c) == "":
		return waiting{event: "FailedBinding", message: "no persistent volumes available for this claim and no storage class is set"}
	case class == nil:
		return waiting{event: "ProvisioningFailed", message: fmt.Sprintf("storageclass.storage.k8s.io %q not found", volume.GetPersistentVolumeClaimClass(c))}
	case class.Provisioner == volume.NotSupportedProvisioner:
		return waiting{event: "ProvisioningFailed", message: fmt.Sprintf("storageclass %q has no provisioner: a volume has to be created by hand", class.Name)}
	}
	w := waiting{event: "ExternalProvisioning", message: fmt.Sprintf("Waiting for a volume to be created either by the external provisioner '%s' or manually by the system administrator. "+
		"If volume creation is delayed, please verify that the provisioner is running and correctly registered.", class.Provisioner)}
	if c.Annotations[volume.AnnStorageProvisioner] != class.Provisioner {
		w.provisioner = class.Provisioner
	}
	return w
}

// bindClaim returns the claim with the name of the volume, or nil when it has it already.
func bindClaim(c *corev1.PersistentVolumeClaim, pv *corev1.PersistentVolume) *corev1.PersistentVolumeClaim {
	next := c.DeepCopy()
	if c.Spec.VolumeName != pv.Name {
		next.Spec.VolumeName = pv.Name
		metav1.SetMetaDataAnnotation(&next.ObjectMeta, volume.AnnBoundByController, "yes")
	}
	if metav1.HasAnnotation(c.ObjectMeta, volume.AnnBindCompleted) && c.Spec.VolumeName == pv.Name {
		return nil
	}
	metav1.SetMetaDataAnnotation(&next.ObjectMeta, volume.AnnBindCompleted, "yes")
	return next
}

// boundStatus is the status of a bound claim: what it got, which may be more than it asked for.
func boundStatus(c *corev1.PersistentVolumeClaim, pv *corev1.PersistentVolume) corev1.PersistentVolumeClaimStatus {
	s := *c.Status.DeepCopy()
	if s.Phase != corev1.ClaimBound {
		s.Capacity = pv.Spec.Capacity.DeepCopy()
		if pv.Spec.VolumeAttributesClassName != nil && *pv.Spec.VolumeAttributesClassName != "" {
			s.CurrentVolumeAttributesClassName = pv.Spec.VolumeAttributesClassName
		}
	}
	s.Phase, s.AccessModes = corev1.ClaimBound, pv.Spec.AccessModes
	return s
}
