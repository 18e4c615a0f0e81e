package validation

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	resourcehelper "k8s.io/component-helpers/resource"
)

// resources checks what a container requests and may use.
func resources(path *field.Path, r *corev1.ResourceRequirements, claims map[string]bool) field.ErrorList {
	limits, requests := path.Child("limits"), path.Child("requests")
	var errs field.ErrorList
	for name, limit := range r.Limits {
		errs = append(errs, containerResource(limits, name, limit)...)
	}
	for name, request := range r.Requests {
		errs = append(errs, containerResource(requests, name, request)...)
		errs = append(errs, requestAndLimit(path, name, request, r.Limits)...)
	}
	hugePages, other := false, false
	for _, list := range []corev1.ResourceList{r.Limits, r.Requests} {
		for name := range list {
			hugePages = hugePages || isHugePages(name)
			other = other || name == corev1.ResourceCPU || name == corev1.ResourceMemory
		}
	}
	if hugePages && !other {
		errs = append(errs, field.Forbidden(path, "HugePages require cpu or memory"))
	}
	names := seen[string]{}
	for i, claim := range r.Claims {
		at := path.Child("claims").Index(i)
		if claim.Name == "" {
			errs = append(errs, field.Required(at, ""))
			continue
		}
		if !claims[claim.Name] {
			errs = append(errs, field.NotFound(at, claim.Name))
		}
		errs = append(errs, optional(at.Child("request"), claim.Request, isLabel)...)
		errs = append(errs, claimedTwice(at, claim, names)...)
	}
	return errs
}

// claimedTwice refuses to claim a device twice: a claim without a request is one of all its devices.
func claimedTwice(path *field.Path, claim corev1.ResourceClaim, had seen[string]) field.ErrorList {
	all, part := claim.Name, claim.Name+"/"+claim.Request
	switch {
	case had[all]:
		return one(field.Duplicate(path, all))
	case claim.Request != "":
		had[all+"/"] = true
		return had.add(path, part)
	case had[all+"/"]:
		had[all] = true
		return one(field.Duplicate(path, all))
	}
	return had.add(path, all)
}

func containerResource(path *field.Path, name corev1.ResourceName, q resource.Quantity) field.ErrorList {
	at := path.Key(string(name))
	return all(containerResourceName(at, name), quantity(at, name, q), wholePages(at, name, q))
}

// wholePages demands that an amount of huge pages is some of them.
func wholePages(path *field.Path, name corev1.ResourceName, q resource.Quantity) field.ErrorList {
	if !isHugePages(name) {
		return nil
	}
	size, err := resource.ParseQuantity(strings.TrimPrefix(string(name), corev1.ResourceHugePagesPrefix))
	if err != nil {
		return one(field.Invalid(path, q.String(), err.Error()))
	}
	if size.Sign() <= 0 || q.Value()%size.Value() != 0 {
		return one(field.Invalid(path, q.String(), fmt.Sprintf("%s is not positive integer multiple of %s", q.String(), name)))
	}
	return nil
}

// containerResourceName allows the resources that a node has, and extended ones, which have a domain.
func containerResourceName(path *field.Path, name corev1.ResourceName) field.ErrorList {
	if messages := utilvalidation.IsQualifiedName(string(name)); len(messages) > 0 {
		return matches(path, name, messages)
	}
	switch {
	case strings.Contains(string(name), "/"):
		if !isNative(name) && strings.HasPrefix(string(name), corev1.DefaultResourceRequestsPrefix) {
			return one(field.Invalid(path, name, "doesn't follow extended resource name standard"))
		}
		return nil
	case isHugePages(name), name == corev1.ResourceCPU, name == corev1.ResourceMemory, name == corev1.ResourceEphemeralStorage:
		return nil
	default:
		return one(field.Invalid(path, name, "must be a standard resource for containers"))
	}
}

func requestAndLimit(path *field.Path, name corev1.ResourceName, request resource.Quantity, limits corev1.ResourceList) field.ErrorList {
	limit, limited := limits[name]
	requests := path.Child("requests")
	exact := isHugePages(name) || !isNative(name) // can not be overcommitted
	switch {
	case limited && exact && request.Cmp(limit) != 0:
		return one(field.Invalid(requests, request.String(), fmt.Sprintf("must be equal to %s limit of %s", name, limit.String())))
	case limited && request.Cmp(limit) > 0:
		return one(field.Invalid(requests, request.String(), fmt.Sprintf("must be less than or equal to %s limit of %s", name, limit.String())))
	case !limited && exact:
		return one(field.Required(path.Child("limits"), "Limit must be set for non overcommitable resources"))
	}
	return nil
}

// quantity demands an amount that is not negative, and whole for what is counted in pieces.
func quantity(path *field.Path, name corev1.ResourceName, q resource.Quantity) field.ErrorList {
	if q.Sign() < 0 {
		return one(field.Invalid(path, q.String(), notNegative))
	}
	if q.MilliValue()%1000 != 0 && isWhole(name) {
		return one(field.Invalid(path, q.String(), "must be an integer"))
	}
	return nil
}

