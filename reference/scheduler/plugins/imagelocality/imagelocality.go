// Package imagelocality prefers nodes that have a pod's images already.
package imagelocality

import (
	"strings"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Images below smallest are not worth a preference; above largest per
// container they are worth no more. In bytes.
const (
	smallest = 23 << 20
	largest  = 1000 << 20
)

// Plugin is stateless; the zero value is ready.
type Plugin struct{}

// Name implements plugin.Plugin.
func (Plugin) Name() string { return "ImageLocality" }

// Score grows with the bytes that need not be pulled. An image counts less
// while few nodes have it, lest one node attracts all pods of an image.
func (Plugin) Score(pod *snapshot.Pod, cluster *snapshot.Snapshot, nodes []*snapshot.Node, scores []int64) bool {
	images := imagesOf(pod)
	total := int64(len(cluster.Nodes()))
	limit := int64(largest * len(images))
	matters := false
	for i, node := range nodes {
		var sum int64
		for _, image := range images {
			if size, ok := node.ImageSizes[image]; ok {
				sum += size * int64(cluster.ImageNodes(image)) / total
			}
		}
		sum = min(max(sum, smallest), limit)
		scores[i] = (sum - smallest) * plugin.MaxScore / (limit - smallest)
		matters = matters || scores[i] > 0
	}
	return matters
}

func imagesOf(pod *snapshot.Pod) []string {
	images := make([]string, 0, len(pod.Spec.Containers)+len(pod.Spec.InitContainers))
	for i := range pod.Spec.InitContainers {
		images = append(images, withTag(pod.Spec.InitContainers[i].Image))
	}
	for i := range pod.Spec.Containers {
		images = append(images, withTag(pod.Spec.Containers[i].Image))
	}
	return images
}

// withTag adds the default tag, as nodes report names with tag or digest.
func withTag(image string) string {
	if strings.LastIndexByte(image, ':') <= strings.LastIndexByte(image, '/') {
		return image + ":latest"
	}
	return image
}
