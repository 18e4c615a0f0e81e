package rootca

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func TestPlan(t *testing.T) {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
	right := plan(ns, nil, "CA")
	wrong := right.DeepCopy()
	wrong.Data["more"] = "x"
	bare := right.DeepCopy()
	bare.Annotations = nil
	leaving := ns.DeepCopy()
	leaving.Status.Phase = corev1.NamespaceTerminating
	for _, tt := range []struct {
		name  string
		ns    *corev1.Namespace
		old   *corev1.ConfigMap
		write bool
	}{
		{"missing", ns, nil, true},
		{"right", ns, right, false},
		{"changed by someone", ns, wrong, true},
		{"without description", ns, bare, true},
		{"terminating namespace", leaving, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next := plan(tt.ns, tt.old, "CA")
			if (next != nil) != tt.write {
				t.Fatalf("writes %v, want %t", next, tt.write)
			}
			if next != nil && (len(next.Data) != 1 || next.Data[key] != "CA" || next.Annotations[description] == "") {
				t.Errorf("writes %+v", next)
			}
		})
	}
}

func TestBundleIsPublishedAndRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
		b := controllertest.Start(t, client, func(env controller.Env) (controller.Controller, error) { return New(env, []byte("CA")) })
		maps := client.CoreV1().ConfigMaps("a")
		cm, err := maps.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil || cm.Data[key] != "CA" {
			t.Fatalf("published %v, %v", cm, err)
		}
		cm.Data[key] = "forged"
		if _, err := maps.Update(t.Context(), cm, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if cm, err = maps.Get(t.Context(), name, metav1.GetOptions{}); err != nil || cm.Data[key] != "CA" {
			t.Errorf("after a change: %v, %v", cm, err)
		}
		b.Steady()
	})
}
