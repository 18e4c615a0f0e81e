package protection

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func TestPlan(t *testing.T) {
	for _, tt := range []struct {
		name           string
		finalizers     []string
		deleting, used bool
		want           []string
	}{
		{"new", nil, false, true, []string{"f"}},
		{"protected", []string{"f"}, false, true, []string{"f"}},
		{"deleted while used", []string{"f"}, true, true, []string{"f"}},
		{"deleted and unused", []string{"x", "f"}, true, false, []string{"x"}},
		{"deleted, never protected", []string{"x"}, true, false, []string{"x"}},
	} {
		obj := &metav1.ObjectMeta{Finalizers: tt.finalizers}
		if tt.deleting {
			obj.DeletionTimestamp = new(metav1.Now())
		}
		got, changed := plan(obj, "f", tt.used)
		if !slices.Equal(got, tt.want) || changed == slices.Equal(tt.finalizers, tt.want) {
			t.Errorf("%s: finalizers %v, changed %t; want %v", tt.name, got, changed, tt.want)
		}
	}
}

func TestClaimStaysUntilItsPodHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p"}, Spec: corev1.PodSpec{NodeName: "n", Volumes: []corev1.Volume{{
			VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}},
		}}}}
		client := controllertest.NewClient(pod, &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "data"}})
		b := controllertest.Start(t, client, NewForClaims)
		claims := client.CoreV1().PersistentVolumeClaims("ns")
		if err := claims.Delete(t.Context(), "data", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Steady()
		if _, err := claims.Get(t.Context(), "data", metav1.GetOptions{}); err != nil {
			t.Fatalf("claim in use: %v", err)
		}
		if err := client.CoreV1().Pods("ns").Delete(t.Context(), "p", metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if _, err := claims.Get(t.Context(), "data", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("after its pod had gone: %v; want not found", err)
		}
	})
}
