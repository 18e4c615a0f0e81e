package runtime

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// The tests on real containers run in three layers of processes, all of this test binary: the outer one starts the inner one in
// network and mount namespaces of its own; the inner one runs the test and starts servers, which it can kill as a crash would.
const (
	layerVar = "SEATRIAL_RUNTIME_TEST" // "inner", "server", or unset for the outer layer
	dirVar   = "SEATRIAL_RUNTIME_DIR"
)

func TestMain(m *testing.M) {
	if os.Getenv(layerVar) == "server" {
		serve(os.Getenv(dirVar))
		return
	}
	os.Exit(m.Run())
}

// serve runs a runtime until SIGTERM (stop, keep the pods) or SIGUSR1 (remove everything).
func serve(dir string) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	rt, err := Start(context.Background(), Options{
		DataDir: filepath.Join(dir, "data"), StateDir: filepath.Join(dir, "state"), PodCIDR: "10.244.7.0/24", Log: log,
	})
	if err != nil {
		log.Error("start", "err", err)
		os.Exit(1)
	}
	os.Stdout.WriteString("ready\n")
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR1)
	if <-signals == syscall.SIGUSR1 {
		err = rt.RemoveAll(context.Background())
	} else {
		err = rt.Close()
	}
	if err != nil {
		log.Error("stop", "err", err)
		os.Exit(1)
	}
}

// inNamespaces runs the calling test again in namespaces of its own and returns false in the outer layer.
func inNamespaces(t *testing.T) bool {
	t.Helper()
	if os.Getenv(layerVar) == "inner" {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
			t.Fatal(err)
		}
		return true
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root: it runs containers")
	}
	if _, err := blobs.ReadFile("blobs/tools.json"); err != nil {
		t.Skip("needs the node programs: run `go run ./build` in reference/tools")
	}
	if archive, err := carriedArchive(); err != nil || len(archive.images) == 0 {
		t.Skipf("needs the carried images: run `go run ./compose` in fixtures/images (%v)", err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=3m")
	cmd.Env = append(os.Environ(), layerVar+"=inner")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	t.Logf("in namespaces:\n%s", out)
	if err != nil {
		t.Errorf("test in namespaces: %v", err)
	}
	return false
}

// node is a server process and its CRI clients.
type node struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	conn *grpc.ClientConn
	cri.RuntimeServiceClient
	cri.ImageServiceClient
}

func startNode(t *testing.T, dir string) *node {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), layerVar+"=server", dirVar+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 16)); err != nil {
		t.Fatalf("server did not become ready: %v", errors.Join(err, cmd.Wait()))
	}
	t.Logf("runtime ready after %v", time.Since(begin))
	conn, err := grpc.NewClient("unix:"+filepath.Join(dir, "state", "containerd.sock"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, dir: dir, cmd: cmd, conn: conn, RuntimeServiceClient: cri.NewRuntimeServiceClient(conn), ImageServiceClient: cri.NewImageServiceClient(conn)}
	t.Cleanup(func() { n.end(syscall.SIGKILL) })
	return n
}

// end signals the server and waits for it.
func (n *node) end(s syscall.Signal) error {
	if n.cmd.ProcessState != nil {
		return nil
	}
	n.conn.Close()
	if err := n.cmd.Process.Signal(s); err != nil {
		return err
	}
	return n.cmd.Wait()
}

func podConfig(name, logs string) *cri.PodSandboxConfig {
	return &cri.PodSandboxConfig{
		Metadata:     &cri.PodSandboxMetadata{Name: name, Namespace: "default", Uid: "uid-" + name},
		Hostname:     name,
		LogDirectory: logs,
		DnsConfig:    &cri.DNSConfig{Servers: []string{"10.96.0.10"}},
		Linux:        &cri.LinuxPodSandboxConfig{CgroupParent: "/seatrial-runtime-test", SecurityContext: &cri.LinuxSandboxSecurityContext{NamespaceOptions: &cri.NamespaceOption{}}},
	}
}

