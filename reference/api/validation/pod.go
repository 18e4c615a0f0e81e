package validation

import (
	corev1 "k8s.io/api/core/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
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
