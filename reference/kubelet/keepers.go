package kubelet

import (
	"context"

	"github.com/seatrial/seatrial/reference/kubelet/evict"
	"github.com/seatrial/seatrial/reference/kubelet/images"
	"github.com/seatrial/seatrial/reference/kubelet/logs"
)

const (
	maxLogSize  = 10 << 20
	maxLogFiles = 5
)

// keepers are what keeps the node's disk from filling up.
func (k *Kubelet) keepers() []func(context.Context) {
	o := k.options
	rotator := &logs.Rotator{Runtime: k.cri.Runtime, MaxSize: maxLogSize, MaxFiles: maxLogFiles, Clock: o.Clock, Log: o.Log}
	collector := &images.Collector{Runtime: k.cri.Runtime, Images: k.cri.Images, Usage: images.DiskUsage, Collected: k.node.Refresh, Clock: o.Clock, Log: o.Log}
	evictor := &evict.Watcher{Pods: k.pods.List, Summary: k.stats.Summary, Evict: k.pods.Evict, Clock: o.Clock}
	return []func(context.Context){rotator.Run, collector.Run, evictor.Run}
}

// config is what /configz shows: the settings under the names of a KubeletConfiguration.
func (k *Kubelet) config() map[string]any {
	o := k.options
	return map[string]any{
		"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1",
		"clusterDNS": o.ClusterDNS, "clusterDomain": o.ClusterDomain, "maxPods": o.MaxPods, "podCIDR": o.PodCIDR,
		"staticPodPath": o.ManifestDir, "resolvConf": o.ResolvConf, "cgroupDriver": "cgroupfs", "cgroupRoot": o.CgroupRoot,
		"containerLogMaxSize": "10Mi", "containerLogMaxFiles": maxLogFiles, "allowedUnsafeSysctls": o.UnsafeSysctls,
		"nodeStatusUpdateFrequency": "10s", "nodeStatusReportFrequency": "5m0s", "nodeLeaseDurationSeconds": 40,
		"authentication": map[string]any{"anonymous": map[string]any{"enabled": false}, "webhook": map[string]any{"enabled": true}},
		"authorization":  map[string]any{"mode": "Webhook"},
	}
}
