package quota

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/admission"
	helpers "k8s.io/component-helpers/resource"
)

const (
	requestsPrefix = "requests."
	limitsPrefix   = "limits."
	countPods      = corev1.ResourceName("count/pods")
)

// pods use themselves, and what their containers request and are limited to.
type pods struct{}

func (pods) resource() string { return "pods" }

func (pods) handles(a admission.Attributes) bool {
	switch a.GetSubresource() {
	case "":
		return a.GetOperation() == admission.Create
	case "resize":
		return a.GetOperation() == admission.Update
	}
	return false
}

// isComputed: resources that count with and without "requests.".
func isComputed(name string) bool {
	switch corev1.ResourceName(name) {
	case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return true
	}
	return strings.HasPrefix(name, corev1.ResourceHugePagesPrefix)
}

func (pods) counts(name corev1.ResourceName) bool {
	n := string(name)
	if name == corev1.ResourcePods || name == countPods || isComputed(n) {
		return true
	}
	if rest, ok := strings.CutPrefix(n, requestsPrefix); ok {
		return isComputed(rest) || isExtended(rest)
	}
	rest, ok := strings.CutPrefix(n, limitsPrefix)
	return ok && isComputed(rest) && !strings.HasPrefix(rest, corev1.ResourceHugePagesPrefix)
}

// isExtended: a resource with a domain that is not Kubernetes' own.
func isExtended(name string) bool {
	domain, _, ok := strings.Cut(name, "/")
	return ok && domain != "kubernetes.io" && !strings.HasSuffix(domain, ".kubernetes.io")
}

func (pods) uses(o runtime.Object) (corev1.ResourceList, error) {
	pod, err := as[*corev1.Pod](o)
	if err != nil {
		return nil, err
	}
	used := corev1.ResourceList{countPods: *resource.NewQuantity(1, resource.DecimalSI)}
	if finished(pod) { // its object counts, its resources are free
		return used, nil
	}
	used[corev1.ResourcePods] = *resource.NewQuantity(1, resource.DecimalSI)
	for name, q := range helpers.PodRequests(pod, helpers.PodResourcesOptions{}) {
		switch {
		case isComputed(string(name)):
			used[name], used[requestsPrefix+name] = q, q
		case isExtended(string(name)):
			used[requestsPrefix+name] = q
		}
	}
	for name, q := range helpers.PodLimits(pod, helpers.PodResourcesOptions{}) {
		if isComputed(string(name)) && !strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix) {
			used[limitsPrefix+name] = q
		}
	}
	return used, nil
}

func finished(pod *corev1.Pod) bool {
	if pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded {
		return true
	}
	// A pod that outlives its grace period is stuck and frees its share.
	return pod.DeletionTimestamp != nil && pod.DeletionGracePeriodSeconds != nil && metav1.Now().After(pod.DeletionTimestamp.Time)
}

func (pods) inScope(s corev1.ScopedResourceSelectorRequirement, o runtime.Object) (bool, error) {
	pod, err := as[*corev1.Pod](o)
	if err != nil {
		return false, err
	}
	switch s.ScopeName {
	case corev1.ResourceQuotaScopeTerminating:
		return pod.Spec.ActiveDeadlineSeconds != nil, nil
	case corev1.ResourceQuotaScopeNotTerminating:
		return pod.Spec.ActiveDeadlineSeconds == nil, nil
	case corev1.ResourceQuotaScopeBestEffort:
		return bestEffort(pod), nil
	case corev1.ResourceQuotaScopeNotBestEffort:
		return !bestEffort(pod), nil
	case corev1.ResourceQuotaScopePriorityClass:
		return selects(s, pod.Spec.PriorityClassName)
	case corev1.ResourceQuotaScopeCrossNamespacePodAffinity:
		return crossesNamespaces(pod), nil
	}
	return false, nil
}

// selects applies the operator of a scope to a value; "" is no value.
func selects(s corev1.ScopedResourceSelectorRequirement, value string) (bool, error) {
	switch s.Operator {
	case corev1.ScopeSelectorOpExists:
		return value != "", nil
	case corev1.ScopeSelectorOpDoesNotExist:
		return value == "", nil
	case corev1.ScopeSelectorOpIn:
		return slices.Contains(s.Values, value), nil
	case corev1.ScopeSelectorOpNotIn:
		return !slices.Contains(s.Values, value), nil
	}
	return false, fmt.Errorf("read scope %q: unknown operator %q", s.ScopeName, s.Operator)
}

func bestEffort(pod *corev1.Pod) bool {
	if pod.Status.QOSClass != "" {
		return pod.Status.QOSClass == corev1.PodQOSBestEffort
	}
	set := func(l corev1.ResourceList) bool { return !l.Cpu().IsZero() || !l.Memory().IsZero() }
	if r := pod.Spec.Resources; r != nil && (set(r.Requests) || set(r.Limits)) {
		return false
	}
	return !slices.ContainsFunc(slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers), func(c corev1.Container) bool {
		return set(c.Resources.Requests) || set(c.Resources.Limits)
	})
}

func crossesNamespaces(pod *corev1.Pod) bool {
	a := pod.Spec.Affinity
	if a == nil {
		return false
	}
	var terms []corev1.PodAffinityTerm
	add := func(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) {
		terms = append(terms, required...)
		for _, p := range preferred {
			terms = append(terms, p.PodAffinityTerm)
		}
	}
	if a.PodAffinity != nil {
		add(a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if a.PodAntiAffinity != nil {
		add(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	return slices.ContainsFunc(terms, func(t corev1.PodAffinityTerm) bool { return len(t.Namespaces) > 0 || t.NamespaceSelector != nil })
}

// complete: where a quota counts a computed resource, each container must say
// how much of it it wants.
func (pods) complete(required []corev1.ResourceName, o runtime.Object) error {
	pod, err := as[*corev1.Pod](o)
	if err != nil {
		return err
	}
	missing := map[corev1.ResourceName]sets.Set[string]{}
	for _, name := range required {
		if !mustSay(name) || podSays(pod, name) {
			continue
		}
		for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
			if !says(c.Resources, name) {
				if missing[name] == nil {
					missing[name] = sets.New[string]()
				}
				missing[name].Insert(c.Name)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var parts []string
	for name, containers := range missing {
		parts = append(parts, fmt.Sprintf("%s for: %s", name, strings.Join(sets.List(containers), ",")))
	}
	slices.Sort(parts)
	return fmt.Errorf("must specify %s", strings.Join(parts, "; "))
}

func mustSay(name corev1.ResourceName) bool {
	switch strings.TrimPrefix(strings.TrimPrefix(string(name), requestsPrefix), limitsPrefix) {
	case string(corev1.ResourceCPU), string(corev1.ResourceMemory):
		return true
	}
	return false
}

func podSays(pod *corev1.Pod, name corev1.ResourceName) bool {
	r := pod.Spec.Resources
	return r != nil && says(*r, name)
}

func says(r corev1.ResourceRequirements, name corev1.ResourceName) bool {
	if rest, ok := strings.CutPrefix(string(name), limitsPrefix); ok {
		_, ok := r.Limits[corev1.ResourceName(rest)]
		return ok
	}
	_, ok := r.Requests[corev1.ResourceName(strings.TrimPrefix(string(name), requestsPrefix))]
	return ok
}
