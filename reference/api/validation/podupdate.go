package validation

import (
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// PodUpdate checks an update of a pod: nearly all of its spec is fixed.
func PodUpdate(pod, old *corev1.Pod) field.ErrorList {
	path := specPath()
	errs := all(PodPart(pod, old), generated(&pod.ObjectMeta, subdomainName))
	for _, list := range []struct {
		name          string
		count, before int
	}{{"containers", len(pod.Spec.Containers), len(old.Spec.Containers)}, {"initContainers", len(pod.Spec.InitContainers), len(old.Spec.InitContainers)}} {
		if list.count != list.before { // said once: a comparison would only say it again
			return append(errs, field.Forbidden(path.Child(list.name), "pod updates may not add or remove containers"))
		}
	}
	errs = all(errs,
		deadlineUpdate(path.Child("activeDeadlineSeconds"), pod.Spec.ActiveDeadlineSeconds, old.Spec.ActiveDeadlineSeconds),
		addedTolerations(path.Child("tolerations"), pod.Spec.Tolerations, old.Spec.Tolerations),
		removedGates(path.Child("schedulingGates"), pod.Spec.SchedulingGates, old.Spec.SchedulingGates),
		gatedUpdate(path, pod, old),
	)
	if allowed := allowedChanges(pod, old); !same(allowed.Spec, old.Spec) {
		errs = append(errs, field.Forbidden(path, fmt.Sprintf("pod updates may not change fields other than %s\n%v", mutablePodFields, cmp.Diff(old.Spec, allowed.Spec))))
	}
	return errs
}

// PodPart checks a pod of which a subresource writes one part: all of it, before the rules of the part.
func PodPart(pod, old *corev1.Pod) field.ErrorList {
	return all(
		podMetaUpdate(pod, old),
		podSpec(specPath(), &pod.Spec, podOptions{name: pod.Name}),
	)
}

func podMetaUpdate(pod, old *corev1.Pod) field.ErrorList {
	annotations := metadataPath().Child("annotations")
	return all(
		metaUpdate(&pod.ObjectMeta, &old.ObjectMeta),
		podAnnotations(annotations, &pod.ObjectMeta, &pod.Spec),
		mirrorUpdate(annotations.Key(corev1.MirrorPodAnnotationKey), pod, old),
	)
}

// mirrorUpdate keeps the mirror of a static pod what it is.
func mirrorUpdate(path *field.Path, pod, old *corev1.Pod) field.ErrorList {
	now, is := pod.Annotations[corev1.MirrorPodAnnotationKey]
	before, was := old.Annotations[corev1.MirrorPodAnnotationKey]
	switch {
	case was && (!is || now != before):
		return one(field.Forbidden(path, "may not remove or update mirror pod annotation"))
	case is && !was:
		return one(field.Forbidden(path, "may not add mirror pod annotation"))
	}
	return nil
}

const mutablePodFields = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`," +
	"`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

// allowedChanges is pod with everything that may change put back.
func allowedChanges(pod, old *corev1.Pod) *corev1.Pod {
	kept := pod.DeepCopy()
	spec, before := &kept.Spec, &old.Spec
	keepImages(spec.Containers, before.Containers)
	keepImages(spec.InitContainers, before.InitContainers)
	spec.ActiveDeadlineSeconds = before.ActiveDeadlineSeconds
	spec.Tolerations = before.Tolerations
	spec.SchedulingGates = before.SchedulingGates
	if grace, was := spec.TerminationGracePeriodSeconds, before.TerminationGracePeriodSeconds; grace != nil && was != nil && *was < 0 && *grace == 1 {
		spec.TerminationGracePeriodSeconds = was
	}
	if len(before.SchedulingGates) > 0 { // the directives of a gated pod may get stricter
		spec.NodeSelector = before.NodeSelector
		if spec.Affinity != nil || before.Affinity != nil {
			spec.Affinity = keepNodeAffinity(spec.Affinity, before.Affinity)
		}
	}
	return kept
}

func keepImages(containers, old []corev1.Container) {
	if len(containers) != len(old) {
		return
	}
	for i := range containers {
		containers[i].Image = old[i].Image
	}
}

func keepNodeAffinity(now, before *corev1.Affinity) *corev1.Affinity {
	kept := corev1.Affinity{}
	if now != nil {
		kept = *now
	}
	kept.NodeAffinity = nil
	if before != nil {
		kept.NodeAffinity = before.NodeAffinity
	}
	if kept == (corev1.Affinity{}) {
		return nil
	}
	return &kept
}

// deadlineUpdate lets a deadline come nearer only.
func deadlineUpdate(path *field.Path, deadline, old *int64) field.ErrorList {
	switch {
	case old == nil, deadline != nil && *deadline == *old:
		return nil
	case deadline == nil:
		return one(field.Invalid(path, deadline, "must not update from a positive integer to nil value"))
	case *deadline > *old:
		return one(field.Invalid(path, *deadline, "must be less than or equal to previous value"))
	case *deadline < 0:
		return one(field.Invalid(path, *deadline, utilvalidation.InclusiveRangeError(0, maxInt32)))
	}
	return nil
}

// addedTolerations demands that the old tolerations stay; only their time may change.
func addedTolerations(path *field.Path, list, old []corev1.Toleration) field.ErrorList {
	for _, was := range old {
		was.TolerationSeconds = nil
		kept := slices.ContainsFunc(list, func(t corev1.Toleration) bool {
			t.TolerationSeconds = nil
			return t == was
		})
		if !kept {
			return one(field.Forbidden(path, "existing toleration can not be modified except its tolerationSeconds"))
		}
	}
	return nil
}

func removedGates(path *field.Path, gates, old []corev1.PodSchedulingGate) field.ErrorList {
	var errs field.ErrorList
	for i, gate := range gates {
		if !slices.Contains(old, gate) {
			errs = append(errs, field.Forbidden(path.Index(i).Child("name"), "only deletion is allowed, but found new scheduling gate '"+gate.Name+"'"))
		}
	}
	return errs
}

// gatedUpdate lets the node selector and the node affinity of a gated pod get stricter (KEP-3838).
func gatedUpdate(path *field.Path, pod, old *corev1.Pod) field.ErrorList {
	if len(old.Spec.SchedulingGates) == 0 {
		return nil
	}
	var errs field.ErrorList
	for key, value := range old.Spec.NodeSelector {
		if now, ok := pod.Spec.NodeSelector[key]; !ok || now != value {
			errs = append(errs, field.Invalid(path.Child("nodeSelector"), pod.Spec.NodeSelector, "only additions are allowed (no mutations or deletions)"))
			break
		}
	}
	before, now := nodesRequired(&old.Spec), nodesRequired(&pod.Spec)
	at := path.Child("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
	switch {
	case before == nil:
	case now == nil || len(now.NodeSelectorTerms) != len(before.NodeSelectorTerms):
		errs = append(errs, field.Invalid(at, now, "no additions/deletions to non-empty NodeSelectorTerms list are allowed"))
	default:
		for i, term := range before.NodeSelectorTerms {
			if !stricter(now.NodeSelectorTerms[i].MatchExpressions, term.MatchExpressions) || !stricter(now.NodeSelectorTerms[i].MatchFields, term.MatchFields) {
				errs = append(errs, field.Invalid(at.Index(i), now.NodeSelectorTerms[i], "only additions are allowed (no mutations or deletions)"))
			}
		}
	}
	return errs
}

func nodesRequired(spec *corev1.PodSpec) *corev1.NodeSelector {
	if spec.Affinity == nil || spec.Affinity.NodeAffinity == nil {
		return nil
	}
	return spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
}

// stricter says whether list starts with all requirements of old.
func stricter(list, old []corev1.NodeSelectorRequirement) bool {
	return len(list) >= len(old) && same(list[:len(old)], old)
}
