package replicaset

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func replicaSet(replicas int32) *appsv1.ReplicaSet {
	labels := map[string]string{"app": "web"}
	return &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web"},
		Spec: appsv1.ReplicaSetSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}},
		},
	}
}

func get(t *testing.T, client *fake.Clientset) *appsv1.ReplicaSet {
	t.Helper()
	rs, err := client.AppsV1().ReplicaSets("ns").Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func TestReplicaSetReplacesDeletedPod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(replicaSet(3))
		b := controllertest.Start(t, client, New)
		pods := b.Pods("ns")
		if len(pods) != 3 || !metav1.IsControlledBy(&pods[0], get(t, client)) {
			t.Fatalf("%d pods, first owned by %v; want 3 of web", len(pods), pods[0].OwnerReferences)
		}
		if err := client.CoreV1().Pods("ns").Delete(t.Context(), pods[0].Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if n := len(b.Pods("ns")); n != 3 {
			t.Errorf("%d pods after a deletion, want 3", n)
		}
		b.MakeReady("ns")
		if s := get(t, client).Status; s.Replicas != 3 || s.ReadyReplicas != 3 || s.AvailableReplicas != 3 || s.FullyLabeledReplicas != 3 || s.ObservedGeneration != 1 {
			t.Errorf("status %+v", s)
		}
		b.Steady()
	})
}

func TestScaleDownDeletesPods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(replicaSet(5))
		b := controllertest.Start(t, client, New)
		rs := get(t, client)
		rs.Spec.Replicas = new(int32(2))
		if _, err := client.AppsV1().ReplicaSets("ns").Update(t.Context(), rs, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if n, s := len(b.Pods("ns")), get(t, client).Status; n != 2 || s.Replicas != 2 || s.ObservedGeneration != 2 {
			t.Errorf("%d pods, status %+v", n, s)
		}
		b.Steady()
	})
}

func TestMatchingOrphanIsAdoptedAndRelabelledPodReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		orphan := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "orphan", Labels: map[string]string{"app": "web"}}}
		client := controllertest.NewClient(replicaSet(1), orphan)
		b := controllertest.Start(t, client, New)
		pods := b.Pods("ns")
		if len(pods) != 1 || !metav1.IsControlledBy(&pods[0], get(t, client)) {
			t.Fatalf("pods %v; want the orphan, adopted", pods)
		}
		patch := []byte(`{"metadata":{"labels":{"app":"other"}}}`)
		if _, err := client.CoreV1().Pods("ns").Patch(t.Context(), "orphan", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		released, err := client.CoreV1().Pods("ns").Get(t.Context(), "orphan", metav1.GetOptions{})
		if err != nil || len(released.OwnerReferences) != 0 || len(b.Pods("ns")) != 2 {
			t.Errorf("orphan %v, err %v, %d pods; want it released and replaced", released.OwnerReferences, err, len(b.Pods("ns")))
		}
		b.Steady()
	})
}

func TestMinReadySecondsDelayAvailability(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rs := replicaSet(1)
		rs.Spec.MinReadySeconds = 30
		client := controllertest.NewClient(rs)
		b := controllertest.Start(t, client, New)
		b.MakeReady("ns")
		if s := get(t, client).Status; s.ReadyReplicas != 1 || s.AvailableReplicas != 0 {
			t.Errorf("at once: %+v; want ready, not available", s)
		}
		b.Settle(30 * time.Second)
		if s := get(t, client).Status; s.AvailableReplicas != 1 {
			t.Errorf("after 30 s: %+v; want available", s)
		}
		b.Steady()
	})
}

func TestRefusedPodsBecomeReplicaFailureUntilTheyAreAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(replicaSet(2))
		var allowed atomic.Bool
		client.PrependReactor("create", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			if !allowed.Load() {
				return true, nil, errors.New("exceeded quota")
			}
			return false, nil, nil
		})
		b := controllertest.Start(t, client, New)
		c := get(t, client).Status.Conditions
		if len(c) != 1 || c[0].Type != appsv1.ReplicaSetReplicaFailure || c[0].Reason != "FailedCreate" {
			t.Fatalf("conditions %+v; want ReplicaFailure", c)
		}
		if events := b.Reasons(); len(events) == 0 || !strings.Contains(events[0], "FailedCreate Error creating: exceeded quota") {
			t.Errorf("events %q", events)
		}
		allowed.Store(true)
		b.Settle(time.Minute)
		if s := get(t, client).Status; s.Replicas != 2 || len(s.Conditions) != 0 {
			t.Errorf("status %+v; want 2 pods and no condition", s)
		}
	})
}

func TestNothingIsReplacedWhileTheSetIsBeingDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rs := replicaSet(2)
		rs.DeletionTimestamp, rs.Finalizers = new(metav1.Now()), []string{metav1.FinalizerDeleteDependents}
		b := controllertest.Start(t, controllertest.NewClient(rs), New)
		b.Steady()
		if n := len(b.Pods("ns")); n != 0 {
			t.Errorf("%d pods, want none", n)
		}
	})
}

func TestReplicationControllerKeepsItsPods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		labels := map[string]string{"app": "web"}
		client := controllertest.NewClient(&corev1.ReplicationController{
			ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web"},
			Spec: corev1.ReplicationControllerSpec{
				Replicas: new(int32(2)), Selector: labels, Template: &corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}},
			},
		})
		b := controllertest.Start(t, client, NewForControllers)
		b.MakeReady("ns")
		rc, err := client.CoreV1().ReplicationControllers("ns").Get(t.Context(), "web", metav1.GetOptions{})
		if err != nil || rc.Status.Replicas != 2 || rc.Status.ReadyReplicas != 2 {
			t.Errorf("status %+v, err %v", rc.Status, err)
		}
		if ref := b.Pods("ns")[0].OwnerReferences[0]; ref.Kind != "ReplicationController" || ref.APIVersion != "v1" {
			t.Errorf("pods are owned by %+v", ref)
		}
		b.Steady()
	})
}
