package runtime

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
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

// serve runs a runtime and obeys its standard input: "import FILE", "stop" (keep the pods) or "remove" (everything). It answers each
// with a line that starts with ok or error.
func serve(dir string) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	answer := func(text string, err error) {
		if err != nil {
			text = "error " + strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		fmt.Println(text)
	}
	ctx := context.Background()
	rt, err := Start(ctx, Options{
		DataDir: filepath.Join(dir, "data"), StateDir: filepath.Join(dir, "state"), PodCIDR: "10.244.7.0/24", Log: log,
	})
	answer("ok", err)
	for in := bufio.NewScanner(os.Stdin); err == nil && in.Scan(); {
		command, file, _ := strings.Cut(in.Text(), " ")
		switch command {
		case "import":
			archive, err := os.Open(file)
			if err != nil {
				answer("", err)
				continue
			}
			names, err := rt.Import(ctx, archive)
			archive.Close()
			answer("ok "+strings.Join(names, " "), err)
		case "remove":
			answer("ok", rt.RemoveAll(ctx))
			return
		case "stop":
			answer("ok", rt.Close())
			return
		}
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
	t     *testing.T
	dir   string
	cmd   *exec.Cmd
	stdin io.Writer
	lines *bufio.Scanner
	conn  *grpc.ClientConn
	cri.RuntimeServiceClient
	cri.ImageServiceClient
}

func startNode(t *testing.T, dir string) *node {
	t.Helper()
	n := &node{t: t, dir: dir, cmd: exec.Command("/proc/self/exe")}
	n.cmd.Env = append(os.Environ(), layerVar+"=server", dirVar+"="+dir)
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	n.cmd.Stderr = os.Stderr
	stdin, err1 := n.cmd.StdinPipe()
	stdout, err2 := n.cmd.StdoutPipe()
	begin := time.Now()
	if err := errors.Join(err1, err2, n.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	n.stdin, n.lines = stdin, bufio.NewScanner(stdout)
	t.Cleanup(n.kill)
	if answer := n.answer(); answer != "ok" {
		t.Fatalf("start runtime: %s", answer)
	}
	t.Logf("runtime ready after %v", time.Since(begin))
	conn, err := grpc.NewClient("unix:"+filepath.Join(dir, "state", "containerd.sock"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	n.conn, n.RuntimeServiceClient, n.ImageServiceClient = conn, cri.NewRuntimeServiceClient(conn), cri.NewImageServiceClient(conn)
	return n
}

func (n *node) answer() string {
	if !n.lines.Scan() {
		return fmt.Sprintf("no answer: %v", n.lines.Err())
	}
	return n.lines.Text()
}

// tell gives the server a command and returns its answer.
func (n *node) tell(command string) string {
	n.t.Helper()
	if _, err := fmt.Fprintln(n.stdin, command); err != nil {
		n.t.Fatal(err)
	}
	return n.answer()
}

// end gives the server its last command and waits for it.
func (n *node) end(command string) {
	n.t.Helper()
	begin := time.Now()
	if answer := n.tell(command); answer != "ok" {
		n.t.Errorf("%s: %s", command, answer)
	}
	n.conn.Close()
	if err := n.cmd.Wait(); err != nil {
		n.t.Errorf("%s: server ended with %v", command, err)
	}
	n.t.Logf("%s took %v", command, time.Since(begin))
}

// kill ends the server as a crash does. It may be called after end.
func (n *node) kill() {
	if n.conn != nil {
		n.conn.Close()
	}
	if n.cmd.ProcessState == nil {
		_ = n.cmd.Process.Kill()
		_ = n.cmd.Wait()
	}
}

func podConfig(name, logs string) *cri.PodSandboxConfig {
	return &cri.PodSandboxConfig{
		Metadata:     &cri.PodSandboxMetadata{Name: name, Namespace: "default", Uid: "uid-" + name},
		Hostname:     name,
		LogDirectory: logs,
		DnsConfig:    &cri.DNSConfig{Servers: []string{"10.96.0.10"}},
		Linux:        &cri.LinuxPodSandboxConfig{CgroupParent: "/seatrial-runtime-test", SecurityContext: &cri.LinuxSandboxSecurityContext{NamespaceOptions: &cri.NamespaceOption{Pid: cri.NamespaceMode_CONTAINER}}},
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
		Linux: &cri.LinuxContainerConfig{SecurityContext: &cri.LinuxContainerSecurityContext{NamespaceOptions: &cri.NamespaceOption{Pid: cri.NamespaceMode_CONTAINER}}},
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

// testDir is short, since shim sockets live below it.
func testDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "st-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = unmountBelow(dir)
		_ = os.RemoveAll(dir)
		removeCgroups()
	})
	return dir
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

// removeCgroups deletes the empty groups that the pods' parent leaves.
func removeCgroups() {
	groups, _ := filepath.Glob("/sys/fs/cgroup/*/seatrial-runtime-test")
	for _, dir := range append(groups, "/sys/fs/cgroup/seatrial-runtime-test") {
		_ = os.Remove(dir)
	}
}
