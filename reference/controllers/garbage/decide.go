package garbage

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// ownerState is what is known about the owner behind a reference.
type ownerState int

const (
	solid       ownerState = iota // exists
	gone                          // does not exist
	waiting                       // is deleted in the foreground and waits for its dependents
	unknown                       // its kind is not served
	unreachable                   // can never be resolved: a namespaced owner of a cluster-wide object
)

type owner struct {
	ref   metav1.OwnerReference
	state ownerState
}

type action int

const (
	nothing action = iota
	retry          // ask again later
	detach         // keep only some of the references
	remove         // delete the object
)

type decision struct {
	action action
	keep   []metav1.OwnerReference    // of detach
	policy metav1.DeletionPropagation // of remove
}

// decide is free of I/O: what happens to an object with these owners. hasDependents says whether it is itself an owner.
func decide(owners []owner, hasDependents bool) decision {
	var keep []metav1.OwnerReference
	anyWaiting, anySolid := false, false
	for _, o := range owners {
		switch o.state {
		case unreachable:
			return decision{action: nothing}
		case unknown:
			return decision{action: retry}
		case solid:
			anySolid = true
			keep = append(keep, o.ref)
		case waiting:
			anyWaiting = true
		case gone:
		}
	}
	switch {
	case len(owners) == 0, anySolid && len(keep) == len(owners):
		return decision{action: nothing}
	case anySolid:
		return decision{action: detach, keep: keep}
	case anyWaiting && hasDependents:
		return decision{action: remove, policy: metav1.DeletePropagationForeground}
	}
	return decision{action: remove, policy: metav1.DeletePropagationBackground}
}

// stateOf is the state of an owner that exists.
func stateOf(obj metav1.Object) ownerState {
	if obj.GetDeletionTimestamp() != nil && slices.Contains(obj.GetFinalizers(), metav1.FinalizerDeleteDependents) {
		return waiting
	}
	return solid
}

// policyOf respects a policy that the object's finalizers ask for.
func policyOf(obj metav1.Object, otherwise metav1.DeletionPropagation) metav1.DeletionPropagation {
	switch finalizers := obj.GetFinalizers(); {
	case slices.Contains(finalizers, metav1.FinalizerOrphanDependents):
		return metav1.DeletePropagationOrphan
	case slices.Contains(finalizers, metav1.FinalizerDeleteDependents):
		return metav1.DeletePropagationForeground
	}
	return otherwise
}

func without(refs []metav1.OwnerReference, uid types.UID) []metav1.OwnerReference {
	return slices.DeleteFunc(slices.Clone(refs), func(r metav1.OwnerReference) bool { return r.UID == uid })
}

// references are a copy that encodes as a list, also when it is empty.
func references(refs []metav1.OwnerReference) []metav1.OwnerReference {
	return append([]metav1.OwnerReference{}, refs...)
}
