package validation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// podAnnotations checks the annotations that mean something for pods.
func podAnnotations(path *field.Path, m *metav1.ObjectMeta, spec *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	if _, mirror := m.Annotations[corev1.MirrorPodAnnotationKey]; mirror && spec.NodeName == "" {
		errs = append(errs, field.Invalid(path.Key(corev1.MirrorPodAnnotationKey), "", "must set spec.nodeName if mirror pod annotation is set"))
	}
	if text, ok := m.Annotations[corev1.TolerationsAnnotationKey]; ok {
		var list []corev1.Toleration
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			errs = append(errs, field.Invalid(path, corev1.TolerationsAnnotationKey, err.Error()))
		} else {
			errs = append(errs, tolerations(path.Child(corev1.TolerationsAnnotationKey), list)...)
		}
	}
	if cost, ok := m.Annotations[corev1.PodDeletionCost]; ok {
		n, err := strconv.ParseInt(cost, 10, 32)
		if err != nil || strconv.FormatInt(n, 10) != cost {
			errs = append(errs, field.Invalid(path.Key(corev1.PodDeletionCost), cost, "must be a 32bit integer"))
		}
	}
	return append(errs, appArmorAnnotations(path, m, spec)...)
}

// appArmorAnnotations checks the profiles that annotations still may name.
func appArmorAnnotations(path *field.Path, m *metav1.ObjectMeta, spec *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	for key, profile := range m.Annotations {
		name, ok := strings.CutPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)
		if !ok {
			continue
		}
		if !hasContainer(spec, name) {
			errs = append(errs, field.Invalid(path.Key(key), name, "container not found"))
		}
		known := profile == "" || profile == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault || profile == corev1.DeprecatedAppArmorBetaProfileNameUnconfined
		if !known && !strings.HasPrefix(profile, corev1.DeprecatedAppArmorBetaProfileNamePrefix) {
			errs = append(errs, field.Invalid(path.Key(key), profile, fmt.Sprintf("invalid AppArmor profile name: %q", profile)))
		}
	}
	return errs
}

func hasContainer(spec *corev1.PodSpec, name string) bool {
	named := func(c corev1.Container) bool { return c.Name == name }
	return slices.ContainsFunc(spec.Containers, named) || slices.ContainsFunc(spec.InitContainers, named) ||
		slices.ContainsFunc(spec.EphemeralContainers, func(c corev1.EphemeralContainer) bool { return c.Name == name })
}

// appArmorAgrees checks that the profile of a container is the one of its annotation, if it has both.
func appArmorAgrees(path *field.Path, m *metav1.ObjectMeta, spec *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	check := func(list string, containers []corev1.Container) {
		for i, c := range containers {
			annotation, ok := m.Annotations[corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name]
			if !ok || c.SecurityContext == nil || c.SecurityContext.AppArmorProfile == nil {
				continue
			}
			at, profile := path.Child(list).Index(i).Child("securityContext", "appArmorProfile"), c.SecurityContext.AppArmorProfile
			kind, local := appArmorOf(annotation)
			switch {
			case kind != profile.Type:
				errs = append(errs, field.Forbidden(at.Child("type"), "apparmor type in annotation and field must match"))
			case profile.LocalhostProfile != nil && *profile.LocalhostProfile != local:
				errs = append(errs, field.Forbidden(at.Child("localhostProfile"), "apparmor profile in annotation and field must match"))
			}
		}
	}
	check("initContainers", spec.InitContainers)
	check("containers", spec.Containers)
	return errs
}

// appArmorOf reads a profile in the form of the old annotations: runtime/default, unconfined or localhost/name.
func appArmorOf(annotation string) (kind corev1.AppArmorProfileType, local string) {
	switch annotation {
	case corev1.DeprecatedAppArmorBetaProfileRuntimeDefault:
		return corev1.AppArmorProfileTypeRuntimeDefault, ""
	case corev1.DeprecatedAppArmorBetaProfileNameUnconfined:
		return corev1.AppArmorProfileTypeUnconfined, ""
	}
	if local, ok := strings.CutPrefix(annotation, corev1.DeprecatedAppArmorBetaProfileNamePrefix); ok && local != "" {
		return corev1.AppArmorProfileTypeLocalhost, local
	}
	return "", ""
}
