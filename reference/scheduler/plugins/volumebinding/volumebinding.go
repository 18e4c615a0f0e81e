// Package volumebinding places pods where their volumes can be used, and binds
// claims that wait for their first consumer.
package volumebinding

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corev1listers "k8s.io/client-go/listers/core/v1"
	storagev1listers "k8s.io/client-go/listers/storage/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Plugin reads claims and volumes from listers and writes them with Client.
type Plugin struct {
	Client  kubernetes.Interface
	Claims  corev1listers.PersistentVolumeClaimLister
	Volumes corev1listers.PersistentVolumeLister
	Classes storagev1listers.StorageClassLister
	// Changed returns a channel that is closed at the next change of a claim
	// or volume.
	Changed func() <-chan struct{}
}

// Name implements plugin.Plugin.
func (Plugin) Name() string { return "VolumeBinding" }

// reasonUnbound is for claims that are bound whatever the pod.
const reasonUnbound = "pod has unbound immediate PersistentVolumeClaims"

// needs is what a pod wants of volumes.
type needs struct {
	bound   []*corev1.PersistentVolume
	lost    bool                            // a claim is bound to a volume that is not there
	pending []*corev1.PersistentVolumeClaim // wait for their first consumer
}

// Filter accepts nodes from which all bound volumes can be reached, and where
// volumes for the others are to be had.
func (p Plugin) Filter(pod *snapshot.Pod, _ *snapshot.Snapshot) (plugin.Check, error) {
	if !hasClaims(pod) {
		return plugin.Check{}, nil
	}
	n, refused, err := p.needs(pod)
	if err != nil {
		return plugin.Check{}, err
	}
	if refused != "" {
		return plugin.Check{Reject: &plugin.Rejection{Reasons: []string{refused}, Permanent: true}}, nil
	}
	choice, err := p.candidates(n.pending)
	if err != nil {
		return plugin.Check{}, err
	}
	return plugin.Check{Test: func(node *snapshot.Node) *plugin.Rejection {
		var reasons []string
		if n.lost {
			reasons = append(reasons, "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)")
		}
		for _, volume := range n.bound {
			if !reaches(node.Node, volume) {
				reasons = append(reasons, "node(s) didn't match PersistentVolume's node affinity")
				break
			}
		}
		if len(reasons) == 0 && choice.on(node.Node) == nil {
			reasons = append(reasons, "node(s) didn't find available persistent volumes to bind")
		}
		if len(reasons) == 0 {
			return nil
		}
		return &plugin.Rejection{Reasons: reasons, Permanent: true}
	}}, nil
}

// Helps implements plugin.Hint.
func (Plugin) Helps(event plugin.Event, _ *snapshot.Pod) bool {
	switch event.Kind {
	case plugin.NodeAdded, plugin.NodeUpdated, plugin.VolumesChanged:
		return true
	default:
		return false
	}
}

// needs sorts the pod's claims; refused says why no node will do.
func (p Plugin) needs(pod *snapshot.Pod) (n needs, refused string, err error) {
	for i := range pod.Spec.Volumes {
		name, ephemeral := claimName(pod, &pod.Spec.Volumes[i])
		if name == "" {
			continue
		}
		claim, err := p.Claims.PersistentVolumeClaims(pod.Namespace).Get(name)
		switch {
		case apierrors.IsNotFound(err) && ephemeral:
			return n, fmt.Sprintf("waiting for ephemeral volume controller to create the persistentvolumeclaim %q", name), nil
		case apierrors.IsNotFound(err):
			return n, fmt.Sprintf("persistentvolumeclaim %q not found", name), nil
		case err != nil:
			return n, "", fmt.Errorf("get claim %q: %w", name, err)
		case claim.DeletionTimestamp != nil:
			return n, fmt.Sprintf("persistentvolumeclaim %q is being deleted", name), nil
		case claim.Status.Phase == corev1.ClaimLost:
			return n, fmt.Sprintf("persistentvolumeclaim %q bound to non-existent persistentvolume %q", name, claim.Spec.VolumeName), nil
		case ephemeral && !metav1.IsControlledBy(claim, pod.Pod):
			return n, fmt.Sprintf("PVC %q was not created for pod %q (pod is not owner)", pod.Namespace+"/"+name, pod.Key()), nil
		}
		if isBound(claim) {
			if err := n.addBound(p, claim.Spec.VolumeName); err != nil {
				return n, "", err
			}
			continue
		}
		if claim.Spec.VolumeName != "" || !p.waits(claim) {
			return n, reasonUnbound, nil
		}
		n.pending = append(n.pending, claim)
	}
	return n, "", nil
}

// addBound adds the volume of a bound claim.
func (n *needs) addBound(p Plugin, name string) error {
	volume, err := p.Volumes.Get(name)
	switch {
	case apierrors.IsNotFound(err):
		n.lost = true
	case err != nil:
		return fmt.Errorf("get volume %q: %w", name, err)
	default:
		n.bound = append(n.bound, volume)
	}
	return nil
}

// waits says whether the claim's class binds with the first consumer.
func (p Plugin) waits(claim *corev1.PersistentVolumeClaim) bool {
	class, err := p.Classes.Get(className(claim))
	return err == nil && class.VolumeBindingMode != nil && *class.VolumeBindingMode == waitForFirstConsumer
}

func reaches(node *corev1.Node, volume *corev1.PersistentVolume) bool {
	if volume.Spec.NodeAffinity == nil || volume.Spec.NodeAffinity.Required == nil {
		return true
	}
	selector, err := nodeaffinity.NewNodeSelector(volume.Spec.NodeAffinity.Required)
	return err == nil && selector.Match(node)
}

// claimName returns the claim behind a volume, "" when there is none.
func claimName(pod *snapshot.Pod, volume *corev1.Volume) (name string, ephemeral bool) {
	switch {
	case volume.PersistentVolumeClaim != nil:
		return volume.PersistentVolumeClaim.ClaimName, false
	case volume.Ephemeral != nil:
		return pod.Name + "-" + volume.Name, true
	default:
		return "", false
	}
}

func hasClaims(pod *snapshot.Pod) bool {
	for i := range pod.Spec.Volumes {
		if name, _ := claimName(pod, &pod.Spec.Volumes[i]); name != "" {
			return true
		}
	}
	return false
}

// isBound follows the annotation that the volume controller writes when both
// sides agree.
func isBound(claim *corev1.PersistentVolumeClaim) bool {
	_, completed := claim.Annotations[annotationBindCompleted]
	return claim.Spec.VolumeName != "" && (completed || claim.Status.Phase == corev1.ClaimBound)
}

func className(claim *corev1.PersistentVolumeClaim) string {
	if claim.Spec.StorageClassName == nil {
		return ""
	}
	return *claim.Spec.StorageClassName
}
