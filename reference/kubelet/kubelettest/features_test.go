package kubelettest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
)

func (c *cluster) ended(name string) *corev1.Pod {
	c.t.Helper()
	return c.wait(name, "ended", func(p *corev1.Pod) bool {
		return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
	})
}

func never(p *corev1.Pod) { p.Spec.RestartPolicy = corev1.RestartPolicyNever }

// once runs a pod to its end and returns its log.
func (c *cluster) once(name, script string, change func(*corev1.Pod)) (*corev1.Pod, string) {
	c.t.Helper()
	c.create(pod(name, script, func(p *corev1.Pod) {
		never(p)
		if change != nil {
			change(p)
		}
	}))
	p := c.ended(name)
	return p, c.logs(name, corev1.PodLogOptions{})
}

func securityContexts(t *testing.T, c *cluster) {
	_, out := c.once("user", "id; cat /proc/self/status; touch /x; ls -ln /data; cat /proc/sys/net/ipv4/ip_unprivileged_port_start", func(p *corev1.Pod) {
		p.Spec.SecurityContext = &corev1.PodSecurityContext{
			RunAsUser: new(int64(1000)), RunAsGroup: new(int64(2000)), FSGroup: new(int64(3000)),
			SupplementalGroups: []int64{4000}, RunAsNonRoot: new(true),
			Sysctls: []corev1.Sysctl{{Name: "net.ipv4.ip_unprivileged_port_start", Value: "77"}},
		}
		p.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{
			ReadOnlyRootFilesystem: new(true), AllowPrivilegeEscalation: new(false),
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		}
		p.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
		p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	})
	for _, want := range []string{"uid=1000", "gid=2000", "3000", "4000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", "77\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	c.create(pod("root", "true", func(p *corev1.Pod) {
		never(p)
		p.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: new(true)}
	}))
	c.wait("root", "refused", func(p *corev1.Pod) bool {
		return len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].State.Waiting != nil &&
			p.Status.ContainerStatuses[0].State.Waiting.Reason == "CreateContainerConfigError"
	})
	_, out = c.once("shared", "ps", func(p *corev1.Pod) { p.Spec.ShareProcessNamespace = new(true) })
	if !strings.Contains(out, "pause") {
		t.Errorf("no pause process in:\n%s", out)
	}
	_, out = c.once("users", "cat /proc/self/uid_map; id -u; touch /data/mine; ls -ln /data /var/run/secrets/kubernetes.io/serviceaccount/..data/", func(p *corev1.Pod) {
		p.Spec.HostUsers = new(false)
		p.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
		p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	})
	if fields := strings.Fields(out); len(fields) < 4 || fields[0] != "0" || fields[1] == "0" || fields[2] != "65536" || fields[3] != "0" || strings.Contains(out, "65534") {
		t.Errorf("user namespace pod sees:\n%s", out)
	}
	_, out = c.once("host", "hostname; ls /sys/class/net", func(p *corev1.Pod) { p.Spec.HostNetwork = true })
	host, _ := os.Hostname()
	if !strings.Contains(out, host) {
		t.Errorf("host network pod has hostname %q; want %q", out, host)
	}
}

func messagesAndExitCodes(t *testing.T, c *cluster) {
	p, _ := c.once("message", "printf DONE > /dev/termination-log; exit 4", nil)
	state := p.Status.ContainerStatuses[0].State.Terminated
	if p.Status.Phase != corev1.PodFailed || state.ExitCode != 4 || state.Message != "DONE" || state.Reason != "Error" {
		t.Errorf("status = %s %+v; want Failed, 4, DONE, Error", p.Status.Phase, state)
	}
	p, _ = c.once("fallback", "echo last words; exit 1", func(p *corev1.Pod) {
		p.Spec.Containers[0].TerminationMessagePolicy = corev1.TerminationMessageFallbackToLogsOnError
	})
	if got := p.Status.ContainerStatuses[0].State.Terminated.Message; got != "last words\n" {
		t.Errorf("message = %q; want the log", got)
	}
	c.create(pod("previous", "[ -f /data/x ] && { echo second; exec sleep 1000; }; touch /data/x; echo first; exit 1", func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
		p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	}))
	p = c.wait("previous", "restarted", func(p *corev1.Pod) bool {
		return len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].RestartCount == 1 && p.Status.ContainerStatuses[0].State.Running != nil
	})
	if last := p.Status.ContainerStatuses[0].LastTerminationState.Terminated; last == nil || last.ExitCode != 1 {
		t.Errorf("last state = %+v; want exit code 1", last)
	}
	if got := c.logs("previous", corev1.PodLogOptions{Previous: true}); got != "first\n" {
		t.Errorf("previous log = %q; want first", got)
	}
}

