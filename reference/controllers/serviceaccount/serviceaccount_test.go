package serviceaccount

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func TestPlan(t *testing.T) {
	active := &corev1.Namespace{}
	leaving := &corev1.Namespace{Status: corev1.NamespaceStatus{Phase: corev1.NamespaceTerminating}}
	for _, tt := range []struct {
		name   string
		ns     *corev1.Namespace
		exists bool
		want   bool
	}{
		{"new namespace", active, false, true},
		{"account exists", active, true, false},
		{"terminating namespace", leaving, false, false},
	} {
		if got := plan(tt.ns, tt.exists); got != tt.want {
			t.Errorf("%s: create = %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestDefaultAccountIsCreatedAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
		b := controllertest.Start(t, client, New)
		accounts := client.CoreV1().ServiceAccounts("a")
		first, err := accounts.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := accounts.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		second, err := accounts.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil || second.UID == first.UID {
			t.Errorf("after deletion: %v, %v; want a new account", second, err)
		}
		b.Steady()
	})
}
