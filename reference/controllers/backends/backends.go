// Package backends finds the pods that serve a Service, and the Services that a pod serves.
package backends

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	endpointslice "k8s.io/endpointslice/util"

	"github.com/seatrial/seatrial/reference/controller"
)

// Of returns the pods that the Service selects.
func Of(svc *corev1.Service, pods corelisters.PodLister) ([]*corev1.Pod, error) {
	return pods.Pods(svc.Namespace).List(labels.SelectorFromSet(svc.Spec.Selector))
}

// Services maps a pod to the Services that select it.
func Services(services corelisters.ServiceLister) func(obj any) []controller.Key {
	return func(obj any) []controller.Key {
		pod, ok := obj.(metav1.Object)
		if !ok || len(pod.GetLabels()) == 0 {
			return nil
		}
		all, err := services.Services(pod.GetNamespace()).List(labels.Everything())
		if err != nil {
			return nil
		}
		var keys []controller.Key
		for _, svc := range all {
			if len(svc.Spec.Selector) > 0 && labels.SelectorFromSet(svc.Spec.Selector).Matches(labels.Set(pod.GetLabels())) {
				keys = append(keys, cache.MetaObjectToName(svc))
			}
		}
		return keys
	}
}

// Matters reports whether the update of a pod can change endpoints.
func Matters(old, obj any) bool { return endpointslice.GetPodUpdateProjectionKey(old, obj) != nil }