func outOfMemory(t *testing.T, c *cluster) {
	p, out := c.once("oom", "x=; while true; do x=$x$x-0123456789012345678901234567890123456789; done", func(p *corev1.Pod) {
		p.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: quantity("20Mi")}
	})
	if state := p.Status.ContainerStatuses[0].State.Terminated; state.Reason != "OOMKilled" || state.ExitCode != 137 {
		t.Errorf("state = %+v; want OOMKilled, 137\n%.300s", state, out)
	}
}

func probesAndHooks(t *testing.T, c *cluster) {
	c.create(pod("live", "touch /tmp/ok; sleep 3; rm /tmp/ok; exec sleep 1000", func(p *corev1.Pod) {
		p.Spec.Containers[0].LivenessProbe = &corev1.Probe{
			PeriodSeconds: 1, FailureThreshold: 1, TerminationGracePeriodSeconds: new(int64(1)),
			ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"cat", "/tmp/ok"}}},
		}
	}))
	c.wait("live", "restarted", func(p *corev1.Pod) bool {
		return len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].RestartCount > 0
	})
	c.create(pod("ready", "mkdir -p /tmp/w; echo hi > /tmp/w/index.html; sleep 2; exec httpd -f -p 8080 -h /tmp/w", func(p *corev1.Pod) {
		p.Spec.Containers[0].Ports = []corev1.ContainerPort{{Name: "web", ContainerPort: 8080}}
		p.Spec.Containers[0].ReadinessProbe = &corev1.Probe{
			PeriodSeconds: 1,
			ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/index.html", Port: intstr.FromString("web")}},
		}
		p.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{
			PostStart: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"sh", "-c", "echo hooked > /tmp/hook"}}},
			PreStop:   &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 1}},
		}
	}))
	p := c.running("ready")
	if isReady(p) {
		t.Error("pod is ready before its probe succeeds")
	}
	c.wait("ready", "ready", isReady)
	if out, err := c.exec("WebSocket", "ready", "", "cat", "/tmp/hook"); err != nil || out != "hooked\n" {
		t.Errorf("hook wrote %q, %v", out, err)
	}
	if got := c.forward("ready", 8080); got != "hi\n" {
		t.Errorf("port-forward = %q; want hi", got)
	}
	begin := time.Now()
	c.remove("ready")
	c.gone("ready")
	if took := time.Since(begin); took < time.Second {
		t.Errorf("pod went after %v; the preStop hook takes 1s", took)
	}
}

func isReady(p *corev1.Pod) bool {
	for _, condition := range p.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// forward reads index.html through a forwarded port, by SPDY.
func (c *cluster) forward(name string, port int) string {
	c.t.Helper()
	request := c.client.CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name(name).SubResource("portforward")
	transport, upgrader, err := spdy.RoundTripperFor(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	dialers := map[string]func() (*portforward.PortForwarder, chan struct{}, chan struct{}, error){
		"SPDY": func() (*portforward.PortForwarder, chan struct{}, chan struct{}, error) {
			stop, ready := make(chan struct{}), make(chan struct{})
			f, err := portforward.New(spdy.NewDialer(upgrader, &http.Client{Transport: transport}, "POST", request.URL()), []string{fmt.Sprintf("0:%d", port)}, stop, ready, io.Discard, os.Stderr)
			return f, stop, ready, err
		},
		"WebSocket": func() (*portforward.PortForwarder, chan struct{}, chan struct{}, error) {
			stop, ready := make(chan struct{}), make(chan struct{})
			dialer, err := portforward.NewSPDYOverWebsocketDialer(request.URL(), c.config)
			if err != nil {
				return nil, nil, nil, err
			}
			f, err := portforward.New(dialer, []string{fmt.Sprintf("0:%d", port)}, stop, ready, io.Discard, os.Stderr)
			return f, stop, ready, err
		},
	}
	var got string
	for protocol, dial := range dialers {
		forwarder, stop, ready, err := dial()
		if err != nil {
			c.t.Fatalf("%s: %v", protocol, err)
		}
		ended := make(chan error, 1)
		go func() { ended <- forwarder.ForwardPorts() }()
		select {
		case <-ready:
		case err := <-ended:
			c.t.Fatalf("%s port-forward: %v", protocol, err)
		}
		ports, err := forwarder.GetPorts()
		if err != nil {
			c.t.Fatal(err)
		}
		answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/index.html", ports[0].Local))
		if err != nil {
			c.t.Fatalf("%s: %v", protocol, err)
		}
		data, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		got = string(data)
		close(stop)
		<-ended //nolint:errcheck // the connection was ended on purpose
	}
	return got
}

func initAndEphemeralContainers(t *testing.T, c *cluster) {
	c.create(pod("many", "exec sleep 1000", func(p *corev1.Pod) {
		mount := []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
		p.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
		p.Spec.Containers[0].VolumeMounts = mount
		for _, name := range []string{"one", "side", "two"} {
			script := "echo " + name + " >> /data/order"
			container := corev1.Container{Name: name, Image: busybox, Command: []string{"sh", "-c", script}, VolumeMounts: mount}
			if name == "side" {
				container.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
				container.Command[2] += "; exec sleep 1000"
			}
			p.Spec.InitContainers = append(p.Spec.InitContainers, container)
		}
	}))
	p := c.running("many")
	if got, err := c.exec("SPDY", "many", "", "cat", "/data/order"); err != nil || got != "one\nside\ntwo\n" && got != "one\ntwo\nside\n" {
		t.Errorf("order = %q, %v", got, err)
	}
	p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
		Name: "debug", Image: busybox, Command: []string{"sh", "-c", "echo attached; cat"}, Stdin: true, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
	}}}
	if _, err := c.client.CoreV1().Pods("default").UpdateEphemeralContainers(t.Context(), "many", p, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.wait("many", "debugged", func(p *corev1.Pod) bool {
		return len(p.Status.EphemeralContainerStatuses) > 0 && p.Status.EphemeralContainerStatuses[0].State.Running != nil
	})
	if got := c.attach("many", "debug", "typed\n"); !strings.Contains(got, "typed") {
		t.Errorf("attach = %q; want what was typed", got)
	}
}