// run starts a pod with one container and returns both IDs and the pod's address.
func (n *node) run(name, image string, command ...string) (pod, container, ip string) {
	n.t.Helper()
	ctx := n.t.Context()
	config := podConfig(name, filepath.Join(n.dir, "logs", name))
	if err := os.MkdirAll(config.LogDirectory, 0o755); err != nil {
		n.t.Fatal(err)
	}
	begin := time.Now()
	sandbox, err := n.RunPodSandbox(ctx, &cri.RunPodSandboxRequest{Config: config})
	if err != nil {
		n.t.Fatalf("run sandbox: %v", err)
	}
	status, err := n.PodSandboxStatus(ctx, &cri.PodSandboxStatusRequest{PodSandboxId: sandbox.PodSandboxId})
	if err != nil {
		n.t.Fatal(err)
	}
	if img, err := n.ImageStatus(ctx, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: image}}); err != nil || img.Image == nil {
		n.t.Fatalf("status of carried image %s: %v, %v", image, img, err)
	}
	created, err := n.CreateContainer(ctx, &cri.CreateContainerRequest{PodSandboxId: sandbox.PodSandboxId, SandboxConfig: config, Config: &cri.ContainerConfig{
		Metadata: &cri.ContainerMetadata{Name: "c"}, Image: &cri.ImageSpec{Image: image}, Command: command, LogPath: "c.log",
		Linux: &cri.LinuxContainerConfig{SecurityContext: &cri.LinuxContainerSecurityContext{NamespaceOptions: &cri.NamespaceOption{}}},
	}})
	if err != nil {
		n.t.Fatalf("create container: %v", err)
	}
	if _, err := n.StartContainer(ctx, &cri.StartContainerRequest{ContainerId: created.ContainerId}); err != nil {
		n.t.Fatalf("start container: %v", err)
	}
	n.t.Logf("pod %s running after %v", name, time.Since(begin))
	return sandbox.PodSandboxId, created.ContainerId, status.GetStatus().GetNetwork().GetIp()
}

func (n *node) exec(container string, command ...string) string {
	n.t.Helper()
	resp, err := n.ExecSync(n.t.Context(), &cri.ExecSyncRequest{ContainerId: container, Cmd: command, Timeout: 20})
	if err != nil {
		n.t.Fatalf("exec %q: %v", command, err)
	}
	if resp.ExitCode != 0 {
		n.t.Errorf("exec %q: exit code %d, stderr %q", command, resp.ExitCode, resp.Stderr)
	}
	return string(resp.Stdout)
}

func TestNodeRunsPodsAndAdoptsThemAfterAKill(t *testing.T) {
	if !inNamespaces(t) {
		return
	}
	dir, err := os.MkdirTemp("/tmp", "st-") // short: shim sockets live below it
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	n := startNode(t, dir)
	_, web, ip := n.run("web", "registry.k8s.io/e2e-test-images/agnhost:2.63.0", "/agnhost", "netexec", "--http-port=8080")
	if !strings.HasPrefix(ip, "10.244.7.") {
		t.Errorf("pod address = %q, want one of 10.244.7.0/24", ip)
	}
	_, box, _ := n.run("box", "docker.io/library/busybox:latest", "sh", "-c", "echo hello from box; while true; do sleep 1; done")
	if got := n.exec(box, "cat", "/etc/hostname"); strings.TrimSpace(got) != "box" {
		t.Errorf("hostname = %q, want box", got)
	}
	waitFor(t, "line in container log", func() bool {
		log, _ := os.ReadFile(filepath.Join(dir, "logs", "box", "c.log"))
		return bytes.Contains(log, []byte("stdout F hello from box"))
	})
	if got := n.exec(web, "/agnhost", "connect", "--timeout=5s", ip+":8080"); got != "" {
		t.Errorf("connect to the pod's own address said %q", got)
	}
	stats, err := n.ContainerStats(t.Context(), &cri.ContainerStatsRequest{ContainerId: web})
	if err != nil || stats.GetStats().GetMemory().GetWorkingSetBytes().GetValue() == 0 {
		t.Errorf("container stats = %v, %v; want a working set", stats, err)
	}

	before := n.exec(box, "cat", "/proc/1/stat")
	_ = n.end(syscall.SIGKILL)
	n = startNode(t, dir)
	if after := n.exec(box, "cat", "/proc/1/stat"); startTime(after) != startTime(before) {
		t.Errorf("container was restarted: /proc/1/stat before %q, after %q", before, after)
	}
	if err := n.end(syscall.SIGTERM); err != nil {
		t.Errorf("clean stop: %v", err)
	}
	n = startNode(t, dir)
	n.exec(web, "/agnhost", "--help")
	if err := n.end(syscall.SIGUSR1); err != nil {
		t.Errorf("remove all: %v", err)
	}
	assertNothingLeft(t, dir)
}

// startTime is field 22 of /proc/PID/stat.
func startTime(stat string) string {
	fields := strings.Fields(stat)
	if len(fields) < 22 {
		return stat
	}
	return fields[21]
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Errorf("no %s within 10 s", what)
			return
		}
	}
}

// assertNothingLeft looks for mounts below dir and for processes that were started from it.
func assertNothingLeft(t *testing.T, dir string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, " "+dir+"/") {
			t.Errorf("left mounted: %s", line)
		}
	}
	programs, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range programs {
		if target, err := os.Readlink(exe); err == nil && strings.HasPrefix(target, dir+"/") {
			t.Errorf("left running: %s is %s", exe, target)
		}
	}
}
