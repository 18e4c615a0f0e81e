package controller

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

// byController is the index from the UID of a controller to the objects it controls. Objects
// without a controller are under "orphans/" and their namespace.
const byController = "controller"

// IndexByController makes Controlled work for the informer. It may be called by several controllers.
func IndexByController(informer cache.SharedIndexInformer) error {
	if _, ok := informer.GetIndexer().GetIndexers()[byController]; ok {
		return nil
	}
	err := informer.AddIndexers(cache.Indexers{byController: func(obj any) ([]string, error) {
		o, ok := obj.(metav1.Object)
		if !ok {
			return nil, fmt.Errorf("index %T by controller: it has no metadata", obj)
		}
		if ref := metav1.GetControllerOfNoCopy(o); ref != nil {
			return []string{string(ref.UID)}, nil
		}
		return []string{orphans(o.GetNamespace())}, nil
	}})
	if err != nil {
		return fmt.Errorf("index informer by controller: %w", err)
	}
	return nil
}

func orphans(namespace string) string { return "orphans/" + namespace }

// Controlled returns the objects whose controller has the UID.
func Controlled[T any](informer cache.SharedIndexInformer, uid types.UID) []T {
	return indexed[T](informer, string(uid))
}

// Orphans returns the objects of the namespace that have no controller.
func Orphans[T any](informer cache.SharedIndexInformer, namespace string) []T {
	return indexed[T](informer, orphans(namespace))
}

func indexed[T any](informer cache.SharedIndexInformer, value string) []T {
	items, err := informer.GetIndexer().ByIndex(byController, value)
	if err != nil {
		return nil // only when IndexByController was not called
	}
	found := make([]T, 0, len(items))
	for _, item := range items {
		if obj, ok := item.(T); ok {
			found = append(found, obj)
		}
	}
	return found
}

// OwnerKeys maps an object to its controller, if that is of the kind.
func OwnerKeys(group, kind string) func(obj any) []Key {
	return func(obj any) []Key {
		o, ok := obj.(metav1.Object)
		if !ok {
			return nil
		}
		ref := metav1.GetControllerOfNoCopy(o)
		if ref == nil || ref.Kind != kind || groupOf(ref.APIVersion) != group {
			return nil
		}
		return []Key{{Namespace: o.GetNamespace(), Name: ref.Name}}
	}
}

func groupOf(apiVersion string) string {
	for i := range apiVersion {
		if apiVersion[i] == '/' {
			return apiVersion[:i]
		}
	}
	return ""
}

// byNode is the index from the name of a node to the pods on it.
const byNode = "node"

// IndexByNode makes OnNode work for the informer of pods. It may be called by several controllers.
func IndexByNode(pods cache.SharedIndexInformer) error {
	if _, ok := pods.GetIndexer().GetIndexers()[byNode]; ok {
		return nil
	}
	err := pods.AddIndexers(cache.Indexers{byNode: func(obj any) ([]string, error) {
		pod, ok := obj.(*corev1.Pod)
		if !ok || pod.Spec.NodeName == "" {
			return nil, nil
		}
		return []string{pod.Spec.NodeName}, nil
	}})
	if err != nil {
		return fmt.Errorf("index pods by node: %w", err)
	}
	return nil
}

// OnNode returns the pods that are bound to the node.
func OnNode(pods cache.SharedIndexInformer, node string) []*corev1.Pod {
	items, err := pods.GetIndexer().ByIndex(byNode, node)
	if err != nil {
		return nil // only when IndexByNode was not called
	}
	found := make([]*corev1.Pod, 0, len(items))
	for _, item := range items {
		if pod, ok := item.(*corev1.Pod); ok {
			found = append(found, pod)
		}
	}
	return found
}
