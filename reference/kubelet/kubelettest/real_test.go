package kubelettest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestPodsOnARealRuntime runs containers: it needs root, the node programs and the carried images.
func TestPodsOnARealRuntime(t *testing.T) {
	if !inNamespaces(t) {
		return
	}
	c := startCluster(t)
	for _, test := range []struct {
		name string
		run  func(t *testing.T, c *cluster)
	}{
		{"LogsAndExec", logsAndExec},
		{"Volumes", volumesShowTheAPI},
		{"SecurityContexts", securityContexts},
		{"MessagesAndExitCodes", messagesAndExitCodes},
		{"OutOfMemory", outOfMemory},
		{"ProbesAndHooks", probesAndHooks},
		{"InitAndEphemeralContainers", initAndEphemeralContainers},
		{"VolumeKinds", volumeKinds},
		{"StaticPods", staticPods},
		{"Resize", resizeInPlace},
		{"Statistics", statistics},
		{"Restart", restartAdopts},
		{"StartTimes", startTimes},
	} {
		t.Run(test.name, func(t *testing.T) {
			inner := *c
			inner.t = t
			test.run(t, &inner)
		})
	}
	c.removeAll()
}

// removeAll ends all pods, so that nothing of them is left on the machine.
func (c *cluster) removeAll() {
	pods, err := c.client.CoreV1().Pods("default").List(c.t.Context(), metav1.ListOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, p := range pods.Items {
		c.remove(p.Name)
	}
	for _, p := range pods.Items {
		c.gone(p.Name)
	}
}

func logsAndExec(t *testing.T, c *cluster) {
	c.create(pod("echo", "echo hello; echo world >&2; exec sleep 1000", nil))
	c.running("echo")
	for _, protocol := range []string{"SPDY", "WebSocket"} {
		out, err := c.exec(protocol, "echo", "typed\n", "cat")
		if err != nil || out != "typed\n" {
			t.Errorf("%s exec cat = %q, %v; want what was typed", protocol, out, err)
		}
		if _, err := c.exec(protocol, "echo", "", "sh", "-c", "exit 3"); err == nil || !strings.Contains(err.Error(), "exit code 3") {
			t.Errorf("%s exec exit 3 = %v; want exit code 3", protocol, err)
		}
	}
	if got := c.logs("echo", corev1.PodLogOptions{}); !strings.Contains(got, "hello\n") || !strings.Contains(got, "world\n") {
		t.Errorf("logs = %q", got)
	}
	begin := time.Now()
	c.remove("echo")
	c.gone("echo")
	t.Logf("gone after %v", time.Since(begin))
}

func volumesShowTheAPI(t *testing.T, c *cluster) {
	configs := c.client.CoreV1().ConfigMaps("default")
	if _, err := configs.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "conf"}, Data: map[string]string{"key": "one"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.create(pod("vol", "while true; do cat /conf/key; echo; sleep 0.1; done", func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{
			{Name: "conf", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "conf"}}}},
			{Name: "mem", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}},
		}
		p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "conf", MountPath: "/conf"}, {Name: "mem", MountPath: "/mem"}}
		p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}}}
	}))
	p := c.running("vol")
	out, err := c.exec("SPDY", "vol", "", "sh", "-c", "echo $IP; mount | grep /mem; cat /etc/hosts /etc/resolv.conf; ls -la /conf /var/run/secrets/kubernetes.io/serviceaccount")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{p.Status.PodIP, "tmpfs", "nameserver 10.96.0.10", "..data", "token", "\tvol"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	begin := time.Now()
	if _, err := configs.Update(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "conf"}, Data: map[string]string{"key": "two"}}, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	stream, err := c.client.CoreV1().Pods("default").GetLogs("vol", &corev1.PodLogOptions{Follow: true}).Stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	buffer := make([]byte, 4096)
	for {
		n, err := stream.Read(buffer)
		if err != nil {
			t.Fatalf("follow logs: %v", err)
		}
		if strings.Contains(string(buffer[:n]), "two") {
			break
		}
	}
	t.Logf("update seen after %v", time.Since(begin))
	c.remove("vol")
	c.gone("vol")
}

func startTimes(t *testing.T, c *cluster) {
	var times []time.Duration
	for i := range 10 {
		name := fmt.Sprintf("start-%d", i)
		begin := time.Now()
		c.create(pod(name, "exec sleep 1000", nil))
		c.running(name)
		times = append(times, time.Since(begin))
		c.remove(name)
		c.gone(name)
	}
	t.Logf("pod start: %v, median %v", times, median(times))
}
