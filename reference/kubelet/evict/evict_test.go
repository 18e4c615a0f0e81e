package evict

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	statsv1alpha1 "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/status"
)

func limited() *corev1.Pod {
	limit := resource.MustParse("1Mi")
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "u"}, Spec: corev1.PodSpec{
		Volumes: []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: &limit}}}},
		Containers: []corev1.Container{{Name: "c", Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{
			corev1.ResourceEphemeralStorage: resource.MustParse("2Mi"),
		}}}},
	}}
}

func usage(volume, rootfs uint64) statsv1alpha1.PodStats {
	total := volume + rootfs
	return statsv1alpha1.PodStats{
		PodRef:           statsv1alpha1.PodReference{UID: "u"},
		VolumeStats:      []statsv1alpha1.VolumeStats{{Name: "v", FsStats: statsv1alpha1.FsStats{UsedBytes: &volume}}},
		Containers:       []statsv1alpha1.ContainerStats{{Name: "c", Rootfs: &statsv1alpha1.FsStats{UsedBytes: &rootfs}}},
		EphemeralStorage: &statsv1alpha1.FsStats{UsedBytes: &total},
	}
}

func TestExceeds(t *testing.T) {
	for _, tt := range []struct {
		volume, rootfs uint64
		want           string
	}{
		{0, 0, ""},
		{1 << 20, 1 << 20, ""},
		{1<<20 + 1, 0, `Usage of EmptyDir volume "v" exceeds the limit "1Mi". `},
		{0, 2<<20 + 1, `Container c exceeded its local ephemeral storage limit "2Mi". `},
		{1 << 20, 1<<20 + 1, "Pod ephemeral local storage usage exceeds the total limit of containers. "},
	} {
		stats := usage(tt.volume, tt.rootfs)
		if got := Exceeds(limited(), &stats); got != tt.want {
			t.Errorf("Exceeds(%d, %d) = %q; want %q", tt.volume, tt.rootfs, got, tt.want)
		}
	}
}

func TestPodOverItsLimitIsEvictedWithinTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var verdicts []status.Verdict
		var measured atomic.Int32
		var pods atomic.Value
		pods.Store([]*corev1.Pod{{}})
		w := &Watcher{
			Clock: clock.RealClock{}, Pods: func() []*corev1.Pod { return pods.Load().([]*corev1.Pod) },
			Summary: func(context.Context) (*statsv1alpha1.Summary, error) {
				measured.Add(1)
				return &statsv1alpha1.Summary{Pods: []statsv1alpha1.PodStats{usage(5<<20, 0)}}, nil
			},
			Evict: func(_ types.UID, verdict status.Verdict) { verdicts = append(verdicts, verdict) },
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go w.Run(ctx)
		time.Sleep(15 * time.Second)
		if measured.Load() != 0 {
			t.Error("measured although no pod has a limit")
		}
		pods.Store([]*corev1.Pod{limited()})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if len(verdicts) != 1 || verdicts[0].Reason != "Evicted" || verdicts[0].Condition.Type != corev1.DisruptionTarget {
			t.Errorf("verdicts = %+v", verdicts)
		}
	})
}
