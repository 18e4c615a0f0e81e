package wait_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	dynamicfake "k8s.io/client-go/dynamic/fake"

	"github.com/seatrial/seatrial/steps/wait"
)

// follow watches until an object that was there goes, which it must not, while do changes objects. It returns what the failure tells.
func follow(t *testing.T, resource string, do func(dynamic.ResourceInterface)) []wait.Change {
	t.Helper()
	gvr := schema.GroupVersionResource{Version: "v1", Resource: resource}
	client := dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{gvr: "ThingList"})
	objects := client.Resource(gvr).Namespace("ns")
	done, seen := make(chan error), false
	go func() {
		done <- wait.For(t.Context(), wait.Objects(objects, wait.Selector{}, func(all []*unstructured.Unstructured) error {
			if seen && len(all) == 0 {
				return wait.Notf("it is gone")
			}
			seen = len(all) > 0
			return nil
		}), time.Minute)
	}()
	synctest.Wait()
	do(objects)
	var failure *wait.Failure
	if err := <-done; !errors.As(err, &failure) {
		t.Fatal(err)
	}
	return failure.Changes
}

func thing(kind, value string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": "a", "namespace": "ns", "resourceVersion": value},
		"data": map[string]any{"value": value}, "status": map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": value}}},
	}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func told(changes []wait.Change) string {
	var lines []string
	for _, c := range changes {
		lines = append(lines, fmt.Sprintf("%s %s: %s", c.Object, c.What, strings.Join(c.Fields, "; ")))
	}
	return strings.Join(lines, "\n")
}

func TestAFailureTellsHowTheObjectsChanged(t *testing.T) {
	for kind, want := range map[string]string{
		"ConfigMap": "ConfigMap a appears: status.conditions[Ready].status: one; status.conditions[Ready].type: Ready\n" +
			"ConfigMap a changes: data.value: one -> two; status.conditions[Ready].status: one -> two\nConfigMap a goes: ",
		"Secret": "Secret a appears: status.conditions[Ready].status: one; status.conditions[Ready].type: Ready\n" +
			"Secret a changes: data.value: (changed); status.conditions[Ready].status: one -> two\nSecret a goes: ",
	} {
		synctest.Test(t, func(t *testing.T) {
			got := told(follow(t, strings.ToLower(kind)+"s", func(objects dynamic.ResourceInterface) {
				_, err := objects.Create(t.Context(), thing(kind, "one"), metav1.CreateOptions{})
				must(t, err)
				_, err = objects.Update(t.Context(), thing(kind, "two"), metav1.UpdateOptions{})
				must(t, err)
				must(t, objects.Delete(t.Context(), "a", metav1.DeleteOptions{}))
			}))
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestOfManyChangesTheFirstAndTheLastAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 200
		changes := follow(t, "configmaps", func(objects dynamic.ResourceInterface) {
			_, err := objects.Create(t.Context(), thing("ConfigMap", "0"), metav1.CreateOptions{})
			must(t, err)
			for i := 1; i < many; i++ {
				_, err := objects.Update(t.Context(), thing("ConfigMap", fmt.Sprint(i)), metav1.UpdateOptions{})
				must(t, err)
				synctest.Wait()
			}
			must(t, objects.Delete(t.Context(), "a", metav1.DeleteOptions{}))
		})
		first, last := changes[0].What, strings.Join(changes[len(changes)-2].Fields, " ")
		if len(changes) > 60 || first != "appears" || !strings.Contains(last, "198 -> 199") {
			t.Errorf("%d changes, from %s to %s", len(changes), first, last)
		}
	})
}
