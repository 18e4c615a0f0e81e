package certify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func namespace(name string, ofTests bool) *corev1.Namespace {
	n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if ofTests {
		n.Labels = map[string]string{runLabel: "1234"}
	}
	return n
}

func TestCleanUpDeletesOnlyNamespacesOfThisRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset(namespace("default", false), namespace("earlier", true), namespace("pods-1", true), namespace("pods-2", true))
		left, err := cleanUp(t.Context(), client, []string{"earlier"})
		if err != nil || len(left) > 0 {
			t.Errorf("left %q, %v", left, err)
		}
		list, err := client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, n := range list.Items {
			names = append(names, n.Name)
		}
		if want := []string{"default", "earlier"}; !slices.Equal(names, want) {
			t.Errorf("there are %q, want %q", names, want)
		}
	})
}

func TestCleanUpTellsWhatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset(namespace("pods-1", true))
		deletes := 0
		client.PrependReactor("delete", "namespaces", func(clienttesting.Action) (bool, runtime.Object, error) {
			deletes++
			return true, nil, nil // a finalizer holds it
		})
		start := time.Now()
		left, err := cleanUp(t.Context(), client, nil)
		if err != nil || !slices.Equal(left, []string{"pods-1"}) || deletes != 1 {
			t.Errorf("left %q after %d deletes, %v", left, deletes, err)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("it waited for %s", took)
		}
		if text := leftText(left, errors.New("gone")); !strings.Contains(text, "pods-1") || !strings.Contains(text, "-l e2e-run") || !strings.Contains(text, "gone") {
			t.Errorf("it says %q", text)
		}
		if text := leftText(nil, nil); text != "" {
			t.Errorf("nothing is left: %q", text)
		}
	})
}

func TestWatchOverNoticesAClusterThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		answersUntil, backAt := start.Add(5*time.Minute), start.Add(6*time.Minute)
		gone := start.Add(10 * time.Minute)
		alive := func(context.Context) error {
			now := time.Now()
			if now.After(answersUntil) && now.Before(backAt) || now.After(gone) {
				return errors.New("no answer")
			}
			return nil
		}
		var lostAfter time.Duration
		watchOver(t.Context(), alive, func() { lostAfter = time.Since(start) })
		if want := 12 * time.Minute; lostAfter != want {
			t.Errorf("lost after %s, want %s: a minute without answers is no end", lostAfter, want)
		}
	})
}

func TestWatchOverEndsWithTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		watchOver(ctx, func(context.Context) error { return nil }, func() { t.Error("lost") })
	})
}
