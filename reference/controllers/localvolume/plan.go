package localvolume

import (
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/volume"
)

func directory(name string, opts Options) string { return filepath.Join(opts.Dir, name) }

// newVolume is the volume of a claim. Its name follows from the claim, so that it is made once.
func newVolume(c *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, opts Options) *corev1.PersistentVolume {
	name := "pvc-" + string(c.UID)
	policy := corev1.PersistentVolumeReclaimDelete
	if class.ReclaimPolicy != nil {
		policy = *class.ReclaimPolicy
	}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{volume.AnnDynamicallyProvisioned: Provisioner}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: c.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes:                   c.Spec.AccessModes,
			VolumeMode:                    new(corev1.PersistentVolumeFilesystem),
			StorageClassName:              class.Name,
			MountOptions:                  class.MountOptions,
			PersistentVolumeReclaimPolicy: policy,
			PersistentVolumeSource: corev1.PersistentVolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: directory(name, opts), Type: new(corev1.HostPathDirectoryOrCreate)},
			},
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: c.Namespace, Name: c.Name, UID: c.UID, ResourceVersion: c.ResourceVersion,
			},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{opts.NodeName}}},
			}}}},
		},
	}
}

// removable reports whether the volume is one of this node that nobody wants any more.
func removable(pv *corev1.PersistentVolume, opts Options) bool {
	return pv.Annotations[volume.AnnDynamicallyProvisioned] == Provisioner &&
		pv.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete &&
		pv.Status.Phase == corev1.VolumeReleased && pv.DeletionTimestamp == nil &&
		pv.Spec.HostPath != nil && pv.Spec.HostPath.Path == directory(pv.Name, opts) && onNode(pv, opts.NodeName)
}

func onNode(pv *corev1.PersistentVolume, node string) bool {
	return volume.CheckNodeAffinity(pv, map[string]string{corev1.LabelHostname: node}) == nil
}
