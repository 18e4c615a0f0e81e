package wait_test

import (
	"context"
	"errors"
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

// counting is observed as the number of half seconds since the start.
func counting(start time.Time, holds func(n int) bool) wait.Observer {
	return wait.Probe(500*time.Millisecond, func(context.Context) error {
		if n := int(time.Since(start) / (500 * time.Millisecond)); !holds(n) {
			return wait.Notf("count is %d", n)
		}
		return nil
	})
}

func TestWithinEndsWhenTheConditionHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := wait.Within(t.Context(), counting(start, func(n int) bool { return n >= 3 }), 10*time.Second); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 1500*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

func TestWithinTellsWhatWasSeenAndWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := wait.Within(t.Context(), counting(start, func(n int) bool { return n > 99 }), time.Second+time.Millisecond)
		want := "within 1.001s: count is 2\nseen:\n     0.0s  count is 0\n     0.5s  count is 1\n     1.0s  count is 2"
		if err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
	})
}

func TestForFailsAtTheFirstViolation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := wait.For(t.Context(), counting(start, func(n int) bool { return n < 2 }), 10*time.Second)
		if err == nil || !strings.HasPrefix(err.Error(), "for 10s: count is 2") || time.Since(start) != time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if err := wait.For(t.Context(), counting(time.Now(), func(int) bool { return true }), 3*time.Second); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("the second wait ended after %v", took)
		}
	})
}

func TestABrokenObservationEndsAWait(t *testing.T) {
	broken := errors.New("no such kind")
	for _, observe := range []func(context.Context, wait.Observer, time.Duration) error{wait.Now, wait.Within, wait.For} {
		if err := observe(t.Context(), wait.Value(broken), time.Minute); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

func TestACancelledWaitGivesTheCause(t *testing.T) {
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	never := wait.Probe(time.Second, func(context.Context) error { return wait.Notf("no") })
	if err := wait.Within(ctx, never, time.Minute); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func configMap(name, value string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": name, "namespace": "ns"},
		"data": map[string]any{"value": value},
	}}
}

func TestObjectsSeesEveryState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gvr := schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
		client := dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{gvr: "ConfigMapList"})
		resource := client.Resource(gvr).Namespace("ns")
		var seen []string
		done := make(chan error)
		go func() {
			done <- wait.Within(t.Context(), wait.Objects(resource, wait.Selector{}, func(objects []*unstructured.Unstructured) error {
				var values []string
				for _, o := range objects {
					value, _, _ := unstructured.NestedString(o.Object, "data", "value")
					values = append(values, o.GetName()+"="+value)
				}
				seen = append(seen, strings.Join(values, " "))
				if len(seen) < 5 {
					return wait.Notf("%s", seen[len(seen)-1])
				}
				return nil
			}), time.Minute)
		}()
		synctest.Wait()
		change(t, resource)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(seen, "|"); got != "|a=1|a=1 b=1|a=2 b=1|b=1" {
			t.Errorf("saw %s", got)
		}
	})
}

func change(t *testing.T, resource dynamic.ResourceInterface) {
	t.Helper()
	for _, object := range []*unstructured.Unstructured{configMap("a", "1"), configMap("b", "1")} {
		if _, err := resource.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := resource.Update(t.Context(), configMap("a", "2"), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := resource.Delete(t.Context(), "a", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}
