// Package quota says what objects use of a ResourceQuota, for the admission
// plugin and for the resource quota controller.
//
//	config := quota.Configuration(list)       // list of a namespace's objects; nil in the admission plugin
//	registry := generic.NewRegistry(config.Evaluators())
//
// Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/
package quota

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	quota "k8s.io/apiserver/pkg/quota/v1"
	"k8s.io/apiserver/pkg/quota/v1/generic"
)

// List returns the objects of a resource in a namespace.
type List func(gvr schema.GroupVersionResource, namespace string) ([]runtime.Object, error)

// Configuration returns the evaluators of the resources that use more than a
// count. The library counts all others as "count/RESOURCE.GROUP".
func Configuration(list List) quota.Configuration {
	of := func(resource string) generic.ListFuncByNamespace {
		if list == nil {
			return nil
		}
		return func(namespace string) ([]runtime.Object, error) {
			return list(corev1.SchemeGroupVersion.WithResource(resource), namespace)
		}
	}
	evaluators := []quota.Evaluator{
		evaluator{kind: pods{}, list: of("pods")},
		evaluator{kind: services{}, list: of("services")},
		evaluator{kind: claims{}, list: of("persistentvolumeclaims")},
	}
	for resource, alias := range map[string]corev1.ResourceName{
		"configmaps":             corev1.ResourceConfigMaps,
		"resourcequotas":         corev1.ResourceQuotas,
		"replicationcontrollers": corev1.ResourceReplicationControllers,
		"secrets":                corev1.ResourceSecrets,
	} {
		gr := schema.GroupResource{Resource: resource}
		evaluators = append(evaluators, generic.NewObjectCountEvaluator(gr, of(resource), alias))
	}
	return generic.NewConfiguration(evaluators, ignored())
}

// ignored are the resources that no quota counts: reviews are not stored, and
// events would fill any quota.
func ignored() map[schema.GroupResource]struct{} {
	return map[schema.GroupResource]struct{}{
		{Resource: "bindings"}:                                                 {},
		{Resource: "componentstatuses"}:                                        {},
		{Resource: "events"}:                                                   {},
		{Group: "events.k8s.io", Resource: "events"}:                           {},
		{Group: "authentication.k8s.io", Resource: "tokenreviews"}:             {},
		{Group: "authorization.k8s.io", Resource: "localsubjectaccessreviews"}: {},
		{Group: "authorization.k8s.io", Resource: "selfsubjectaccessreviews"}:  {},
		{Group: "authorization.k8s.io", Resource: "selfsubjectrulesreviews"}:   {},
		{Group: "authorization.k8s.io", Resource: "subjectaccessreviews"}:      {},
		{Group: "apiregistration.k8s.io", Resource: "apiservices"}:             {},
		{Group: "apiextensions.k8s.io", Resource: "customresourcedefinitions"}: {},
	}
}

// kind is what differs between the resources.
type kind interface {
	resource() string
	handles(a admission.Attributes) bool
	// uses returns what one object uses; nothing if it does not count.
	uses(o runtime.Object) (corev1.ResourceList, error)
	// counts reports whether a name of a quota is about this resource.
	counts(name corev1.ResourceName) bool
	// inScope reports whether an object is in a scope of a quota.
	inScope(s corev1.ScopedResourceSelectorRequirement, o runtime.Object) (bool, error)
	// complete refuses an object that does not say how much it uses.
	complete(required []corev1.ResourceName, o runtime.Object) error
}

// evaluator makes the evaluator of the library out of a kind.
type evaluator struct {
	kind
	list generic.ListFuncByNamespace
}

var _ quota.Evaluator = evaluator{}

func (e evaluator) GroupResource() schema.GroupResource {
	return schema.GroupResource{Resource: e.resource()}
}

func (e evaluator) Handles(a admission.Attributes) bool { return e.handles(a) }

func (e evaluator) Constraints(required []corev1.ResourceName, o runtime.Object) error {
	return e.complete(required, o)
}

func (e evaluator) Matches(q *corev1.ResourceQuota, o runtime.Object) (bool, error) {
	return generic.Matches(q, o, e.MatchingResources, e.inScope)
}

func (e evaluator) MatchingResources(names []corev1.ResourceName) []corev1.ResourceName {
	var out []corev1.ResourceName
	for _, n := range names {
		if e.counts(n) {
			out = append(out, n)
		}
	}
	return out
}

func (e evaluator) MatchingScopes(o runtime.Object, scopes []corev1.ScopedResourceSelectorRequirement) ([]corev1.ScopedResourceSelectorRequirement, error) {
	out := []corev1.ScopedResourceSelectorRequirement{}
	for _, s := range scopes {
		ok, err := e.inScope(s, o)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, s)
		}
	}
	return out, nil
}

// UncoveredQuotaScopes returns the limited scopes that no quota covers.
func (e evaluator) UncoveredQuotaScopes(limited, covered []corev1.ScopedResourceSelectorRequirement) ([]corev1.ScopedResourceSelectorRequirement, error) {
	out := []corev1.ScopedResourceSelectorRequirement{}
	for _, l := range limited {
		found := false
		for _, c := range covered {
			found = found || c.ScopeName == l.ScopeName
		}
		if !found {
			out = append(out, l)
		}
	}
	return out, nil
}

func (e evaluator) Usage(o runtime.Object) (corev1.ResourceList, error) { return e.uses(o) }

func (e evaluator) UsageStats(o quota.UsageStatsOptions) (quota.UsageStats, error) {
	return generic.CalculateUsageStats(o, e.list, e.inScope, e.uses)
}