// isWhole says whether a resource comes in pieces only.
func isWhole(name corev1.ResourceName) bool {
	switch name {
	case corev1.ResourcePods, corev1.ResourceQuotas, corev1.ResourceServices, corev1.ResourceReplicationControllers,
		corev1.ResourceSecrets, corev1.ResourceConfigMaps, corev1.ResourcePersistentVolumeClaims,
		corev1.ResourceServicesNodePorts, corev1.ResourceServicesLoadBalancers:
		return true
	}
	return !isNative(name) && !strings.HasPrefix(string(name), "requests.")
}

// isNative says whether a resource is Kubernetes' own, so not an extended one.
func isNative(name corev1.ResourceName) bool {
	domain, _, qualified := strings.Cut(string(name), "/")
	return !qualified || domain == "kubernetes.io" || strings.HasSuffix(domain, ".kubernetes.io")
}

func isHugePages(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// resourceList checks names and amounts.
func resourceList(path *field.Path, list corev1.ResourceList) field.ErrorList {
	var errs field.ErrorList
	for name, q := range list {
		at := path.Key(string(name))
		errs = append(errs, matches(at, name, utilvalidation.IsQualifiedName(string(name)))...)
		errs = append(errs, quantity(at, name, q)...)
	}
	return errs
}

// podResources checks the resources of the whole pod (KEP-2837).
func podResources(path *field.Path, spec *corev1.PodSpec, claims map[string]bool) field.ErrorList {
	if spec.Resources == nil {
		return nil
	}
	var errs field.ErrorList
	if spec.Resources.Claims != nil {
		errs = append(errs, field.Forbidden(path.Child("claims"), "claims may not be set for Resources at pod-level"))
	}
	for name := range spec.Resources.Limits {
		errs = append(errs, podResourceName(path.Child("limits").Key(string(name)), name)...)
	}
	for name := range spec.Resources.Requests {
		errs = append(errs, podResourceName(path.Child("requests").Key(string(name)), name)...)
	}
	errs = append(errs, resources(path, spec.Resources, claims)...)
	errs = append(errs, containerLimits(path, spec)...)

	sum := resourcehelper.AggregateContainerRequests(&corev1.Pod{Spec: *spec}, resourcehelper.PodResourcesOptions{})
	for name, request := range spec.Resources.Requests {
		if total, ok := sum[name]; ok && total.Cmp(request) > 0 {
			errs = append(errs, field.Invalid(path.Child("requests").Key(string(name)), request.String(),
				fmt.Sprintf("must be greater than or equal to aggregate container requests of %s", total.String())))
		}
	}
	return errs
}

// containerLimits refuses that one container may use more than all of them together.
func containerLimits(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	for i, c := range spec.Containers {
		for name, limit := range c.Resources.Limits {
			if all, ok := spec.Resources.Limits[name]; ok && limit.Cmp(all) > 0 {
				errs = append(errs, field.Invalid(path.Child("containers").Index(i).Key(string(name)).Child("limits"), limit.String(),
					fmt.Sprintf("must be less than or equal to pod limits of %s", all.String())))
			}
		}
	}
	return errs
}

func podResourceName(path *field.Path, name corev1.ResourceName) field.ErrorList {
	if resourcehelper.IsSupportedPodLevelResource(name) || len(containerResourceName(path, name)) > 0 { // which is said already
		return nil
	}
	return one(field.NotSupported(path, name, []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceHugePagesPrefix + "*"}))
}

// resizePolicy checks what happens to a container when its resources change.
func resizePolicy(path *field.Path, c *corev1.Container, spec *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	names := seen[corev1.ResourceName]{}
	for i, p := range c.ResizePolicy {
		errs = append(errs, names.add(path.Index(i), p.ResourceName)...)
		errs = append(errs, oneOf(path, p.ResourceName, corev1.ResourceCPU, corev1.ResourceMemory)...)
		errs = append(errs, oneOf(path, p.RestartPolicy, corev1.NotRequired, corev1.RestartContainer)...)
		if spec.RestartPolicy == corev1.RestartPolicyNever && p.RestartPolicy != corev1.NotRequired {
			errs = append(errs, field.Invalid(path, p.RestartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"))
		}
	}
	return errs
}

// podResourceClaims checks the devices that a pod asks for, and returns their names.
func podResourceClaims(path *field.Path, claims []corev1.PodResourceClaim) (map[string]bool, field.ErrorList) {
	var errs field.ErrorList
	names := seen[string]{}
	for i, c := range claims {
		at := path.Index(i)
		errs = append(errs, requiredAnd(at.Child("name"), c.Name, isLabel)...)
		errs = append(errs, names.add(at.Child("name"), c.Name)...)
		switch {
		case c.ResourceClaimName != nil && c.ResourceClaimTemplateName != nil:
			errs = append(errs, field.Invalid(at, c, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"))
		case c.ResourceClaimName != nil:
			errs = append(errs, matches(at.Child("resourceClaimName"), *c.ResourceClaimName, isSubdomain(*c.ResourceClaimName))...)
		case c.ResourceClaimTemplateName != nil:
			errs = append(errs, matches(at.Child("resourceClaimTemplateName"), *c.ResourceClaimTemplateName, isSubdomain(*c.ResourceClaimTemplateName))...)
		default:
			errs = append(errs, field.Invalid(at, c, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"))
		}
	}
	return names, errs
}
