package garbage

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	metadatafake "k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/objects"
	"github.com/seatrial/seatrial/reference/controllers/served"
)

var (
	pods = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	sets = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
)

func meta(kind, name string, owners ...string) *metav1.PartialObjectMetadata {
	m := &metav1.PartialObjectMetadata{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: kind},
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID(name), ResourceVersion: "1"},
	}
	if kind == "ReplicaSet" {
		m.APIVersion = "apps/v1"
	}
	for _, o := range owners {
		m.OwnerReferences = append(m.OwnerReferences, metav1.OwnerReference{
			APIVersion: "apps/v1", Kind: "ReplicaSet", Name: o, UID: types.UID(o), BlockOwnerDeletion: new(true),
		})
	}
	return m
}

func waitingFor(m *metav1.PartialObjectMetadata, finalizer string) *metav1.PartialObjectMetadata {
	m.DeletionTimestamp, m.Finalizers = new(metav1.Now()), []string{finalizer}
	return m
}

func run(t *testing.T, existing ...runtime.Object) *metadatafake.FakeMetadataClient {
	t.Helper()
	scheme := metadatafake.NewTestScheme()
	_ = metav1.AddMetaToScheme(scheme)
	client := metadatafake.NewSimpleMetadataClient(scheme, existing...)
	verbs := []string{"get", "list", "watch", "delete"}
	resources := func(context.Context) ([]served.Resource, error) {
		return []served.Resource{
			{GroupVersionResource: pods, Kind: "Pod", Namespaced: true, Verbs: verbs},
			{GroupVersionResource: sets, Kind: "ReplicaSet", Namespaced: true, Verbs: verbs},
		}, nil
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	env := controller.Env{Log: log, Recorder: func(string) record.EventRecorder { return record.NewFakeRecorder(10) }}
	all := objects.New(client, resources, nil, log)
	c, err := New(env, client, all)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c.Beside = all.Run
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, log) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	settle()
	return client
}

func settle() {
	<-time.After(time.Second)
	synctest.Wait()
}

func exists(client *metadatafake.FakeMetadataClient, gvr schema.GroupVersionResource, name string) bool {
	_, err := client.Tracker().Get(gvr, "ns", name)
	return err == nil
}

func TestDependentsOfAnOwnerThatHasGoneAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := run(t, meta("ReplicaSet", "web"), meta("Pod", "a", "web"), meta("Pod", "b", "web"), meta("Pod", "free"), meta("Pod", "lost", "never"))
		if exists(client, pods, "lost") || !exists(client, pods, "a") {
			t.Error("at the start: a pod whose owner never existed is to go, one whose owner exists to stay")
		}
		if err := client.Tracker().Delete(sets, "ns", "web"); err != nil {
			t.Fatal(err)
		}
		settle()
		if exists(client, pods, "a") || exists(client, pods, "b") || !exists(client, pods, "free") {
			t.Error("dependents left, or too much deleted")
		}
		for _, a := range client.Actions() {
			if d, ok := a.(clienttesting.DeleteActionImpl); ok {
				if p := d.DeleteOptions.Preconditions; p == nil || p.UID == nil || p.ResourceVersion == nil {
					t.Errorf("deletion of %q without preconditions", d.Name)
				}
			}
		}
	})
}

func TestForegroundOwnerGoesAfterItsDependents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := meta("Pod", "held", "web")
		client := run(t, waitingFor(meta("ReplicaSet", "web"), metav1.FinalizerDeleteDependents), waitingFor(held, "test/held"), meta("Pod", "a", "web"))
		if exists(client, pods, "a") {
			t.Error("dependent left")
		}
		if len(finalizers(t, client)) != 1 {
			t.Error("the owner was let go before its dependent")
		}
		if err := client.Tracker().Delete(pods, "ns", "held"); err != nil {
			t.Fatal(err)
		}
		settle()
		if f := finalizers(t, client); len(f) != 0 {
			t.Errorf("finalizers %v; want none", f)
		}
	})
}

func TestOrphanedDependentsStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := run(t, waitingFor(meta("ReplicaSet", "web"), metav1.FinalizerOrphanDependents), meta("Pod", "a", "web"))
		obj, err := client.Tracker().Get(pods, "ns", "a")
		if err != nil || len(obj.(*metav1.PartialObjectMetadata).OwnerReferences) != 0 {
			t.Errorf("dependent %v, err %v; want it without owner", obj, err)
		}
		if f := finalizers(t, client); len(f) != 0 {
			t.Errorf("finalizers %v; want none", f)
		}
	})
}

func finalizers(t *testing.T, client *metadatafake.FakeMetadataClient) []string {
	t.Helper()
	obj, err := client.Tracker().Get(sets, "ns", "web")
	if err != nil {
		t.Fatal(err)
	}
	return obj.(*metav1.PartialObjectMetadata).Finalizers
}
