package statefulset

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller"
)

// ensureClaims creates the claims that a new pod needs. They are not ready while one of that name is being deleted.
func (r *reconciler) ensureClaims(ctx context.Context, key controller.Key, set *appsv1.StatefulSet, pod *corev1.Pod, ordinal int) (ready bool, err error) {
	for i := range set.Spec.VolumeClaimTemplates {
		c := newClaim(set, &set.Spec.VolumeClaimTemplates[i], ordinal)
		old, err := r.claims.PersistentVolumeClaims(key.Namespace).Get(c.Name)
		if err == nil {
			if old.DeletionTimestamp != nil {
				r.events.Eventf(set, corev1.EventTypeWarning, "FailedCreate", "create Pod %s in StatefulSet %s waits: claim %s is being deleted", pod.Name, set.Name, c.Name)
				return false, fmt.Errorf("create pod %q: claim %q is being deleted", pod.Name, c.Name)
			}
			continue
		}
		if !apierrors.IsNotFound(err) {
			return false, err
		}
		if retention(set).WhenDeleted == appsv1.DeletePersistentVolumeClaimRetentionPolicyType {
			c.OwnerReferences = []metav1.OwnerReference{setOwner(set)}
		}
		created, err := r.client.CoreV1().PersistentVolumeClaims(key.Namespace).Create(ctx, c, metav1.CreateOptions{})
		switch {
		case apierrors.IsAlreadyExists(err):
		case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
			return false, nil
		case err != nil:
			r.events.Eventf(set, corev1.EventTypeWarning, "FailedCreate", "create Claim %s for Pod %s in StatefulSet %s failed error: %v", c.Name, pod.Name, set.Name, err)
			return false, fmt.Errorf("create claim %q: %w", c.Name, err)
		default:
			r.writes.Saved(key, r.claimInformer, created)
			r.events.Eventf(set, corev1.EventTypeNormal, "SuccessfulCreate", "create Claim %s Pod %s in StatefulSet %s success", c.Name, pod.Name, set.Name)
		}
	}
	return true, nil
}

// ownClaims gives the claims of the pods to the set or to the pod, as the retention policy says, so
// that the garbage collector deletes them in time, or takes them back.
func (r *reconciler) ownClaims(ctx context.Context, key controller.Key, v *view) error {
	for _, pod := range append(slices.Clone(v.condemned), v.slots...) {
		if pod == nil {
			continue
		}
		ordinal, _ := ordinalOf(v.set, pod.Name)
		for i := range v.set.Spec.VolumeClaimTemplates {
			c, err := r.claims.PersistentVolumeClaims(key.Namespace).Get(claimName(v.set, v.set.Spec.VolumeClaimTemplates[i].Name, ordinal))
			if apierrors.IsNotFound(err) {
				continue
			}
			if err != nil {
				return err
			}
			refs := owners(v.set, pod, c.OwnerReferences, slices.Contains(v.condemned, pod))
			if equality.Semantic.DeepEqual(refs, c.OwnerReferences) {
				continue
			}
			next := c.DeepCopy()
			next.OwnerReferences = refs
			saved, err := r.client.CoreV1().PersistentVolumeClaims(key.Namespace).Update(ctx, next, metav1.UpdateOptions{})
			if apierrors.IsNotFound(err) {
				continue
			}
			if err != nil {
				return fmt.Errorf("set owner of claim %q: %w", c.Name, err)
			}
			r.writes.Saved(key, r.claimInformer, saved)
		}
	}
	return nil
}

// owners are the owner references that a claim should have; foreign ones stay.
func owners(set *appsv1.StatefulSet, pod *corev1.Pod, old []metav1.OwnerReference, condemned bool) []metav1.OwnerReference {
	policy := retention(set)
	const remove = appsv1.DeletePersistentVolumeClaimRetentionPolicyType
	byPod := condemned && policy.WhenScaled == remove
	bySet := !byPod && policy.WhenDeleted == remove
	refs := slices.DeleteFunc(slices.Clone(old), func(r metav1.OwnerReference) bool {
		return r.UID == set.UID && !bySet || r.Kind == "Pod" && r.Name == pod.Name && (!byPod || r.UID != pod.UID)
	})
	has := func(o metav1.Object) bool {
		return slices.ContainsFunc(refs, func(r metav1.OwnerReference) bool { return r.UID == o.GetUID() })
	}
	if bySet && !has(set) {
		refs = append(refs, setOwner(set))
	}
	if byPod && !has(pod) {
		refs = append(refs, metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID})
	}
	return refs
}

func setOwner(set *appsv1.StatefulSet) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind, Name: set.Name, UID: set.UID}
}

func retention(set *appsv1.StatefulSet) appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy {
	if set.Spec.PersistentVolumeClaimRetentionPolicy == nil {
		return appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{}
	}
	return *set.Spec.PersistentVolumeClaimRetentionPolicy
}
