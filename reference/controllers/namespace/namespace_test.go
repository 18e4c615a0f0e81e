package namespace

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/metadata"
	metadatafake "k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controller/controllertest"
	"github.com/seatrial/seatrial/reference/controllers/served"
)

func resource(group, plural string) served.Resource {
	return served.Resource{
		GroupVersionResource: schema.GroupVersionResource{Group: group, Version: "v1", Resource: plural},
		Namespaced:           true, Verbs: []string{"list", "delete"},
	}
}

func object(apiVersion, kind, name string, finalizers ...string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta:   metav1.TypeMeta{APIVersion: apiVersion, Kind: kind},
		ObjectMeta: metav1.ObjectMeta{Namespace: "gone", Name: name, Finalizers: finalizers},
	}
}

// contents is a metadata client; objects with finalizers survive a delete.
func contents(objects ...runtime.Object) *metadatafake.FakeMetadataClient {
	scheme := metadatafake.NewTestScheme()
	_ = metav1.AddMetaToScheme(scheme)
	client := metadatafake.NewSimpleMetadataClient(scheme, objects...)
	client.PrependReactor("delete", "*", func(a clienttesting.Action) (bool, runtime.Object, error) {
		obj, err := client.Tracker().Get(a.GetResource(), a.GetNamespace(), a.(clienttesting.DeleteAction).GetName())
		if err != nil || len(obj.(*metav1.PartialObjectMetadata).Finalizers) == 0 {
			return false, nil, err
		}
		return true, nil, nil
	})
	return client
}

func terminating() *corev1.Namespace {
	return &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: "gone", DeletionTimestamp: new(metav1.Now()), Finalizers: []string{"test/keep"}},
		Spec:       corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{corev1.FinalizerKubernetes}},
		Status:     corev1.NamespaceStatus{Phase: corev1.NamespaceTerminating},
	}
}

func start(t *testing.T, ns *corev1.Namespace, content metadata.Interface, resources served.Func) (*controllertest.Bench, *[]string) {
	t.Helper()
	finalized := &[]string{}
	client := controllertest.NewClient(ns)
	client.PrependReactor("*", "namespaces", func(a clienttesting.Action) (bool, runtime.Object, error) {
		if a.GetSubresource() == "finalize" {
			*finalized = append(*finalized, a.GetVerb())
			return true, nil, client.Tracker().Delete(a.GetResource(), "", ns.Name)
		}
		return false, nil, nil
	})
	return controllertest.Start(t, client, func(env controller.Env) (controller.Controller, error) {
		return New(env, content, resources)
	}), finalized
}

func static(all ...served.Resource) served.Func {
	return func(context.Context) ([]served.Resource, error) { return all, nil }
}

func TestNamespaceIsFinalizedOnceItIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := contents(object("v1", "Pod", "p"), object("v1", "ConfigMap", "c"), object("example.com/v1", "Widget", "w"))
		b, finalized := start(t, terminating(), content, static(resource("", "pods"), resource("", "configmaps"), resource("example.com", "widgets")))
		if len(*finalized) != 1 {
			t.Fatalf("finalized %d times, want once", len(*finalized))
		}
		for _, r := range []string{"configmaps", "pods"} {
			list, _ := content.Resource(resource("", r).GroupVersionResource).Namespace("gone").List(t.Context(), metav1.ListOptions{})
			if len(list.Items) > 0 {
				t.Errorf("%d %s left", len(list.Items), r)
			}
		}
		b.Steady()
	})
}

// KEP-5080: the rest of a namespace is deleted when its pods have gone, not before.
func TestOtherContentWaitsForPods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := contents(object("v1", "Pod", "p", "test/wait"), object("v1", "ConfigMap", "c"))
		b, finalized := start(t, terminating(), content, static(resource("", "pods"), resource("", "configmaps")))
		list, err := content.Resource(resource("", "configmaps").GroupVersionResource).Namespace("gone").List(t.Context(), metav1.ListOptions{})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("config maps: %v, %v; want one", list.Items, err)
		}
		if len(*finalized) != 0 {
			t.Error("finalized with a pod left")
		}
		want := map[corev1.NamespaceConditionType]string{
			corev1.NamespaceContentRemaining:    "SomeResourcesRemain",
			corev1.NamespaceFinalizersRemaining: "SomeFinalizersRemain",
		}
		for _, c := range conditions(t, b.Client) {
			if reason, ok := want[c.Type]; ok && (c.Status != corev1.ConditionTrue || c.Reason != reason) {
				t.Errorf("condition %s = %s, %s; want True, %s", c.Type, c.Status, c.Reason, reason)
			}
		}
		b.Steady()
		if err := content.Tracker().Delete(resource("", "pods").GroupVersionResource, "gone", "p"); err != nil {
			t.Fatal(err)
		}
		b.Settle(latest + time.Second)
		if len(*finalized) != 1 {
			t.Errorf("finalized %d times after the pod had gone, want once", len(*finalized))
		}
	})
}

func TestNamespaceIsKeptWhileDiscoveryIsIncomplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		resources := func(context.Context) ([]served.Resource, error) {
			return []served.Resource{resource("", "pods")}, &served.Incomplete{Groups: map[schema.GroupVersion]error{{Group: "metrics", Version: "v1"}: errors.New("503")}}
		}
		b, finalized := start(t, terminating(), contents(), resources)
		if len(*finalized) != 0 {
			t.Error("finalized although a group could not be asked")
		}
		if c := conditions(t, b.Client)[0]; c.Type != corev1.NamespaceDeletionDiscoveryFailure || c.Status != corev1.ConditionTrue {
			t.Errorf("first condition = %+v", c)
		}
	})
}

func TestActiveNamespaceIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "gone"}, Spec: corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{corev1.FinalizerKubernetes}}}
		content := contents(object("v1", "ConfigMap", "c"))
		b, finalized := start(t, ns, content, static(resource("", "configmaps")))
		b.Steady()
		if len(*finalized) != 0 || len(content.Actions()) != 0 {
			t.Errorf("finalized %v, actions %v", *finalized, content.Actions())
		}
	})
}

func conditions(t *testing.T, client *fake.Clientset) []corev1.NamespaceCondition {
	t.Helper()
	ns, err := client.CoreV1().Namespaces().Get(t.Context(), "gone", metav1.GetOptions{})
	if err != nil || len(ns.Status.Conditions) == 0 {
		t.Fatalf("namespace %v, err %v", ns, err)
	}
	return ns.Status.Conditions
}
