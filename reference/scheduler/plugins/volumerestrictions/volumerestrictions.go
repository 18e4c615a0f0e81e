// Package volumerestrictions keeps a claim that only one pod may use to one pod.
package volumerestrictions

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	corev1listers "k8s.io/client-go/listers/core/v1"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Plugin looks at claims with the access mode ReadWriteOncePod (KEP-2485).
type Plugin struct {
	Claims corev1listers.PersistentVolumeClaimLister
}

// Name implements plugin.Plugin.
func (Plugin) Name() string { return "VolumeRestrictions" }

// Filter refuses the node where another pod uses the claim; nowhere else can
// it be used either, since the other pod may only be preempted there.
func (p Plugin) Filter(pod *snapshot.Pod, cluster *snapshot.Snapshot) (plugin.Check, error) {
	exclusive, err := p.exclusive(pod)
	if err != nil || len(exclusive) == 0 {
		return plugin.Check{}, err
	}
	var users []string // nodes
	for _, node := range cluster.Nodes() {
		if slices.ContainsFunc(node.Pods, func(other *snapshot.Pod) bool { return uses(other, pod.Namespace, exclusive) }) {
			users = append(users, node.Name)
		}
	}
	if len(users) == 0 {
		return plugin.Check{}, nil
	}
	const reason = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
	return plugin.Check{Test: func(node *snapshot.Node) *plugin.Rejection {
		return &plugin.Rejection{Reasons: []string{reason}, Permanent: !slices.Contains(users, node.Name)}
	}}, nil
}

// Helps implements plugin.Hint.
func (Plugin) Helps(event plugin.Event, pod *snapshot.Pod) bool {
	switch event.Kind {
	case plugin.VolumesChanged:
		return true
	case plugin.PodRemoved:
		return event.Pod.Namespace == pod.Namespace
	default:
		return false
	}
}

// exclusive returns the names of the pod's claims that allow one pod only.
func (p Plugin) exclusive(pod *snapshot.Pod) ([]string, error) {
	var names []string
	for i := range pod.Spec.Volumes {
		source := pod.Spec.Volumes[i].PersistentVolumeClaim
		if source == nil {
			continue
		}
		claim, err := p.Claims.PersistentVolumeClaims(pod.Namespace).Get(source.ClaimName)
		switch {
		case apierrors.IsNotFound(err): // VolumeBinding says so
		case err != nil:
			return nil, err
		case slices.Contains(claim.Spec.AccessModes, corev1.ReadWriteOncePod):
			names = append(names, claim.Name)
		}
	}
	return names, nil
}

func uses(pod *snapshot.Pod, namespace string, claims []string) bool {
	if pod.Namespace != namespace {
		return false
	}
	for i := range pod.Spec.Volumes {
		if source := pod.Spec.Volumes[i].PersistentVolumeClaim; source != nil && slices.Contains(claims, source.ClaimName) {
			return true
		}
	}
	return false
}
