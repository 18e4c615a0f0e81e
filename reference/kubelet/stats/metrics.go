package stats

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	corev1 "k8s.io/api/core/v1"
	statsv1alpha1 "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
)

const scrapeTimeout = 10 * time.Second

// Handlers returns the metrics by path: /metrics of the agent itself, /metrics/resource for the metrics
// API, /metrics/cadvisor with the names that dashboards know.
func (s *Stats) Handlers() map[string]http.Handler {
	return map[string]http.Handler{
		"/metrics":          handler(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &agent{stats: s}),
		"/metrics/resource": handler(&usage{stats: s, names: resourceNames()}),
		"/metrics/cadvisor": handler(&usage{stats: s, names: cadvisorNames()}),
	}
}

func handler(sources ...prometheus.Collector) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(sources...)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// names are the descriptions of a set of metrics; a nil one is left out.
type names struct {
	nodeCPU, nodeMemory                             *prometheus.Desc
	podCPU, podMemory                               *prometheus.Desc
	containerCPU, containerMemory, containerStart   *prometheus.Desc
	containerUsage, receive, transmit, scrapeFailed *prometheus.Desc
}

func resourceNames() names {
	container, pod := []string{"container", "namespace", "pod"}, []string{"namespace", "pod"}
	return names{
		nodeCPU:         prometheus.NewDesc("node_cpu_usage_seconds_total", "Cumulative cpu time consumed by the node in core-seconds", nil, nil),
		nodeMemory:      prometheus.NewDesc("node_memory_working_set_bytes", "Current working set of the node in bytes", nil, nil),
		podCPU:          prometheus.NewDesc("pod_cpu_usage_seconds_total", "Cumulative cpu time consumed by the pod in core-seconds", pod, nil),
		podMemory:       prometheus.NewDesc("pod_memory_working_set_bytes", "Current working set of the pod in bytes", pod, nil),
		containerCPU:    prometheus.NewDesc("container_cpu_usage_seconds_total", "Cumulative cpu time consumed by the container in core-seconds", container, nil),
		containerMemory: prometheus.NewDesc("container_memory_working_set_bytes", "Current working set of the container in bytes", container, nil),
		containerStart:  prometheus.NewDesc("container_start_time_seconds", "Start time of the container since unix epoch in seconds", container, nil),
		scrapeFailed:    prometheus.NewDesc("resource_scrape_error", "1 if there was an error while getting container metrics, 0 otherwise", nil, nil),
	}
}

func cadvisorNames() names {
	container, pod := []string{"container", "namespace", "pod"}, []string{"namespace", "pod", "interface"}
	return names{
		containerCPU:    prometheus.NewDesc("container_cpu_usage_seconds_total", "Cumulative cpu time consumed in seconds.", container, nil),
		containerMemory: prometheus.NewDesc("container_memory_working_set_bytes", "Current working set in bytes.", container, nil),
		containerStart:  prometheus.NewDesc("container_start_time_seconds", "Start time of the container since unix epoch in seconds.", container, nil),
		containerUsage:  prometheus.NewDesc("container_memory_usage_bytes", "Current memory usage in bytes.", container, nil),
		receive:         prometheus.NewDesc("container_network_receive_bytes_total", "Cumulative count of bytes received", pod, nil),
		transmit:        prometheus.NewDesc("container_network_transmit_bytes_total", "Cumulative count of bytes transmitted", pod, nil),
	}
}

// usage turns the summary into metrics.
type usage struct {
	stats *Stats
	names names
}

// Describe implements prometheus.Collector; the metrics depend on the pods.
func (u *usage) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (u *usage) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	summary, err := u.stats.Summary(ctx)
	failed := 0.0
	if err != nil {
		failed = 1
	}
	gauge(out, u.names.scrapeFailed, failed)
	if err != nil {
		return
	}
	counter(out, u.names.nodeCPU, seconds(summary.Node.CPU))
	gauge(out, u.names.nodeMemory, workingSet(summary.Node.Memory))
	for i := range summary.Pods {
		u.pod(out, &summary.Pods[i])
	}
}

func (u *usage) pod(out chan<- prometheus.Metric, pod *statsv1alpha1.PodStats) {
	namespace, name := pod.PodRef.Namespace, pod.PodRef.Name
	counter(out, u.names.podCPU, seconds(pod.CPU), namespace, name)
	gauge(out, u.names.podMemory, workingSet(pod.Memory), namespace, name)
	if pod.Network != nil {
		for _, link := range pod.Network.Interfaces {
			counter(out, u.names.receive, number(link.RxBytes), namespace, name, link.Name)
			counter(out, u.names.transmit, number(link.TxBytes), namespace, name, link.Name)
		}
	}
	for _, container := range pod.Containers {
		labels := []string{container.Name, namespace, name}
		counter(out, u.names.containerCPU, seconds(container.CPU), labels...)
		gauge(out, u.names.containerMemory, workingSet(container.Memory), labels...)
		if container.Memory != nil {
			gauge(out, u.names.containerUsage, number(container.Memory.UsageBytes), labels...)
		}
		gauge(out, u.names.containerStart, float64(container.StartTime.Unix()), labels...)
	}
}

func counter(out chan<- prometheus.Metric, desc *prometheus.Desc, value float64, labels ...string) {
	if desc != nil {
		out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value, labels...)
	}
}

func gauge(out chan<- prometheus.Metric, desc *prometheus.Desc, value float64, labels ...string) {
	if desc != nil {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
}

func seconds(cpu *statsv1alpha1.CPUStats) float64 {
	if cpu == nil {
		return 0
	}
	return number(cpu.UsageCoreNanoSeconds) / float64(time.Second)
}

func workingSet(memory *statsv1alpha1.MemoryStats) float64 {
	if memory == nil {
		return 0
	}
	return number(memory.WorkingSetBytes)
}

func number(v *uint64) float64 {
	if v == nil {
		return 0
	}
	return float64(*v)
}

// agent counts what the node agent runs.
type agent struct{ stats *Stats }

// Describe implements prometheus.Collector.
func (a *agent) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (a *agent) Collect(out chan<- prometheus.Metric) {
	pods, containers := 0, 0
	for _, pod := range a.stats.Pods() {
		if pod.Status.Phase == corev1.PodRunning {
			pods++
		}
		for i := range pod.Status.ContainerStatuses {
			if pod.Status.ContainerStatuses[i].State.Running != nil {
				containers++
			}
		}
	}
	gauge(out, prometheus.NewDesc("kubelet_node_name", "The node's name. The count is always 1.", []string{"node"}, nil), 1, a.stats.NodeName)
	gauge(out, prometheus.NewDesc("kubelet_running_pods", "Number of pods that have a running pod sandbox", nil, nil), float64(pods))
	gauge(out, prometheus.NewDesc("kubelet_running_containers", "Number of containers currently running", []string{"container_state"}, nil), float64(containers), "running")
}
