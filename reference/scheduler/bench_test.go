package scheduler

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// benchmarkPlacing measures decisions per pod, without an API server, in a
// cluster of 5,000 nodes in three zones with 10 pods each.
func benchmarkPlacing(b *testing.B, change func(i int, pod *corev1.Pod)) {
	b.Helper()
	s, err := New(Options{Client: fake.NewClientset()})
	if err != nil {
		b.Fatal(err)
	}
	const nodes, podsPerNode = 5000, 10
	newPod := func(name string) *snapshot.Pod {
		object := testPod(name, "10m")
		object.OwnerReferences = []metav1.OwnerReference{{UID: types.UID("rs-" + name[:1]), Controller: new(true)}}
		change(len(name), object)
		pod, err := snapshot.NewPod(object)
		if err != nil {
			b.Fatal(err)
		}
		return pod
	}
	for i := range nodes {
		node := testNode(fmt.Sprintf("node-%d", i), "64")
		node.Labels[corev1.LabelTopologyZone] = fmt.Sprintf("zone-%d", i%3)
		node.Status.Allocatable[corev1.ResourcePods] = resource.MustParse("5000")
		s.cache.SetNode(node)
		for j := range podsPerNode {
			s.cache.Assume(newPod(fmt.Sprintf("%d-%d", j, i)), node.Name)
		}
	}
	s.cache.Update(&s.nodes)
	runtime.GC()
	before := cpuTime(b)
	i := 0
	for b.Loop() {
		i++
		pod := newPod(fmt.Sprintf("0-new-%d", i))
		s.cache.Update(&s.nodes)
		node, why, err := s.find(pod)
		if err != nil || node == nil {
			b.Fatal(why, err)
		}
		s.cache.Assume(pod, node.Name)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pods/s")
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/pod")
}

// cpuTime is what the process has used, which other processes do not distort.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkPlain5000 is the target of 1,000 pods a second.
func BenchmarkPlain5000(b *testing.B) { benchmarkPlacing(b, func(int, *corev1.Pod) {}) }

func BenchmarkSpread5000(b *testing.B) {
	benchmarkPlacing(b, func(_ int, pod *corev1.Pod) {
		pod.Labels = map[string]string{"app": "web"}
		pod.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
			MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone, WhenUnsatisfiable: corev1.DoNotSchedule,
			LabelSelector: &metav1.LabelSelector{MatchLabels: pod.Labels},
		}}
	})
}

func BenchmarkAntiAffinity5000(b *testing.B) {
	benchmarkPlacing(b, func(length int, pod *corev1.Pod) {
		if length < len("0-new-1") {
			return // only the new pods have it
		}
		pod.Labels = map[string]string{"app": "web"}
		pod.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
				TopologyKey: corev1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: pod.Labels},
			}},
		}}
	})
}
