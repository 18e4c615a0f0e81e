package validation

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

// PodStatusUpdate checks a write of pods/status.
func PodStatusUpdate(pod, old *corev1.Pod) field.ErrorList {
	path, status := statusPath(), &pod.Status
	errs := all(
		podMetaUpdate(pod, old),
		nonNegativeGeneration(path.Child("observedGeneration"), status.ObservedGeneration),
		nominated(path.Child("nominatedNodeName"), pod, old),
		podConditions(path.Child("conditions"), status.Conditions, old.Status.Conditions),
	)
	if old.Status.QOSClass != "" && status.QOSClass != old.Status.QOSClass {
		errs = append(errs, field.Invalid(path.Child("qosClass"), status.QOSClass, immutable))
	}
	return all(errs,
		podIPs(path.Child("podIPs"), status.PodIPs),
		hostIPs(path, status),
		containerStatuses(path, pod, old),
		claimStatuses(path.Child("resourceClaimStatuses"), pod),
		extendedClaim(path.Child("extendedResourceClaimStatus"), pod),
	)
}

func nonNegativeGeneration(path *field.Path, generation int64) field.ErrorList {
	if generation < 0 {
		return one(field.Invalid(path, generation, "must be a non-negative integer"))
	}
	return nil
}

// nominated lets a node be nominated for a pod only as long as it has none.
func nominated(path *field.Path, pod, old *corev1.Pod) field.ErrorList {
	name := pod.Status.NominatedNodeName
	if name == "" {
		return nil
	}
	errs := matches(path, name, isSubdomain(name))
	if pod.Spec.NodeName != "" && name != old.Status.NominatedNodeName {
		errs = append(errs, field.Forbidden(path, "may not be set on pods that are already bound to a node"))
	}
	return errs
}

func podConditions(path *field.Path, list, old []corev1.PodCondition) field.ErrorList {
	var errs field.ErrorList
	for i, c := range list {
		errs = append(errs, nonNegativeGeneration(path.Index(i).Child("observedGeneration"), c.ObservedGeneration)...)
		if !slices.ContainsFunc(old, func(b corev1.PodCondition) bool { return b.Type == c.Type }) {
			errs = append(errs, matches(path.Index(i).Child("Type"), c.Type, utilvalidation.IsQualifiedName(string(c.Type)))...)
		}
	}
	return errs
}

func podIPs(path *field.Path, ips []corev1.PodIP) field.ErrorList {
	var texts []string
	for _, ip := range ips {
		texts = append(texts, ip.IP)
	}
	return oneOfEachFamily(path, texts)
}

func hostIPs(path *field.Path, s *corev1.PodStatus) field.ErrorList {
	at := path.Child("hostIPs")
	var errs field.ErrorList
	var texts []string
	for _, ip := range s.HostIPs {
		texts = append(texts, ip.IP)
	}
	if len(texts) > 0 && texts[0] != s.HostIP {
		errs = append(errs, field.Invalid(at.Index(0).Child("ip"), texts[0], "must be equal to `hostIP`"))
	}
	return append(errs, oneOfEachFamily(at, texts)...)
}

// oneOfEachFamily demands that all are addresses, and no more than one of IPv4 and of IPv6. Of several of which one is none, upstream says that it
// could not tell their families, too.
func oneOfEachFamily(path *field.Path, ips []string) field.ErrorList {
	var errs field.ErrorList
	for i, ip := range ips {
		errs = append(errs, utilvalidation.IsValidIPForLegacyField(path.Index(i), ip, true, nil)...)
	}
	if len(ips) < 2 {
		return errs
	}
	dual, err := netutils.IsDualStackIPStrings(ips)
	if err != nil {
		errs = append(errs, field.InternalError(path, fmt.Errorf("failed to check for dual stack with error:%w", err)))
	}
	if !dual || len(ips) > 2 {
		errs = append(errs, field.Invalid(path, ips, "may specify no more than one IP for each IP family"))
	}
	return errs
}

