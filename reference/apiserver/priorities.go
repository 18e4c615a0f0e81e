package apiserver

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// What discovery puts first: kubectl takes the first group that has a resource
// of the asked name. The numbers can be read in upstream's APIServices.
const (
	lowestBuiltInPriority = 15000
	usualVersionPriority  = 15
)

// groupPriorities are the spec.groupPriorityMinimum of the built-in groups.
func groupPriorities() map[string]int32 {
	return map[string]int32{
		"":                             18000,
		"apps":                         17800,
		"events.k8s.io":                17750,
		"authentication.k8s.io":        17700,
		"authorization.k8s.io":         17600,
		"autoscaling":                  17500,
		"batch":                        17400,
		"certificates.k8s.io":          17300,
		"networking.k8s.io":            17200,
		"policy":                       17100,
		"rbac.authorization.k8s.io":    17000,
		"storage.k8s.io":               16800,
		"admissionregistration.k8s.io": 16700,
		"apiextensions.k8s.io":         16700,
		"scheduling.k8s.io":            16600,
		"coordination.k8s.io":          16500,
		"node.k8s.io":                  16300,
		"discovery.k8s.io":             16200,
		"resource.k8s.io":              16200,
		"flowcontrol.apiserver.k8s.io": 16100,
	}
}

func builtInPriority(gv schema.GroupVersion) int32 {
	if p, ok := groupPriorities()[gv.Group]; ok {
		return p
	}
	return lowestBuiltInPriority
}

func versionPriority(gv schema.GroupVersion) int32 {
	switch gv {
	case schema.GroupVersion{Version: "v1"}:
		return 1
	case schema.GroupVersion{Group: "autoscaling", Version: "v2"}:
		return 30
	case schema.GroupVersion{Group: "flowcontrol.apiserver.k8s.io", Version: "v1"}, schema.GroupVersion{Group: "resource.k8s.io", Version: "v1"}:
		return 21
	}
	return usualVersionPriority
}
