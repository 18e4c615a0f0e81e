package node

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// volumeNeeds reports whether a volume that a pod of the node claims has to be
// mounted with a Secret, which may be in another namespace than the pod.
func (z *Authorizer) volumeNeeds(ctx context.Context, node, namespace, name string) (bool, error) {
	volumes, err := z.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return false, err
	}
	for i := range volumes.Items {
		claim := volumes.Items[i].Spec.ClaimRef
		if claim == nil || !mountsWith(&volumes.Items[i].Spec, corev1.SecretReference{Namespace: namespace, Name: name}) {
			continue
		}
		ok, err := z.pods.refer(ctx, node, "pvc", claim.Namespace, claim.Name)
		if err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func mountsWith(v *corev1.PersistentVolumeSpec, secret corev1.SecretReference) bool {
	for _, r := range mountSecrets(v) {
		if r == nil {
			continue
		}
		in := r.Namespace
		if in == "" {
			in = v.ClaimRef.Namespace
		}
		if r.Name == secret.Name && in == secret.Namespace {
			return true
		}
	}
	return false
}

// mountSecrets: the kubelet needs the Secrets that CSI names for the node; those
// for the controller are none of its business. The sources that were there
// before CSI mean the namespace of the claim if they name none.
func mountSecrets(v *corev1.PersistentVolumeSpec) []*corev1.SecretReference {
	switch {
	case v.CSI != nil:
		return []*corev1.SecretReference{v.CSI.NodePublishSecretRef, v.CSI.NodeStageSecretRef, v.CSI.NodeExpandSecretRef}
	case v.ISCSI != nil:
		return []*corev1.SecretReference{v.ISCSI.SecretRef}
	case v.RBD != nil:
		return []*corev1.SecretReference{v.RBD.SecretRef}
	case v.CephFS != nil:
		return []*corev1.SecretReference{v.CephFS.SecretRef}
	case v.FlexVolume != nil:
		return []*corev1.SecretReference{v.FlexVolume.SecretRef}
	case v.ScaleIO != nil:
		return []*corev1.SecretReference{v.ScaleIO.SecretRef}
	case v.AzureFile != nil:
		r := &corev1.SecretReference{Name: v.AzureFile.SecretName}
		if v.AzureFile.SecretNamespace != nil {
			r.Namespace = *v.AzureFile.SecretNamespace
		}
		return []*corev1.SecretReference{r}
	case v.StorageOS != nil && v.StorageOS.SecretRef != nil:
		return []*corev1.SecretReference{{Namespace: v.StorageOS.SecretRef.Namespace, Name: v.StorageOS.SecretRef.Name}}
	}
	return nil
}

// secretOf is the Secret that a volume of a pod names, or "".
func secretOf(v *corev1.VolumeSource) string {
	var ref *corev1.LocalObjectReference
	switch {
	case v.Secret != nil:
		return v.Secret.SecretName
	case v.AzureFile != nil:
		return v.AzureFile.SecretName
	case v.CSI != nil:
		ref = v.CSI.NodePublishSecretRef
	case v.ISCSI != nil:
		ref = v.ISCSI.SecretRef
	case v.RBD != nil:
		ref = v.RBD.SecretRef
	case v.CephFS != nil:
		ref = v.CephFS.SecretRef
	case v.FlexVolume != nil:
		ref = v.FlexVolume.SecretRef
	case v.ScaleIO != nil:
		ref = v.ScaleIO.SecretRef
	case v.StorageOS != nil:
		ref = v.StorageOS.SecretRef
	}
	if ref == nil {
		return ""
	}
	return ref.Name
}
