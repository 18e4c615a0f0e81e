// Package claim finds what a persistent volume claim stands for on this node.
package claim

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/component-helpers/storage/ephemeral"
	storagehelpers "k8s.io/component-helpers/storage/volume"
)

// ErrNotBound tells that the claim has no volume yet.
var ErrNotBound = errors.New("the claim is not bound to a volume")

// Volume is a persistent volume that this node can show.
type Volume struct {
	Path     string
	HostPath *corev1.HostPathVolumeSource
	ReadOnly bool
	// Owned tells that files may be given to the pod's fsGroup.
	Owned bool
}

// Name returns the claim of a volume of a pod, and false if the volume is not one.
func Name(pod *corev1.Pod, volume *corev1.Volume) (string, bool) {
	switch {
	case volume.PersistentVolumeClaim != nil:
		return volume.PersistentVolumeClaim.ClaimName, true
	case volume.Ephemeral != nil:
		return ephemeral.VolumeClaimName(pod, volume), true
	}
	return "", false
}

// Resolve reads the claim and its volume. Types other than hostPath and local are an error.
func Resolve(ctx context.Context, client kubernetes.Interface, pod *corev1.Pod, volume *corev1.Volume, node *corev1.Node) (*Volume, error) {
	name, _ := Name(pod, volume)
	claim, err := client.CoreV1().PersistentVolumeClaims(pod.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if volume.Ephemeral != nil {
		if err := ephemeral.VolumeIsForPod(pod, claim); err != nil {
			return nil, err
		}
	}
	if claim.Spec.VolumeName == "" || claim.Status.Phase != corev1.ClaimBound {
		return nil, fmt.Errorf("use claim %q: %w", name, ErrNotBound)
	}
	pv, err := client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if ref := pv.Spec.ClaimRef; ref == nil || ref.UID != claim.UID {
		return nil, fmt.Errorf("use claim %q: volume %q is bound to another claim: %w", name, pv.Name, ErrNotBound)
	}
	if node != nil {
		if err := storagehelpers.CheckNodeAffinity(pv, node.Labels); err != nil {
			return nil, fmt.Errorf("use volume %q on this node: %w", pv.Name, err)
		}
	}
	return fromPV(pv, volume)
}

func fromPV(pv *corev1.PersistentVolume, volume *corev1.Volume) (*Volume, error) {
	out := &Volume{}
	if source := volume.PersistentVolumeClaim; source != nil {
		out.ReadOnly = source.ReadOnly
	}
	switch {
	case pv.Spec.HostPath != nil:
		out.Path, out.HostPath = pv.Spec.HostPath.Path, pv.Spec.HostPath
	case pv.Spec.Local != nil:
		out.Path, out.Owned = pv.Spec.Local.Path, true
	default:
		return nil, fmt.Errorf("use volume %q: its type is not supported by this kubelet (hostPath and local are)", pv.Name)
	}
	return out, nil
}
