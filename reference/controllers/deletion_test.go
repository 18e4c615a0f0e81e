package controllers

import (
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var widgets = schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "widgets"}

func (c cluster) defineWidgets() {
	c.Helper()
	crd := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "widgets.example.com"},
		"spec": map[string]any{
			"group": "example.com", "scope": "Namespaced",
			"names": map[string]any{"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}}
	crds := c.dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	if _, err := crds.Create(c.Context(), crd, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		c.Fatal(err)
	}
}

func (c cluster) widget(namespace, name string) *unstructured.Unstructured {
	c.Helper()
	var created *unstructured.Unstructured
	c.eventually("widget can be created", func() (err error) {
		created, err = c.dynamic.Resource(widgets).Namespace(namespace).Create(c.Context(), &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "example.com/v1", "kind": "Widget", "metadata": map[string]any{"name": name},
		}}, metav1.CreateOptions{})
		return err
	})
	return created
}

func (c cluster) namespaceIsDeleted(t *testing.T) {
	c.T = t
	ns := c.namespace()
	c.defineWidgets()
	c.deploy(ns, "web", 2)
	c.widget(ns, "w")
	if err := c.client.CoreV1().Namespaces().Delete(t.Context(), ns, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	c.eventually("namespace has gone", func() error {
		_, err := c.client.CoreV1().Namespaces().Get(t.Context(), ns, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("still there, err %w", err)
	})
	list, err := c.dynamic.Resource(widgets).Namespace(ns).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(list.Items) != 0 {
		t.Errorf("widgets left: %v, err %v", list, err)
	}
}

func (c cluster) sets(namespace string) []appsv1.ReplicaSet {
	c.Helper()
	list, err := c.client.AppsV1().ReplicaSets(namespace).List(c.Context(), metav1.ListOptions{})
	if err != nil {
		c.Fatal(err)
	}
	return list.Items
}

func (c cluster) deleteDeployment(namespace string, policy metav1.DeletionPropagation) {
	c.Helper()
	if err := c.client.AppsV1().Deployments(namespace).Delete(c.Context(), "web", metav1.DeleteOptions{PropagationPolicy: &policy}); err != nil {
		c.Fatal(err)
	}
	c.eventually("deployment has gone", func() error {
		_, err := c.client.AppsV1().Deployments(namespace).Get(c.Context(), "web", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("still there, err %w", err)
	})
}

func (c cluster) backgroundDeletion(t *testing.T) {
	c.T = t
	ns := c.namespace()
	c.deploy(ns, "web", 3)
	c.deleteDeployment(ns, metav1.DeletePropagationBackground)
	c.eventually("no pods", c.pods(ns, 0))
	if sets := c.sets(ns); len(sets) != 0 {
		t.Errorf("%d replica sets left", len(sets))
	}
}

func (c cluster) foregroundDeletion(t *testing.T) {
	c.T = t
	ns := c.namespace()
	c.deploy(ns, "web", 3)
	c.deleteDeployment(ns, metav1.DeletePropagationForeground)
	if err := c.pods(ns, 0)(); err != nil {
		t.Errorf("when the deployment has gone: %v", err)
	}
	if sets := c.sets(ns); len(sets) != 0 {
		t.Errorf("%d replica sets left", len(sets))
	}
}

func (c cluster) orphanDeletion(t *testing.T) {
	c.T = t
	ns := c.namespace()
	c.deploy(ns, "web", 2)
	c.deleteDeployment(ns, metav1.DeletePropagationOrphan)
	sets := c.sets(ns)
	if len(sets) != 1 || len(sets[0].OwnerReferences) != 0 {
		t.Errorf("replica sets %v; want one without owner", sets)
	}
	if err := c.pods(ns, 2)(); err != nil {
		t.Error(err)
	}
}

func (c cluster) configMap(namespace, name string, owners ...metav1.OwnerReference) *corev1.ConfigMap {
	c.Helper()
	cm, err := c.client.CoreV1().ConfigMaps(namespace).Create(c.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: owners},
	}, metav1.CreateOptions{})
	if err != nil {
		c.Fatal(err)
	}
	return cm
}

func (c cluster) configMapGone(namespace, name string) func() error {
	return func() error {
		_, err := c.client.CoreV1().ConfigMaps(namespace).Get(c.Context(), name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("config map %q is still there, err %w", name, err)
	}
}

func (c cluster) customOwner(t *testing.T) {
	c.T = t
	ns := c.namespace()
	c.defineWidgets()
	w := c.widget(ns, "owner")
	c.configMap(ns, "owned", metav1.OwnerReference{APIVersion: "example.com/v1", Kind: "Widget", Name: "owner", UID: w.GetUID()})
	c.configMap(ns, "lost", metav1.OwnerReference{APIVersion: "example.com/v1", Kind: "Widget", Name: "other", UID: "no-such-uid"})
	c.eventually("dependent of an owner that never existed has gone", c.configMapGone(ns, "lost"))
	if c.configMapGone(ns, "owned")() == nil {
		t.Error("dependent of an existing owner was deleted")
	}
	if err := c.dynamic.Resource(widgets).Namespace(ns).Delete(t.Context(), "owner", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	c.eventually("dependent has gone", c.configMapGone(ns, "owned"))
}

func (c cluster) circle(t *testing.T) {
	c.T = t
	ns := c.namespace()
	ref := func(cm *corev1.ConfigMap) []metav1.OwnerReference {
		return []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: cm.Name, UID: cm.UID, BlockOwnerDeletion: new(true)}}
	}
	one := c.configMap(ns, "one")
	two := c.configMap(ns, "two", ref(one)...)
	three := c.configMap(ns, "three", ref(two)...)
	one.OwnerReferences = ref(three)
	if _, err := c.client.CoreV1().ConfigMaps(ns).Update(t.Context(), one, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := c.client.CoreV1().ConfigMaps(ns).Delete(t.Context(), "one", metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationForeground)}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two", "three"} {
		c.eventually(name+" has gone", c.configMapGone(ns, name))
	}
}
