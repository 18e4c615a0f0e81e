package volumebinding

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Names that the volume controller, provisioners and the scheduler share.
const (
	waitForFirstConsumer    = storagev1.VolumeBindingWaitForFirstConsumer
	noProvisioner           = "kubernetes.io/no-provisioner"
	annotationBindCompleted = "pv.kubernetes.io/bind-completed"
	annotationBoundByUs     = "pv.kubernetes.io/bound-by-controller"
	annotationSelectedNode  = "volume.kubernetes.io/selected-node"
)

// choice is what pending claims may be bound to.
type choice struct {
	claims  []*corev1.PersistentVolumeClaim
	volumes map[*corev1.PersistentVolumeClaim][]*corev1.PersistentVolume // that fit, smallest first
	classes map[*corev1.PersistentVolumeClaim]*storagev1.StorageClass
}

// decision binds one claim: to a volume, or to whatever the provisioner makes.
type decision struct {
	claim  *corev1.PersistentVolumeClaim
	volume *corev1.PersistentVolume // nil: provision
}

func (p Plugin) candidates(claims []*corev1.PersistentVolumeClaim) (choice, error) {
	c := choice{
		claims:  claims,
		volumes: map[*corev1.PersistentVolumeClaim][]*corev1.PersistentVolume{},
		classes: map[*corev1.PersistentVolumeClaim]*storagev1.StorageClass{},
	}
	if len(claims) == 0 {
		return c, nil
	}
	all, err := p.Volumes.List(labels.Everything())
	if err != nil {
		return c, fmt.Errorf("list volumes: %w", err)
	}
	slices.SortFunc(all, bySize)
	for _, claim := range claims {
		class, err := p.Classes.Get(className(claim))
		if err != nil {
			return c, fmt.Errorf("get storage class of claim %q: %w", claim.Name, err)
		}
		c.classes[claim] = class
		for _, volume := range all {
			if fits(claim, volume) {
				c.volumes[claim] = append(c.volumes[claim], volume)
			}
		}
	}
	return c, nil
}

// on returns how the claims would be bound for a pod on the node; nil when
// they cannot be.
func (c choice) on(node *corev1.Node) []decision {
	decisions := []decision{}
	taken := map[string]bool{}
	for _, claim := range c.claims {
		i := slices.IndexFunc(c.volumes[claim], func(v *corev1.PersistentVolume) bool { return !taken[v.Name] && reaches(node, v) })
		switch {
		case i >= 0:
			volume := c.volumes[claim][i]
			taken[volume.Name] = true
			decisions = append(decisions, decision{claim, volume})
		case provisions(c.classes[claim], node):
			decisions = append(decisions, decision{claim: claim})
		default:
			return nil
		}
	}
	return decisions
}

func provisions(class *storagev1.StorageClass, node *corev1.Node) bool {
	if class.Provisioner == noProvisioner {
		return false
	}
	if len(class.AllowedTopologies) == 0 {
		return true
	}
	for _, term := range class.AllowedTopologies {
		matches := true
		for _, requirement := range term.MatchLabelExpressions {
			matches = matches && slices.Contains(requirement.Values, node.Labels[requirement.Key])
		}
		if matches {
			return true
		}
	}
	return false
}

// fits says whether the claim may be bound to the volume.
func fits(claim *corev1.PersistentVolumeClaim, volume *corev1.PersistentVolume) bool {
	if ref := volume.Spec.ClaimRef; ref != nil {
		return ref.Namespace == claim.Namespace && ref.Name == claim.Name && (ref.UID == "" || ref.UID == claim.UID)
	}
	if volume.DeletionTimestamp != nil || volume.Status.Phase != corev1.VolumeAvailable ||
		volume.Spec.StorageClassName != className(claim) || mode(volume.Spec.VolumeMode) != mode(claim.Spec.VolumeMode) {
		return false
	}
	if want := claim.Spec.VolumeAttributesClassName; deref(want) != deref(volume.Spec.VolumeAttributesClassName) {
		return false
	}
	for _, m := range claim.Spec.AccessModes {
		if !slices.Contains(volume.Spec.AccessModes, m) {
			return false
		}
	}
	have, want := volume.Spec.Capacity[corev1.ResourceStorage], claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if have.Cmp(want) < 0 {
		return false
	}
	selector, err := metav1.LabelSelectorAsSelector(claim.Spec.Selector)
	if claim.Spec.Selector == nil {
		return true
	}
	return err == nil && selector.Matches(labels.Set(volume.Labels))
}

func mode(m *corev1.PersistentVolumeMode) corev1.PersistentVolumeMode {
	if m == nil {
		return corev1.PersistentVolumeFilesystem
	}
	return *m
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func bySize(a, b *corev1.PersistentVolume) int {
	x, y := a.Spec.Capacity[corev1.ResourceStorage], b.Spec.Capacity[corev1.ResourceStorage]
	if c := x.Cmp(y); c != 0 {
		return c
	}
	return cmp.Compare(a.Name, b.Name)
}
