package objects

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/utils/clock"
)

func config(value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "conf"}, Data: map[string]string{"key": value}}
}

var ref = Ref{ConfigMap, "ns", "conf"}

func TestWatchedFollowsAnObjectThroughItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset()
		store := New(client, clock.RealClock{}, slog.New(slog.DiscardHandler))
		changes := 0
		release := store.Acquire(ref, func() { changes++ })
		other := store.Acquire(ref, func() {})
		synctest.Wait()
		configs := client.CoreV1().ConfigMaps("ns")
		value := func() string {
			synctest.Wait()
			object, err := store.Watched().ConfigMap(t.Context(), "ns", "conf")
			if apierrors.IsNotFound(err) {
				return "none"
			}
			if err != nil {
				t.Fatal(err)
			}
			return object.Data["key"]
		}
		if got := value(); got != "none" {
			t.Errorf("value = %s before there is one", got)
		}
		steps := []struct {
			do   func() error
			want string
		}{
			{func() error { _, err := configs.Create(t.Context(), config("one"), metav1.CreateOptions{}); return err }, "one"},
			{func() error { _, err := configs.Update(t.Context(), config("two"), metav1.UpdateOptions{}); return err }, "two"},
			{func() error { return configs.Delete(t.Context(), "conf", metav1.DeleteOptions{}) }, "none"},
		}
		for _, step := range steps {
			before := changes
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if got := value(); got != step.want || changes != before+1 {
				t.Errorf("value = %s after %d changes; want %s after %d", got, changes, step.want, before+1)
			}
		}
		watches := 0
		for _, action := range client.Actions() {
			if action.GetVerb() == "watch" {
				watches++
			}
		}
		if watches != 1 {
			t.Errorf("%d watches for two users; want 1", watches)
		}
		release()
		release() // twice does no harm
		other()
		store.Close() // returns only if the watch ended
	})
}

func TestWatchThatBreaksIsOpenedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset(config("one"))
		failures := 3
		client.PrependReactor("list", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
			failures--
			return failures >= 0, nil, errors.New("no connection")
		})
		store := New(client, clock.RealClock{}, slog.New(slog.DiscardHandler))
		changes := 0
		defer store.Acquire(ref, func() { changes++ })()
		time.Sleep(time.Second)
		synctest.Wait()
		if changes != 1 {
			t.Errorf("told of %d changes; want 1 once the list succeeds", changes)
		}
		store.Close()
	})
}

func TestReadingBeforeTheWatchAsksTheServer(t *testing.T) {
	store := New(fake.NewClientset(config("one")), clock.RealClock{}, slog.New(slog.DiscardHandler))
	object, err := store.Watched().ConfigMap(context.Background(), "ns", "conf")
	if err != nil || object.Data["key"] != "one" {
		t.Errorf("got %v, %v", object, err)
	}
	if _, err := store.Watched().Secret(context.Background(), "ns", "none"); !apierrors.IsNotFound(err) {
		t.Errorf("error = %v; want NotFound", err)
	}
}
