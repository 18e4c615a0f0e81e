// Package stats tells how much of the node its pods use: the summary API and metrics for scrapers.
package stats

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	statsv1alpha1 "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
	kubelettypes "k8s.io/kubelet/pkg/types"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

// Options are the dependencies of Stats.
type Options struct {
	NodeName string
	CRI      *cri.Client
	// Pods returns the pods of the node.
	Pods func() []*corev1.Pod
	// PodDir is the directory of a pod's volumes, by UID.
	PodDir func(uid string) string
	// RootDir is on the file system that has the pods.
	RootDir string
	Clock   clock.PassiveClock
}

// Stats reads usage when it is asked; nothing is measured in between.
type Stats struct {
	Options
	host host
}

// New returns the statistics of a node.
func New(options Options) *Stats {
	return &Stats{Options: options, host: host{proc: "/proc", rootDir: options.RootDir}}
}

// ServeHTTP answers /stats/summary.
func (s *Stats) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	summary, err := s.Summary(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(summary); err != nil {
		return // the caller went away
	}
}

// Summary reads the usage of the node and of each pod that runs.
func (s *Stats) Summary(ctx context.Context) (*statsv1alpha1.Summary, error) {
	answer, err := s.CRI.Runtime.ListPodSandboxStats(ctx, &runtimeapi.ListPodSandboxStatsRequest{})
	if err != nil {
		return nil, fmt.Errorf("read pod statistics: %w", err)
	}
	node, err := s.host.stats(s.Clock.Now())
	if err != nil {
		return nil, err
	}
	node.NodeName = s.NodeName
	summary := &statsv1alpha1.Summary{Node: node, Pods: []statsv1alpha1.PodStats{}}
	known := map[string]*corev1.Pod{}
	for _, pod := range s.Pods() {
		known[string(pod.UID)] = pod
	}
	for _, stats := range answer.Stats {
		if pod := known[stats.GetAttributes().GetMetadata().GetUid()]; pod != nil && stats.Linux != nil {
			summary.Pods = append(summary.Pods, s.pod(pod, stats))
		}
	}
	return summary, nil
}

func (s *Stats) pod(pod *corev1.Pod, stats *runtimeapi.PodSandboxStats) statsv1alpha1.PodStats {
	out := statsv1alpha1.PodStats{
		PodRef: statsv1alpha1.PodReference{Name: pod.Name, Namespace: pod.Namespace, UID: string(pod.UID)},
		CPU:    cpuOf(stats.Linux.Cpu), Memory: memoryOf(stats.Linux.Memory), Network: networkOf(stats.Linux.Network),
		Containers: []statsv1alpha1.ContainerStats{},
	}
	if pod.Status.StartTime != nil {
		out.StartTime = *pod.Status.StartTime
	}
	if n := stats.Linux.GetProcess().GetProcessCount(); n != nil {
		out.ProcessStats = &statsv1alpha1.ProcessStats{ProcessCount: &n.Value}
	}
	now := metav1.NewTime(s.Clock.Now())
	var written uint64
	for _, container := range stats.Linux.Containers {
		if !runs(pod, container.GetAttributes().GetId()) {
			continue // an earlier run of the same name
		}
		c := containerOf(pod, container, now)
		if c.Rootfs != nil && c.Rootfs.UsedBytes != nil {
			written += *c.Rootfs.UsedBytes
		}
		out.Containers = append(out.Containers, c)
	}
	out.VolumeStats = s.volumes(pod, now)
	for _, volume := range out.VolumeStats {
		written += *volume.UsedBytes
	}
	out.EphemeralStorage = &statsv1alpha1.FsStats{Time: now, UsedBytes: &written}
	return out
}

func containerOf(pod *corev1.Pod, stats *runtimeapi.ContainerStats, now metav1.Time) statsv1alpha1.ContainerStats {
	name := stats.GetAttributes().GetLabels()[kubelettypes.KubernetesContainerNameLabel]
	if name == "" {
		name = stats.GetAttributes().GetMetadata().GetName()
	}
	out := statsv1alpha1.ContainerStats{Name: name, StartTime: startOf(pod, name), CPU: cpuOf(stats.Cpu), Memory: memoryOf(stats.Memory)}
	if layer := stats.WritableLayer; layer != nil {
		out.Rootfs = &statsv1alpha1.FsStats{Time: now, UsedBytes: value(layer.UsedBytes), InodesUsed: value(layer.InodesUsed)}
	}
	return out
}

func runs(pod *corev1.Pod, id string) bool {
	for _, list := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses, pod.Status.EphemeralContainerStatuses} {
		for i := range list {
			if list[i].State.Running != nil && strings.HasSuffix(list[i].ContainerID, "://"+id) {
				return true
			}
		}
	}
	return false
}

func startOf(pod *corev1.Pod, name string) metav1.Time {
	for _, list := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for i := range list {
			if list[i].Name == name && list[i].State.Running != nil {
				return list[i].State.Running.StartedAt
			}
		}
	}
	return pod.CreationTimestamp
}

func cpuOf(usage *runtimeapi.CpuUsage) *statsv1alpha1.CPUStats {
	if usage == nil {
		return nil
	}
	return &statsv1alpha1.CPUStats{
		Time:           metav1.NewTime(time.Unix(0, usage.Timestamp)),
		UsageNanoCores: value(usage.UsageNanoCores), UsageCoreNanoSeconds: value(usage.UsageCoreNanoSeconds),
	}
}

func memoryOf(usage *runtimeapi.MemoryUsage) *statsv1alpha1.MemoryStats {
	if usage == nil {
		return nil
	}
	return &statsv1alpha1.MemoryStats{
		Time:           metav1.NewTime(time.Unix(0, usage.Timestamp)),
		AvailableBytes: value(usage.AvailableBytes), UsageBytes: value(usage.UsageBytes), WorkingSetBytes: value(usage.WorkingSetBytes),
		RSSBytes: value(usage.RssBytes), PageFaults: value(usage.PageFaults), MajorPageFaults: value(usage.MajorPageFaults),
	}
}

func networkOf(usage *runtimeapi.NetworkUsage) *statsv1alpha1.NetworkStats {
	if usage == nil {
		return nil
	}
	out := &statsv1alpha1.NetworkStats{Time: metav1.NewTime(time.Unix(0, usage.Timestamp))}
	if usage.DefaultInterface != nil {
		out.InterfaceStats = interfaceOf(usage.DefaultInterface)
		out.Interfaces = append(out.Interfaces, out.InterfaceStats)
	}
	for _, other := range usage.Interfaces {
		if other.Name == usage.DefaultInterface.GetName() {
			continue
		}
		out.Interfaces = append(out.Interfaces, interfaceOf(other))
	}
	return out
}

func interfaceOf(usage *runtimeapi.NetworkInterfaceUsage) statsv1alpha1.InterfaceStats {
	return statsv1alpha1.InterfaceStats{
		Name: usage.Name, RxBytes: value(usage.RxBytes), RxErrors: value(usage.RxErrors),
		TxBytes: value(usage.TxBytes), TxErrors: value(usage.TxErrors),
	}
}

func value(v *runtimeapi.UInt64Value) *uint64 {
	if v == nil {
		return nil
	}
	return &v.Value
}
