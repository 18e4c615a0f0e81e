package storage_test

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubestorage "k8s.io/apiserver/pkg/storage"

	"github.com/seatrial/seatrial/reference/api/scheme"
	"github.com/seatrial/seatrial/reference/apiserver/storage"
	"github.com/seatrial/seatrial/reference/etcd"
)

// TestANewWatchHoldsUpNobodysConsistentReads lists through one resource's cache
// while another's watch waits for the next write, which never comes.
func TestANewWatchHoldsUpNobodysConsistentReads(t *testing.T) {
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Stop)
	if err := member.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	backend := storage.NewBackend(storage.Options{Client: member.Client()})
	t.Cleanup(backend.Stop)
	getter, err := backend.Encoded(scheme.Codecs, corev1.SchemeGroupVersion, corev1.SchemeGroupVersion)
	if err != nil {
		t.Fatal(err)
	}

	first := open(t, getter, "configmaps", func() runtime.Object { return &corev1.ConfigMap{} }, func() runtime.Object { return &corev1.ConfigMapList{} })
	list(t, first, "configmaps", &corev1.ConfigMapList{})
	if _, err := member.Client().Put(t.Context(), "/elsewhere", "1"); err != nil {
		t.Fatal(err)
	}
	second := open(t, getter, "secrets", func() runtime.Object { return &corev1.Secret{} }, func() runtime.Object { return &corev1.SecretList{} })
	list(t, second, "secrets", &corev1.SecretList{})
	list(t, first, "configmaps", &corev1.ConfigMapList{})
}

func open(t *testing.T, getter *storage.Getter, resource string, newFunc, newList func() runtime.Object) kubestorage.Interface {
	t.Helper()
	options, err := getter.GetRESTOptions(schema.GroupResource{Resource: resource}, newFunc())
	if err != nil {
		t.Fatal(err)
	}
	keyOf := func(o runtime.Object) (string, error) {
		return kubestorage.NamespaceKeyFunc("/"+options.ResourcePrefix, o)
	}
	s, destroy, err := options.Decorator(options.StorageConfig, "/"+options.ResourcePrefix, keyOf, newFunc, newList, kubestorage.DefaultNamespaceScopedAttr, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(destroy)
	ready, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for s.ReadinessCheck() != nil {
		select {
		case <-ready.Done():
			t.Fatal(s.ReadinessCheck())
		case <-time.After(time.Millisecond):
		}
	}
	return s
}

// list reads consistently. The cache gives up after three seconds, so a list
// that takes two was held up.
func list(t *testing.T, s kubestorage.Interface, resource string, into runtime.Object) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	all := kubestorage.ListOptions{Predicate: kubestorage.Everything, Recursive: true}
	if err := s.GetList(ctx, "/"+resource, all, into); err != nil {
		t.Errorf("list %T: %v", into, err)
	}
}
