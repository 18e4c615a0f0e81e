package api_test

import (
	"context"
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/reference/api"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// TestEveryKindIsServed writes and reads a valid object of every kind through a
// whole API server: defaults, preparation, validation, storage, subresources.
func TestEveryKindIsServed(t *testing.T) {
	client, err := dynamic.NewForConfig(apiservertest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, obj := range validObjects(t) {
		row := rowOfKind(t, obj.GetKind())
		t.Run(obj.GetKind(), func(t *testing.T) {
			resources := client.Resource(row.Served[0].WithResource(row.Plural))
			store := dynamic.ResourceInterface(resources)
			if row.Scope == api.Namespaced {
				store = resources.Namespace("default")
			}
			exercise(t.Context(), t, row, store, obj)
		})
	}
}

func exercise(ctx context.Context, t *testing.T, row api.Resource, store dynamic.ResourceInterface, obj *unstructured.Unstructured) {
	t.Helper()
	created, err := store.Create(ctx, obj, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	if row.Plural != "flowschemas" { // the server writes their status meanwhile
		updated, err := store.Update(ctx, created, metav1.UpdateOptions{})
		if err != nil {
			t.Fatalf("update without a change: %v", err)
		}
		if updated.GetResourceVersion() != created.GetResourceVersion() {
			t.Errorf("an update without a change was written: %v", updated.Object)
		}
	}
	label := []byte(`{"metadata":{"labels":{"changed":"yes"}}}`)
	if _, err := store.Patch(ctx, obj.GetName(), types.MergePatchType, label, metav1.PatchOptions{}); err != nil {
		t.Errorf("patch: %v", err)
	}
	if row.Status {
		if _, err := store.Patch(ctx, obj.GetName(), types.MergePatchType, label, metav1.PatchOptions{}, "status"); err != nil {
			t.Errorf("patch status: %v", err)
		}
	}
	if err := store.Delete(ctx, obj.GetName(), metav1.DeleteOptions{}); err != nil {
		t.Errorf("delete: %v", err)
	}
}

func rowOfKind(t *testing.T, kind string) api.Resource {
	t.Helper()
	for _, r := range api.Resources() {
		if r.Kind == kind {
			return r
		}
	}
	t.Fatalf("no row of kind %s", kind)
	return api.Resource{}
}

// validObjects reads the objects that the tests of validation use, and changes
// what the server would refuse: a selector of another UID, names that are taken.
func validObjects(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	data, err := os.ReadFile("validation/testdata/valid.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var objects []*unstructured.Unstructured
	for doc := range strings.SplitSeq(string(data), "\n---\n") {
		obj := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(doc), &obj.Object); err != nil {
			t.Fatal(err)
		}
		switch obj.GetKind() {
		case "Job":
			obj.SetUID("")
			unstructured.RemoveNestedField(obj.Object, "spec", "selector")
			unstructured.RemoveNestedField(obj.Object, "spec", "template", "metadata")
		case "IPAddress":
			obj.SetName("10.96.0.200")
		case "ServiceCIDR":
			obj.SetName("second")
		}
		objects = append(objects, obj)
	}
	return objects
}
