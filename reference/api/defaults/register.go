// Package defaults fills the fields that a user left out, as the documentation
// of the API types says. Filling twice changes nothing.
package defaults

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	resourcev1 "k8s.io/api/resource/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// AddToScheme registers the defaults of every kind in s.
func AddToScheme(s *runtime.Scheme) {
	add(s, Pod)
	add(s, func(o *corev1.PodTemplate) { podTemplateSpec(&o.Template) })
	add(s, replicationController)
	add(s, service)
	add(s, endpoints)
	add(s, secret)
	add(s, namespace)
	add(s, node)
	add(s, persistentVolume)
	add(s, persistentVolumeClaim)
	add(s, limitRange)
	add(s, resourceQuota)

	add(s, deployment)
	add(s, replicaSet)
	add(s, statefulSet)
	add(s, daemonSet)
	add(s, job)
	add(s, cronJob)

	add(s, func(o *autoscalingv1.HorizontalPodAutoscaler) { pointer(&o.Spec.MinReplicas, 1) })
	add(s, horizontalPodAutoscaler)

	add(s, networkPolicy)
	add(s, ingressClass)
	add(s, endpointSlice)
	add(s, roleBinding)
	add(s, clusterRoleBinding)
	add(s, validatingWebhooks)
	add(s, mutatingWebhooks)
	add(s, validatingAdmissionPolicy)
	add(s, func(o *admissionregistrationv1.ValidatingAdmissionPolicyBinding) {
		matchResources(o.Spec.MatchResources)
	})
	add(s, mutatingAdmissionPolicy)
	add(s, func(o *admissionregistrationv1.MutatingAdmissionPolicyBinding) { matchResources(o.Spec.MatchResources) })
	add(s, func(o *flowcontrolv1.FlowSchema) { value(&o.Spec.MatchingPrecedence, 1000) })
	add(s, priorityLevel)
	add(s, func(o *schedulingv1.PriorityClass) { pointer(&o.PreemptionPolicy, corev1.PreemptLowerPriority) })
	add(s, runtimeClass)
	add(s, storageClass)
	add(s, csiDriver)
	add(s, resourceClaim)
	add(s, func(o *resourcev1.ResourceClaimTemplate) { resourceClaimSpec(&o.Spec.Spec) })
	add(s, resourceSlice)
	add(s, func(o *authenticationv1.TokenRequest) { pointer(&o.Spec.ExpirationSeconds, tokenExpiration) })
}

// tokenExpiration is the lifetime of a token in seconds.
const tokenExpiration = 3600

// object is a pointer type that is an API object.
type object[T any] interface {
	*T
	runtime.Object
}

func add[T any, P object[T]](s *runtime.Scheme, fill func(*T)) {
	s.AddTypeDefaultingFunc(P(new(T)), func(obj any) { fill((*T)(obj.(P))) })
}

// value sets a field that is zero.
func value[T comparable](field *T, to T) {
	var zero T
	if *field == zero {
		*field = to
	}
}

// pointer sets a field that is nil to a pointer of its own.
func pointer[T any](field **T, to T) {
	if *field == nil {
		*field = &to
	}
}
