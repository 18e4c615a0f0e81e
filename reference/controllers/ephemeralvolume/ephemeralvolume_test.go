package ephemeralvolume

import (
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func TestPodWithEphemeralVolumeGetsItsClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p"}}
		pod.Spec.Volumes = []corev1.Volume{
			{Name: "other", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
			{Name: "scratch", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{
				VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{
					ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"a": "b"}},
					Spec:       corev1.PersistentVolumeClaimSpec{StorageClassName: new("fast")},
				},
			}}},
		}
		client := controllertest.NewClient(pod)
		b := controllertest.Start(t, client, New)
		list, err := client.CoreV1().PersistentVolumeClaims("ns").List(t.Context(), metav1.ListOptions{})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("claims %v, err %v; want one", list.Items, err)
		}
		c := list.Items[0]
		if c.Name != "p-scratch" || c.Labels["a"] != "b" || *c.Spec.StorageClassName != "fast" || !metav1.IsControlledBy(&c, pod) {
			t.Errorf("claim %+v", c)
		}
		b.Steady()
	})
}
