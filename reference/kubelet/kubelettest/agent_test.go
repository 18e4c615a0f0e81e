package kubelettest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

func staticPods(t *testing.T, c *cluster) {
	manifest := filepath.Join(c.dir, "manifests", "static.yaml")
	text := `{apiVersion: v1, kind: Pod, metadata: {name: static}, spec: {terminationGracePeriodSeconds: 1,
		containers: [{name: main, image: "` + busybox + `", command: [sh, -c, "echo static; exec sleep 1000"]}]}}`
	if err := os.WriteFile(manifest, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	name := "static-" + nodeName
	mirror := c.running(name)
	if mirror.Annotations[corev1.MirrorPodAnnotationKey] == "" || mirror.OwnerReferences[0].Kind != "Node" {
		t.Errorf("mirror = %+v", mirror.ObjectMeta)
	}
	id := mirror.Status.ContainerStatuses[0].ContainerID
	if err := c.client.CoreV1().Pods("default").Delete(t.Context(), name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}); err != nil {
		t.Fatal(err)
	}
	again := c.wait(name, "mirrored again", func(p *corev1.Pod) bool { return p.UID != mirror.UID && p.Status.Phase == corev1.PodRunning })
	if got := again.Status.ContainerStatuses[0].ContainerID; got != id {
		t.Errorf("container is %s after the mirror was deleted; want still %s", got, id)
	}
	if err := os.Remove(manifest); err != nil {
		t.Fatal(err)
	}
	c.gone(name)
}

func resizeInPlace(t *testing.T, c *cluster) {
	c.create(pod("resize", "exec sleep 1000", func(p *corev1.Pod) {
		p.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: quantity("200m"), corev1.ResourceMemory: quantity("32Mi")}
	}))
	before := c.running("resize")
	patch := `{"spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":"300m","memory":"64Mi"},"limits":{"cpu":"300m","memory":"64Mi"}}}]}}`
	if _, err := c.client.CoreV1().Pods("default").Patch(t.Context(), "resize", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}, "resize"); err != nil {
		t.Fatal(err)
	}
	p := c.wait("resize", "resized", func(p *corev1.Pod) bool {
		resources := p.Status.ContainerStatuses[0].Resources
		return resources != nil && resources.Limits.Cpu().String() == "300m" && resources.Limits.Memory().String() == "64Mi"
	})
	if p.Status.ContainerStatuses[0].ContainerID != before.Status.ContainerStatuses[0].ContainerID {
		t.Error("the container was restarted")
	}
	out, err := c.exec("SPDY", "resize", "", "sh", "-c", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; true")
	if err != nil || !strings.Contains(out, "67108864") {
		t.Errorf("limit in the container = %q, %v; want 67108864", out, err)
	}
}

func statistics(t *testing.T, c *cluster) {
	c.create(pod("busy", "while true; do true; done", nil))
	c.running("busy")
	for path, want := range map[string]string{
		"stats/summary":    `"name":"busy"`,
		"metrics/resource": `container_cpu_usage_seconds_total{container="main",namespace="default",pod="busy"}`,
		"metrics/cadvisor": `container_memory_usage_bytes{container="main",namespace="default",pod="busy"}`,
		"metrics":          "kubelet_running_pods",
		"configz":          "kubeletconfig",
		"healthz":          "ok",
		"pods":             `"name":"busy"`,
	} {
		data, err := c.client.CoreV1().RESTClient().Get().AbsPath("/api/v1/nodes/" + nodeName + "/proxy/" + path).DoRaw(t.Context())
		if err != nil || !strings.Contains(string(data), want) {
			t.Errorf("%s has no %q: %v\n%.1500s", path, want, err, data)
		}
	}
}

// A node agent that comes back finds its containers by their labels and does not restart them.
func restartAdopts(t *testing.T, c *cluster) {
	c.create(pod("stays", "exec sleep 1000", nil))
	c.create(pod("leaves", "exec sleep 1000", nil))
	before := c.running("stays")
	leaver := c.running("leaves")
	c.stopKubelet()
	if err := c.client.CoreV1().Pods("default").Delete(t.Context(), "leaves", metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}); err != nil {
		t.Fatal(err)
	}
	c.startKubelet()
	c.create(pod("new", "exec sleep 1000", nil))
	c.running("new")
	after := c.running("stays")
	was, is := before.Status.ContainerStatuses[0], after.Status.ContainerStatuses[0]
	if was.ContainerID != is.ContainerID || is.RestartCount != 0 || !isReady(after) {
		t.Errorf("container is %+v after the restart; want still %s", is, was.ContainerID)
	}
	c.forgotten(leaver.UID)
	_, err := c.exec("WebSocket", "stays", "", "true")
	if err != nil {
		t.Errorf("exec after the restart: %v", err)
	}
}

// forgotten waits until the runtime has nothing of the pod.
func (c *cluster) forgotten(uid types.UID) {
	c.t.Helper()
	client := cri.NewClient(c.options.CRI)
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		observed, err := client.Observe(ctx, uid)
		if err != nil {
			c.t.Fatal(err)
		}
		if len(observed.Sandboxes) == 0 && len(observed.Containers) == 0 {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			c.t.Fatalf("the runtime still has %+v", observed)
		}
	}
}
