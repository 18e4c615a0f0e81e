package cleanup_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/harness/cleanup"
	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/standin"
)

// fill makes objects, each as "path name run finalizer", in a server.
func fill(t *testing.T, server *standin.Server, objects ...string) *client.Cluster {
	t.Helper()
	cluster, err := client.Open(server.Config(), client.Images{})
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		words := append(strings.Fields(object), "", "")
		metadata := `"name":"` + words[1] + `"`
		if parts := strings.Split(words[0], "/"); len(parts) > 5 {
			metadata += `,"namespace":"` + parts[4] + `"`
		}
		if words[2] != "" {
			metadata += `,"labels":{"` + steps.RunLabel + `":"` + words[2] + `"}`
		}
		if words[3] != "" {
			metadata += `,"finalizers":["` + words[3] + `"]`
		}
		answer, err := cluster.Send(t.Context(), client.Request{Method: http.MethodPost, Path: words[0], Body: []byte(`{"metadata":{` + metadata + `}}`)})
		if err != nil || answer.Refused() {
			t.Fatalf("%s: %v %v", object, answer, err)
		}
	}
	return cluster
}

func names(objects []cleanup.Object) []string {
	var all []string
	for _, o := range objects {
		all = append(all, o.Name())
	}
	return all
}

func TestOnlyTheObjectsOfTheRunAreFoundAndRemoved(t *testing.T) {
	server := standin.Start(t)
	cluster := fill(t, server,
		"/api/v1/namespaces seatrial-1 r1", "/api/v1/namespaces/seatrial-1/configmaps inside", "/api/v1/namespaces/seatrial-1/secrets labelled r1",
		"/api/v1/namespaces seatrial-2 r2", "/api/v1/namespaces default", "/api/v1/namespaces/default/configmaps stray r1", "/api/v1/nodes extra r1",
		"/api/v1/nodes real")
	found, err := cleanup.Find(t.Context(), cluster, "r1")
	if err != nil || len(found.Unlisted) > 0 {
		t.Fatal(found, err)
	}
	want := []string{"ConfigMap default/stray", "Namespace seatrial-1", "Node extra", "Secret seatrial-1/labelled"}
	if got := slices.Sorted(slices.Values(names(found.Objects))); !slices.Equal(got, want) {
		t.Errorf("found %v", got)
	}
	var gone []string
	if left := cleanup.Remove(t.Context(), cluster, found.Objects, func(o cleanup.Object) { gone = append(gone, o.Name()) }); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if slices.Sort(gone); !slices.Equal(gone, want[:3]) {
		t.Errorf("told %v", gone)
	}
	there := slices.Sorted(slices.Values(server.Objects()))
	if !slices.Equal(there, []string{"/api/v1/namespaces/default", "/api/v1/namespaces/seatrial-2", "/api/v1/nodes/real"}) {
		t.Errorf("still there: %v", there)
	}
	if all, err := cleanup.Find(t.Context(), cluster, ""); err != nil || len(all.Runs()) != 1 || len(all.Runs()["r2"]) != 1 {
		t.Errorf("all runs: %+v, %v", all, err)
	}
}

func TestFinalizersThatNobodyHandlesAreTakenOff(t *testing.T) {
	server := standin.Start(t)
	cluster := fill(t, server, "/api/v1/nodes held r1 example.com/hold", "/api/v1/nodes kept r1 foregroundDeletion", "/api/v1/nodes protected r1 kubernetes.io/pv-protection")
	var mu sync.Mutex
	var patched []string
	server.Refuse = func(r *http.Request) *metav1.Status {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodPatch {
			patched = append(patched, r.URL.Path)
		}
		return nil
	}
	found, err := cleanup.Find(t.Context(), cluster, "r1")
	if err != nil {
		t.Fatal(err)
	}
	cleanup.Remove(t.Context(), cluster, found.Objects, func(cleanup.Object) {})
	if !slices.Equal(patched, []string{"/api/v1/nodes/held"}) {
		t.Errorf("patched %v", patched)
	}
}

func TestCustomKindsGoWithoutTheirWebhooks(t *testing.T) {
	server := standin.Start(t)
	cluster := fill(t, server, "/api/v1/customresourcedefinitions gates r1")
	var seen []string
	server.Refuse = func(r *http.Request) *metav1.Status {
		if strings.HasSuffix(r.URL.Path, "/gates") {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			seen = append(seen, r.Method+" "+string(body))
		}
		return nil
	}
	found, err := cleanup.Find(t.Context(), cluster, "r1")
	if err != nil {
		t.Fatal(err)
	}
	if left := cleanup.Remove(t.Context(), cluster, found.Objects, func(cleanup.Object) {}); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if len(seen) != 2 || !strings.HasPrefix(seen[0], "PATCH ") || !strings.Contains(seen[0], `"conversion":{"strategy":"None","webhook":null}`) {
		t.Errorf("seen %q", seen)
	}
}

func TestWhatMayNotBeRemovedIsToldWithTheReason(t *testing.T) {
	server := standin.Start(t)
	cluster := fill(t, server, "/api/v1/nodes a r1", "/api/v1/nodes b r1")
	server.Refuse = func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, "/a") {
			return standin.Status(http.StatusForbidden, metav1.StatusReasonForbidden, "nodes is forbidden")
		}
		if strings.HasSuffix(r.URL.Path, "/secrets") {
			return standin.Status(http.StatusForbidden, metav1.StatusReasonForbidden, "secrets is forbidden")
		}
		return nil
	}
	found, err := cleanup.Find(t.Context(), cluster, "r1")
	if err != nil || len(found.Unlisted) != 1 || !strings.Contains(found.Unlisted[0], "Secret: refused with 403 Forbidden") {
		t.Fatal(found.Unlisted, err)
	}
	gone := 0
	left := cleanup.Remove(t.Context(), cluster, found.Objects, func(cleanup.Object) { gone++ })
	if gone != 1 || len(left) != 1 || left[0] != "Node a: refused with 403 Forbidden: nodes is forbidden" {
		t.Errorf("left %q, %d gone", left, gone)
	}
}

func TestPodsOfNodesThatAreGoneAreEndedAtOnce(t *testing.T) {
	server := standin.Start(t)
	cluster := fill(t, server, "/api/v1/nodes real")
	pod := func(name, node, deleted string) {
		body := `{"metadata":{"namespace":"ns","name":"` + name + `"` + deleted + `},"spec":{"nodeName":"` + node + `"}}`
		if answer, err := cluster.Send(t.Context(), client.Request{Method: http.MethodPost, Path: "/api/v1/namespaces/ns/pods", Body: []byte(body)}); err != nil || answer.Refused() {
			t.Fatal(answer, err)
		}
	}
	const deleted = `,"deletionTimestamp":"2026-01-02T15:04:05Z"`
	pod("orphan", "gone", deleted)
	pod("running", "gone", "")
	pod("ending", "real", deleted)
	pod("unbound", "", deleted)
	cleanup.Unstick(t.Context(), cluster, []string{"ns"})
	left := slices.Sorted(slices.Values(server.Objects()))
	if !slices.Equal(left, []string{"/api/v1/namespaces/ns/pods/ending", "/api/v1/namespaces/ns/pods/running", "/api/v1/namespaces/ns/pods/unbound", "/api/v1/nodes/real"}) {
		t.Errorf("left %v", left)
	}
}
