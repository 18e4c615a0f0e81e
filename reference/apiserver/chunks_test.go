package apiserver_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// An expired continue token is answered with 410 and another one, with which the list goes on at a newer version:
// https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
//
// Events have no watch cache, which forgets old versions only every 15 seconds.
func TestListGoesOnWhenItsVersionWasCompacted(t *testing.T) {
	server := apiservertest.Run(t, apiserver.Options{EtcdCompaction: 200 * time.Millisecond})
	events := kubernetes.NewForConfigOrDie(server.ClientConfig("admin", "system:masters")).CoreV1().Events("default")
	create := func(name string) {
		event := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Name: name}, InvolvedObject: corev1.ObjectReference{Namespace: "default"}}
		if _, err := events.Create(t.Context(), event, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 6 {
		create(fmt.Sprint("e-", i))
	}
	first := must[*corev1.EventList](t)(events.List(t.Context(), metav1.ListOptions{Limit: 2}))
	if first.Continue == "" {
		t.Fatal("a list of 2 of 6 has no continue token")
	}
	// While nothing changes the version stays the present one, which is never forgotten.
	create("e-9")
	var expired *apierrors.StatusError
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		_, err := events.List(ctx, metav1.ListOptions{Limit: 2, Continue: first.Continue})
		if !apierrors.IsResourceExpired(err) {
			return false, err
		}
		expired, _ = errors.AsType[*apierrors.StatusError](err)
		return true, nil
	})
	if err != nil {
		t.Fatalf("the token does not expire: %v", err)
	}
	token := expired.ErrStatus.Continue
	if expired.ErrStatus.Code != 410 || token == "" || token == first.Continue {
		t.Fatalf("code %d, token %q of the error", expired.ErrStatus.Code, token)
	}
	rest := must[*corev1.EventList](t)(events.List(t.Context(), metav1.ListOptions{Continue: token}))
	var names []string
	for _, e := range rest.Items {
		names = append(names, e.Name)
	}
	if fmt.Sprint(names) != "[e-2 e-3 e-4 e-5 e-9]" || rest.ResourceVersion == first.ResourceVersion {
		t.Errorf("rest %v of version %s after version %s", names, rest.ResourceVersion, first.ResourceVersion)
	}
}
