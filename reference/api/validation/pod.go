package validation

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

// Pod checks a new pod.
func Pod(pod *corev1.Pod) field.ErrorList {
	errs := all(
		namespaced(&pod.ObjectMeta, subdomainName),
		podAnnotations(metadataPath().Child("annotations"), &pod.ObjectMeta, &pod.Spec),
		podSpec(specPath(), &pod.Spec, podOptions{name: pod.Name}),
		appArmorAgrees(specPath(), &pod.ObjectMeta, &pod.Spec),
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
	name string // of the pod; empty for a template
}

func (o podOptions) isPod() bool { return o.name != "" }

// podSpec checks a pod spec.
func podSpec(path *field.Path, spec *corev1.PodSpec, opts podOptions) field.ErrorList {
	volumes, errs := podVolumes(path.Child("volumes"), spec, opts.name)
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
		osFields(path, spec),
		hostProcess(path, spec),
		hostUsers(path, spec),
		dns(path, spec),
		podScheduling(path, spec),
		podResources(path.Child("resources"), spec, claims),
	)
}

func podBasics(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	errs := all(
		oneOf(path.Child("restartPolicy"), spec.RestartPolicy, corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever),
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
	if policy := spec.PreemptionPolicy; policy != nil {
		errs = append(errs, oneOf(path.Child("preemptionPolicy"), *policy, corev1.PreemptLowerPriority, corev1.PreemptNever)...)
	}
	if spec.OS != nil {
		errs = append(errs, required(path.Child("os", "name"), spec.OS.Name)...)
		errs = append(errs, optionalOneOf(path.Child("os"), spec.OS.Name, corev1.Linux, corev1.Windows)...)
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
		errs = append(errs, matches(at, *name, isSubdomain(*name))...)
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
	errs = append(errs, atLeastZero(path.Child("observedGeneration"), &pod.Status.ObservedGeneration)...)
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
			errs = append(errs, matches(path.Child("conditions").Index(i).Child("Type"), c.Type, utilvalidation.IsQualifiedName(string(c.Type)))...)
		}
	}
	return all(errs,
		podIPs(path.Child("podIPs"), pod.Status.PodIPs),
		hostIPs(path, &pod.Status),
		restarted(path.Child("containerStatuses"), pod.Status.ContainerStatuses, old.Status.ContainerStatuses, old),
	)
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

// oneOfEachFamily demands that all are addresses, and no more than one of IPv4 and of IPv6.
func oneOfEachFamily(path *field.Path, ips []string) field.ErrorList {
	var errs field.ErrorList
	families := map[bool]int{}
	for i, ip := range ips {
		errs = append(errs, utilvalidation.IsValidIPForLegacyField(path.Index(i), ip, true, nil)...)
		families[netutils.IsIPv6String(ip)]++
	}
	if len(errs) == 0 && (families[true] > 1 || families[false] > 1) {
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