// attach writes a line and returns what comes back.
func (c *cluster) attach(name, container, input string) string {
	c.t.Helper()
	request := c.client.CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name(name).SubResource("attach").
		VersionedParams(&corev1.PodAttachOptions{Container: container, Stdin: true, Stdout: true}, scheme.ParameterCodec)
	executor, err := remotecommand.NewWebSocketExecutor(c.config, "GET", request.URL().String())
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	in, typing := io.Pipe()
	out, printing := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: in, Stdout: printing})
		_ = printing.Close()
	}()
	if _, err := io.Copy(typing, bytes.NewBufferString(input)); err != nil {
		c.t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	var got string
	for scanner.Scan() {
		got += scanner.Text() + "\n"
		if strings.Contains(got, strings.TrimSpace(input)) {
			break
		}
	}
	cancel()
	_ = typing.Close()
	_ = out.Close()
	<-ended
	return got
}

func volumeKinds(t *testing.T, c *cluster) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/file", []byte("from host\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc", dir+"/escape"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.client.CoreV1().Secrets("default").Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "sec"}, Data: map[string][]byte{"pw": []byte("hunter2")}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	hostPath := corev1.Volume{Name: "host", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: dir}}}
	_, out := c.once("kinds", "cat /h/file /one; cat /sec/pw; echo; cat /all/labels; echo; cat /all/cpu; echo; ls -ln /all/..data/; mount | grep -E ' /(sec|all|sub) '; echo x > /sub/y && ls /sub; echo $PW $EXPR",
		func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{
				hostPath,
				{Name: "sec", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "sec", DefaultMode: new(int32(0o400))}}},
				{Name: "all", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
					{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{
						{Path: "labels", FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels"}},
						{Path: "cpu", ResourceFieldRef: &corev1.ResourceFieldSelector{ContainerName: "main", Resource: "limits.cpu"}},
					}}},
					{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", Audience: "me", ExpirationSeconds: new(int64(3600))}},
				}}}},
				{Name: "empty", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
			}
			main := &p.Spec.Containers[0]
			main.Env = []corev1.EnvVar{
				{Name: "PW", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "sec"}, Key: "pw"}}},
				{Name: "EXPR", Value: "is-$(PW)"},
			}
			main.VolumeMounts = []corev1.VolumeMount{
				{Name: "host", MountPath: "/h"},
				{Name: "host", MountPath: "/one", SubPath: "file"},
				{Name: "sec", MountPath: "/sec"},
				{Name: "all", MountPath: "/all"},
				{Name: "empty", MountPath: "/sub", SubPathExpr: "a/$(EXPR)"},
			}
		})
	for _, want := range []string{"from host\nfrom host\n", "hunter2", `app="kinds"`, "tmpfs", "y\n", "hunter2 is-hunter2", "token"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	c.create(pod("escape", "cat /e/passwd", func(p *corev1.Pod) {
		never(p)
		p.Spec.Volumes = []corev1.Volume{hostPath}
		p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "host", MountPath: "/e", SubPath: "escape"}}
	}))
	c.wait("escape", "refused", func(p *corev1.Pod) bool {
		return len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].State.Waiting != nil &&
			p.Status.ContainerStatuses[0].State.Waiting.Reason == "CreateContainerConfigError"
	})
	c.remove("escape") // else the kubelet tries again when the folder has gone, and makes it anew
	c.gone("escape")
}

func quantity(text string) resource.Quantity { return resource.MustParse(text) }