// claimStatuses demands that the claims that were made are of the pod.
func claimStatuses(path *field.Path, pod *corev1.Pod) field.ErrorList {
	var errs field.ErrorList
	names := seen[string]{}
	for i, s := range pod.Status.ResourceClaimStatuses {
		at := path.Index(i)
		if !slices.ContainsFunc(pod.Spec.ResourceClaims, func(c corev1.PodResourceClaim) bool { return c.Name == s.Name }) {
			errs = append(errs, field.Invalid(at.Child("name"), s.Name, "must match the name of an entry in `spec.resourceClaims`"))
		}
		errs = append(errs, names.add(at.Child("name"), s.Name)...)
		if s.ResourceClaimName != nil {
			errs = append(errs, matches(at.Child("resourceClaimName"), *s.ResourceClaimName, isSubdomain(*s.ResourceClaimName))...)
		}
	}
	return errs
}

// extendedClaim checks the claim that stands for extended resources of a pod (KEP-5004).
func extendedClaim(path *field.Path, pod *corev1.Pod) field.ErrorList {
	s := pod.Status.ExtendedResourceClaimStatus
	if s == nil {
		return nil
	}
	errs := requiredAnd(path.Child("resourceClaimName"), s.ResourceClaimName, isSubdomain)
	if len(s.RequestMappings) == 0 {
		errs = append(errs, field.Required(path.Child("requestMappings"), "at least one request mapping is required"))
	}
	had := seen[corev1.ContainerExtendedResourceRequest]{}
	for i, m := range s.RequestMappings {
		at := path.Child("requestMappings").Index(i)
		if had[m] {
			errs = append(errs, field.Duplicate(at.Child("containerName"), m.ContainerName),
				field.Duplicate(at.Child("resourceName"), m.ResourceName), field.Duplicate(at.Child("requestName"), m.RequestName))
		}
		had[m] = true
		errs = append(errs, matches(path.Child("requestName"), m.RequestName, isLabel(m.RequestName))...)
		c := containerNamed(&pod.Spec, m.ContainerName)
		if c == nil {
			errs = append(errs, field.Invalid(at.Child("containerName"), m.ContainerName, "must match the name of an entry in spec.initContainers.name or spec.containers.name"))
			continue
		}
		if _, ok := c.Resources.Requests[corev1.ResourceName(m.ResourceName)]; !ok {
			errs = append(errs, field.Invalid(at.Child("resourceName"), m.ResourceName,
				"must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests"))
		}
	}
	return errs
}

// containerNamed is the container or init container of that name; nil is none.
func containerNamed(spec *corev1.PodSpec, name string) *corev1.Container {
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		if i := slices.IndexFunc(list, func(c corev1.Container) bool { return c.Name == name }); i >= 0 {
			return &list[i]
		}
	}
	return nil
}

// containerStatuses checks what became of the containers.
func containerStatuses(path *field.Path, pod, old *corev1.Pod) field.ErrorList {
	now, before := &pod.Status, &old.Status
	containers, inits, debuggers := path.Child("containerStatuses"), path.Child("initContainerStatuses"), path.Child("ephemeralContainerStatuses")
	errs := all(
		restarted(containers, now.ContainerStatuses, before.ContainerStatuses, old),
		restarted(inits, now.InitContainerStatuses, before.InitContainerStatuses, old),
		containerUsers(containers, now.ContainerStatuses), containerUsers(inits, now.InitContainerStatuses), containerUsers(debuggers, now.EphemeralContainerStatuses),
		allocated(containers, now.ContainerStatuses, pod.Spec.Containers), allocated(inits, now.InitContainerStatuses, pod.Spec.InitContainers),
	)
	for i := range now.EphemeralContainerStatuses {
		if now.EphemeralContainerStatuses[i].AllocatedResourcesStatus != nil {
			errs = append(errs, field.Forbidden(debuggers.Index(i).Child("allocatedResourcesStatus"), "must not be specified in container status"))
		}
	}
	return errs
}

