package validation

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Pod checks a new pod.
func Pod(pod *corev1.Pod) field.ErrorList {
	errs := all(
		namespaced(&pod.ObjectMeta, subdomainName),
		podAnnotations(metadataPath().Child("annotations"), &pod.ObjectMeta, &pod.Spec),
		podSpec(specPath(), &pod.Spec, podOptions{hostNetworkPorts: true}),
	)
	if len(pod.Spec.EphemeralContainers) > 0 {
		errs = append(errs, field.Forbidden(specPath().Child("ephemeralContainers"), "cannot be set on create"))
	}
	if len(pod.Spec.SchedulingGates) > 0 && pod.Spec.NodeName != "" {
		errs = append(errs, field.Forbidden(specPath().Child("nodeName"), "cannot be set until all schedulingGates have been cleared"))
	}
	return errs
}

// podTemplateSpec checks the pods that a workload is to make.
func podTemplateSpec(path *field.Path, template *corev1.PodTemplateSpec) field.ErrorList {
	errs := all(
		metav1validation.ValidateLabels(template.Labels, path.Child("labels")),
		podAnnotations(path.Child("annotations"), &template.ObjectMeta, &template.Spec),
		podSpec(path.Child("spec"), &template.Spec, podOptions{}),
	)
	if len(template.Spec.EphemeralContainers) > 0 {
		errs = append(errs, field.Forbidden(path.Child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template"))
	}
	return errs
}

// podOptions tells pods from templates.
type podOptions struct {
	hostNetworkPorts bool // with hostNetwork, host ports must be set: they are defaulted in pods only
}

// podSpec checks a pod spec.
func podSpec(path *field.Path, spec *corev1.PodSpec, opts podOptions) field.ErrorList {
	volumes, errs := podVolumes(path.Child("volumes"), spec)
	claims, more := podResourceClaims(path.Child("resourceClaims"), spec.ResourceClaims)
	scope := &containerScope{spec: spec, volumes: volumes, claims: claims, opts: opts, names: seen[string]{}, hostPorts: seen[hostPort]{}}
	return all(errs, more,
		scope.containers(path.Child("containers"), spec.Containers),
		scope.initContainers(path.Child("initContainers"), spec.InitContainers),
		scope.ephemeralContainers(path.Child("ephemeralContainers"), spec.EphemeralContainers),
		podBasics(path, spec),
		podReferences(path, spec),
		podHostname(path, spec),
		podSecurityContext(path.Child("securityContext"), spec),
		hostUsers(path, spec),
		dns(path, spec),
		podScheduling(path, spec),
		podResources(path.Child("resources"), spec),
	)
}

func podBasics(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	errs := all(
		oneOf(path.Child("restartPolicy"), spec.RestartPolicy, corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever),
		pointerOneOf(path.Child("preemptionPolicy"), spec.PreemptionPolicy, corev1.PreemptLowerPriority, corev1.PreemptNever),
		resourceList(path.Child("overhead"), spec.Overhead),
	)
	if spec.TerminationGracePeriodSeconds == nil {
		errs = append(errs, field.Required(path.Child("terminationGracePeriodSeconds"), ""))
	}
	if deadline := spec.ActiveDeadlineSeconds; deadline != nil && (*deadline < 1 || *deadline > maxInt32) {
		errs = append(errs, field.Invalid(path.Child("activeDeadlineSeconds"), *deadline, utilvalidation.InclusiveRangeError(1, maxInt32)))
	}
	for i, gate := range spec.ReadinessGates {
		errs = append(errs, matches(path.Child("readinessGates").Index(i).Child("conditionType"), gate.ConditionType, utilvalidation.IsQualifiedName(string(gate.ConditionType)))...)
	}
	if spec.OS != nil {
		errs = append(errs, oneOf(path.Child("os", "name"), spec.OS.Name, corev1.Linux, corev1.Windows)...)
	}
	return errs
}

const maxInt32 = 1<<31 - 1

// podReferences checks the names of other objects.
func podReferences(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	errs := all(
		optional(path.Child("serviceAccountName"), spec.ServiceAccountName, isSubdomain),
		optional(path.Child("nodeName"), spec.NodeName, isSubdomain),
		optional(path.Child("priorityClassName"), spec.PriorityClassName, isSubdomain),
		metav1validation.ValidateLabels(spec.NodeSelector, path.Child("nodeSelector")),
	)
	if spec.RuntimeClassName != nil {
		errs = append(errs, matches(path.Child("runtimeClassName"), *spec.RuntimeClassName, isSubdomain(*spec.RuntimeClassName))...)
	}
	return errs
}

func podHostname(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	errs := all(
		optional(path.Child("hostname"), spec.Hostname, isLabel),
		optional(path.Child("subdomain"), spec.Subdomain, isLabel),
	)
	if name := spec.HostnameOverride; name != nil {
		at := path.Child("hostnameOverride")
		errs = append(errs, requiredAnd(at, *name, isSubdomain)...)
		if len(*name) > hostnameLength {
			errs = append(errs, field.TooLong(at, *name, hostnameLength))
		}
		if spec.HostNetwork {
			errs = append(errs, field.Forbidden(at, "must not be set when hostNetwork is true"))
		}
		if spec.SetHostnameAsFQDN != nil && *spec.SetHostnameAsFQDN {
			errs = append(errs, field.Forbidden(at, "must not be set when setHostnameAsFQDN is true"))
		}
	}
	for i, alias := range spec.HostAliases {
		at := path.Child("hostAliases").Index(i)
		errs = append(errs, utilvalidation.IsValidIPForLegacyField(at.Child("ip"), alias.IP, true, nil)...)
		for j, name := range alias.Hostnames {
			errs = append(errs, matches(at.Child("hostnames").Index(j), name, isSubdomain(name))...)
		}
	}
	return errs
}

// hostnameLength is what the kernel allows for a host name.
const hostnameLength = 64

// PodStatusUpdate checks a write of pods/status.
func PodStatusUpdate(pod, old *corev1.Pod) field.ErrorList {
	errs := metaUpdate(&pod.ObjectMeta, &old.ObjectMeta)
	errs = append(errs, podAnnotations(metadataPath().Child("annotations"), &pod.ObjectMeta, &pod.Spec)...)
	path := statusPath()
	if name := pod.Status.NominatedNodeName; name != "" {
		errs = append(errs, matches(path.Child("nominatedNodeName"), name, isSubdomain(name))...)
	}
	if old.Status.QOSClass != "" && pod.Status.QOSClass != old.Status.QOSClass {
		errs = append(errs, field.Invalid(path.Child("qosClass"), pod.Status.QOSClass, immutable))
	}
	known := map[corev1.PodConditionType]bool{}
	for _, c := range old.Status.Conditions {
		known[c.Type] = true
	}
	for i, c := range pod.Status.Conditions {
		if !known[c.Type] {
			errs = append(errs, matches(path.Child("conditions").Index(i).Child("type"), c.Type, utilvalidation.IsQualifiedName(string(c.Type)))...)
		}
	}
	return all(errs,
		podIPs(path.Child("podIPs"), pod.Status.PodIPs),
		restarted(path.Child("containerStatuses"), pod.Status.ContainerStatuses, old.Status.ContainerStatuses, old),
	)
}

func podIPs(path *field.Path, ips []corev1.PodIP) field.ErrorList {
	var errs field.ErrorList
	had := seen[string]{}
	for i, ip := range ips {
		errs = append(errs, utilvalidation.IsValidIPForLegacyField(path.Index(i), ip.IP, true, nil)...)
		errs = append(errs, had.add(path.Index(i), ip.IP)...)
	}
	if len(ips) > 2 {
		errs = append(errs, field.Invalid(path, ips, "may specify no more than one IP for each IP family"))
	}
	return errs
}

// restarted refuses that a container of a pod that never restarts it comes back to life.
func restarted(path *field.Path, statuses, old []corev1.ContainerStatus, pod *corev1.Pod) field.ErrorList {
	if pod.Spec.RestartPolicy == corev1.RestartPolicyAlways {
		return nil
	}
	var errs field.ErrorList
	for _, before := range old {
		ended := before.State.Terminated
		if ended == nil || ended.ExitCode != 0 && pod.Spec.RestartPolicy == corev1.RestartPolicyOnFailure || restartsByRule(pod, before.Name) {
			continue
		}
		for _, now := range statuses {
			if now.Name == before.Name && now.State.Terminated == nil {
				errs = append(errs, field.Forbidden(path.Child("state"), "may not be transitioned to non-terminated state"))
			}
		}
	}
	return errs
}

// restartsByRule says whether a container has a restart policy of its own (KEP-5307).
func restartsByRule(pod *corev1.Pod, name string) bool {
	i := slices.IndexFunc(pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == name })
	return i >= 0 && pod.Spec.Containers[i].RestartPolicy != nil
}

// podAnnotations checks the annotations that mean something for pods.
func podAnnotations(path *field.Path, m *metav1.ObjectMeta, spec *corev1.PodSpec) field.ErrorList {
	_, mirror := m.Annotations[corev1.MirrorPodAnnotationKey]
	if mirror && spec.NodeName == "" {
		return one(field.Invalid(path.Key(corev1.MirrorPodAnnotationKey), "", "must set spec.nodeName if mirror pod annotation is set"))
	}
	return nil
}
