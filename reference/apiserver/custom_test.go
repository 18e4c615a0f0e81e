package apiserver_test

import (
	"context"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	watchtools "k8s.io/client-go/tools/watch"
	aggregator "k8s.io/kube-aggregator/pkg/client/clientset_generated/clientset"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

func widgets() *apiextensionsv1.CustomResourceDefinition {
	return &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "widgets.example.com"},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: "example.com", Scope: apiextensionsv1.NamespaceScoped,
			Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: "widgets", Singular: "widget", Kind: "Widget", ListKind: "WidgetList"},
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
				Name: "v1", Served: true, Storage: true,
				Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{
					Type: "object",
					Properties: map[string]apiextensionsv1.JSONSchemaProps{"spec": {
						Type: "object",
						Properties: map[string]apiextensionsv1.JSONSchemaProps{
							"size":  {Type: "integer", Default: &apiextensionsv1.JSON{Raw: []byte("3")}},
							"color": {Type: "string"},
						},
						XValidations: apiextensionsv1.ValidationRules{{Rule: "self.size < 10", Message: "too big"}},
					}},
				}},
				Subresources: &apiextensionsv1.CustomResourceSubresources{Status: &apiextensionsv1.CustomResourceSubresourceStatus{}},
			}},
		},
	}
}

// establish creates a definition and waits until it is served.
func establish(t *testing.T, config *rest.Config, crd *apiextensionsv1.CustomResourceDefinition) {
	t.Helper()
	client := apiextensions.NewForConfigOrDie(config).ApiextensionsV1().CustomResourceDefinitions()
	if _, err := client.Create(t.Context(), crd, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	w, err := client.Watch(t.Context(), metav1.SingleObject(crd.ObjectMeta))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = watchtools.UntilWithoutRetry(ctx, w, func(e watch.Event) (bool, error) {
		d, ok := e.Object.(*apiextensionsv1.CustomResourceDefinition)
		if !ok {
			return false, apierrors.FromObject(e.Object)
		}
		for _, c := range d.Status.Conditions {
			if c.Type == apiextensionsv1.Established {
				return c.Status == apiextensionsv1.ConditionTrue, nil
			}
		}
		return false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func widget(name string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Widget",
		"metadata": map[string]any{"name": name}, "spec": spec,
	}}
}

func TestCustomResources(t *testing.T) {
	config := apiservertest.Start(t)
	establish(t, config, widgets())
	client := dynamic.NewForConfigOrDie(config).
		Resource(schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "widgets"}).Namespace("default")

	w := must[*unstructured.Unstructured](t)(client.Create(t.Context(), widget("a", map[string]any{"color": "red"}), metav1.CreateOptions{}))
	if size, _, _ := unstructured.NestedInt64(w.Object, "spec", "size"); size != 3 {
		t.Errorf("default gave size %d", size)
	}
	if _, err := client.Create(t.Context(), widget("b", map[string]any{"size": int64(11)}), metav1.CreateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("rule of the definition: %v", err)
	}
	applied := widget("a", map[string]any{"size": int64(4)})
	w = must[*unstructured.Unstructured](t)(client.Apply(t.Context(), "a", applied, metav1.ApplyOptions{FieldManager: "me", Force: true}))
	if color, _, _ := unstructured.NestedString(w.Object, "spec", "color"); color != "red" || w.GetGeneration() != 2 {
		t.Errorf("apply gave %v", w.Object)
	}
	list := must[*unstructured.UnstructuredList](t)(client.List(t.Context(), metav1.ListOptions{}))
	if len(list.Items) != 1 {
		t.Errorf("%d widgets", len(list.Items))
	}
	if err := client.Delete(t.Context(), "a", metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}

func TestGroupsHaveAPIServices(t *testing.T) {
	config := apiservertest.Start(t)
	establish(t, config, widgets())
	services := aggregator.NewForConfigOrDie(config).ApiregistrationV1().APIServices()
	w, err := services.Watch(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=v1.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := watchtools.UntilWithoutRetry(ctx, w, func(e watch.Event) (bool, error) { return e.Type == watch.Added, nil }); err != nil {
		t.Fatal(err)
	}
	list, err := services.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := discovery.NewDiscoveryClientForConfigOrDie(config).ServerGroups()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, s := range list.Items {
		found[s.Spec.Group+"/"+s.Spec.Version] = true
	}
	for _, g := range groups.Groups {
		for _, v := range g.Versions {
			if g.Name != "apiregistration.k8s.io" && !found[g.Name+"/"+v.Version] {
				t.Errorf("no APIService for %s", v.GroupVersion)
			}
		}
	}
}