// restarted refuses that a container that never starts again comes back to life. A sidecar always may.
func restarted(path *field.Path, statuses, old []corev1.ContainerStatus, pod *corev1.Pod) field.ErrorList {
	var errs field.ErrorList
	for _, before := range old {
		ended := before.State.Terminated
		if ended == nil || mayRestart(pod, before.Name, ended.ExitCode) {
			continue
		}
		for i, now := range statuses {
			if now.Name == before.Name && now.State.Terminated == nil {
				errs = append(errs, field.Forbidden(path.Index(i).Child("state"), "may not be transitioned to non-terminated state"))
			}
		}
	}
	return errs
}

// mayRestart says whether a container that ended with the code starts again: as the pod says, unless it has a policy of its own (KEP-5307).
func mayRestart(pod *corev1.Pod, name string, exitCode int32) bool {
	if c := containerNamed(&pod.Spec, name); c != nil && c.RestartPolicy != nil {
		return true
	}
	switch pod.Spec.RestartPolicy {
	case corev1.RestartPolicyAlways:
		return true
	case corev1.RestartPolicyOnFailure:
		return exitCode != 0
	}
	return false
}

func containerUsers(path *field.Path, list []corev1.ContainerStatus) field.ErrorList {
	var errs field.ErrorList
	for i := range list {
		user := list[i].User
		if user == nil || user.Linux == nil {
			continue
		}
		at := path.Index(i).Child("user", "linux")
		errs = all(errs, userID(at.Child("uid"), &user.Linux.UID), groupID(at.Child("gid"), &user.Linux.GID))
		for j := range user.Linux.SupplementalGroups {
			errs = append(errs, groupID(at.Child("supplementalGroups").Index(j), &user.Linux.SupplementalGroups[j])...)
		}
	}
	return errs
}

// allocated checks what is told of the health of devices (KEP-4680). Of a container that is not in the spec, it is not looked at.
func allocated(path *field.Path, list []corev1.ContainerStatus, containers []corev1.Container) field.ErrorList {
	var errs field.ErrorList
	for i := range list {
		c := slices.IndexFunc(containers, func(c corev1.Container) bool { return c.Name == list[i].Name })
		for j := range list[i].AllocatedResourcesStatus {
			at, s := path.Index(i).Child("allocatedResourcesStatus").Index(j), &list[i].AllocatedResourcesStatus[j]
			if c >= 0 {
				errs = append(errs, allocatedName(at.Child("name"), s.Name, &containers[c].Resources)...)
			}
			errs = append(errs, deviceHealth(at.Child("resources"), s.Resources)...)
		}
	}
	return errs
}

// allocatedName demands a resource that the container requests, or one of its claims.
func allocatedName(path *field.Path, name corev1.ResourceName, r *corev1.ResourceRequirements) field.ErrorList {
	claim, isClaim := strings.CutPrefix(string(name), "claim:")
	if !isClaim {
		if _, ok := r.Requests[name]; ok {
			return nil
		}
		return one(field.Invalid(path, name, "must match one of the container's resource requests"))
	}
	known := slices.ContainsFunc(r.Claims, func(c corev1.ResourceClaim) bool {
		return claim == c.Name && c.Request == "" || claim == c.Name+"/"+c.Request
	})
	if known {
		return nil
	}
	return one(field.Invalid(path, name, "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"))
}

func deviceHealth(path *field.Path, list []corev1.ResourceHealth) field.ErrorList {
	var errs field.ErrorList
	ids := seen[corev1.ResourceID]{}
	for i, r := range list {
		if r.Message != nil && *r.Message == "" {
			errs = append(errs, field.Required(path.Index(i).Child("message"), "must not be empty if it is set"))
		}
		errs = all(errs, ids.add(path.Index(i).Child("resourceID"), r.ResourceID),
			strictOneOf(path.Index(i).Child("health"), r.Health, corev1.ResourceHealthStatusHealthy, corev1.ResourceHealthStatusUnhealthy, corev1.ResourceHealthStatusUnknown))
	}
	return errs
}
