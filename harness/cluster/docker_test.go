package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
)

func specFor(t *testing.T) Spec {
	t.Helper()
	return Spec{Name: "demo", Wait: 20 * time.Second, Args: []string{"--authorization-mode=RBAC"}}
}

func TestUpStartsANodeAndDownLeavesNothing(t *testing.T) {
	engine := newFakeEngine(t)
	var steps []string
	if err := NewDocker().Up(t.Context(), specFor(t), func(step string) { steps = append(steps, step) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(steps, []string{"one"}) {
		t.Errorf("steps = %q", steps)
	}
	if command := strings.Join(engine.command(), " "); !strings.Contains(command, "--in-container") || !strings.HasSuffix(command, "--authorization-mode=RBAC") {
		t.Errorf("command = %q", command)
	}
	info, err := NewDocker().Info(t.Context(), "demo")
	if err != nil || info.State != Running || info.Server != "https://127.0.0.1:7777" {
		t.Errorf("info = %+v, %v", info, err)
	}
	for range 2 { // Down may be repeated
		if err := NewDocker().Down(t.Context(), "demo"); err != nil {
			t.Fatal(err)
		}
	}
	if engine.node != nil || engine.volume != nil {
		t.Errorf("left: container %v, volume %v", engine.node, engine.volume)
	}
	if _, err := NewDocker().Info(t.Context(), "demo"); !errors.Is(err, ErrNotFound) {
		t.Errorf("info of a removed cluster: %v", err)
	}
}

func TestUpOfAStoppedClusterKeepsDataAndPort(t *testing.T) {
	engine := newFakeEngine(t)
	for range 2 {
		if err := NewDocker().Up(t.Context(), specFor(t), nil); err != nil {
			t.Fatal(err)
		}
		engine.node.running = false
	}
	if len(engine.created) != 2 {
		t.Fatalf("%d containers were created, want a new one for the second start", len(engine.created))
	}
	first, second := engine.created[0], engine.created[1]
	if port := first.PortBindings[apiInNode()][0].HostPort; port == "0" || port != second.PortBindings[apiInNode()][0].HostPort {
		t.Errorf("ports %v and %v, want the same", first.PortBindings, second.PortBindings)
	}
	if first.Mounts[0].Source != "demo-control-plane" || first.Mounts[0] != second.Mounts[0] {
		t.Errorf("mounts %v and %v, want the same volume", first.Mounts, second.Mounts)
	}
}

func TestUpFallsBackWhereNotAllCapabilitiesCanBeGiven(t *testing.T) {
	engine := newFakeEngine(t)
	engine.refuse = func(host container.HostConfig) string {
		if host.Privileged {
			return "runc create failed: unable to apply caps: operation not permitted: unknown"
		}
		return ""
	}
	if err := NewDocker().Up(t.Context(), specFor(t), nil); err != nil {
		t.Fatal(err)
	}
	last := engine.created[len(engine.created)-1]
	if last.Privileged || !slices.Contains(last.SecurityOpt, "seccomp=unconfined") || last.MaskedPaths == nil {
		t.Errorf("fallback = %+v", last)
	}
}

func TestUpSaysWhyAndLeavesNothing(t *testing.T) {
	cases := map[string]struct {
		spoil func(*fakeEngine)
		want  string
	}{
		"no image": {func(e *fakeEngine) { e.hasImage = false }, "build it with `make image`"},
		"busy port": {func(e *fakeEngine) {
			e.refuse = func(container.HostConfig) string { return "Bind for 127.0.0.1:1 failed: port is already allocated" }
		}, "is in use by another program: choose another one with --api-port"},
		"other refusal": {func(e *fakeEngine) {
			e.refuse = func(container.HostConfig) string { return "no space left on device" }
		}, "no space left on device"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			engine := newFakeEngine(t)
			c.spoil(engine)
			err := NewDocker().Up(t.Context(), specFor(t), nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error = %v, want one line with %q", err, c.want)
			}
			if engine.node != nil || engine.volume != nil {
				t.Errorf("left: container %v, volume %v", engine.node, engine.volume)
			}
		})
	}
}

func TestUpThatFailsKeepsTheDataOfAnEarlierStart(t *testing.T) {
	engine := newFakeEngine(t)
	engine.volume = map[string]string{clusterLabel: "demo"}
	engine.hasImage = false
	if err := NewDocker().Up(t.Context(), specFor(t), nil); err == nil {
		t.Fatal("Up succeeded without an image")
	}
	info, err := NewDocker().Info(t.Context(), "demo")
	if err != nil || info.State != Stopped {
		t.Errorf("info = %+v, %v; want the stopped cluster", info, err)
	}
}

func TestUpTellsWhatTheNodeComplainedAbout(t *testing.T) {
	cases := map[string]struct{ stdout, stderr, want string }{
		"reported":  {`{"error":"disk is full"}` + "\n", "", "disk is full"},
		"just died": {"", "error: unknown flag: --nonsense\n", "unknown flag: --nonsense"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			engine := newFakeEngine(t)
			engine.stdout, engine.stderr = c.stdout, c.stderr
			if err := NewDocker().Up(t.Context(), specFor(t), nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want %q", err, c.want)
			}
		})
	}
}

func TestKubeconfigIsCopiedOutOfTheNode(t *testing.T) {
	newFakeEngine(t)
	data, err := NewDocker().Kubeconfig(t.Context(), "demo")
	if err != nil || string(data) != "/var/lib/seatrial/demo/admin.kubeconfig" {
		t.Errorf("kubeconfig = %q, %v", data, err)
	}
}

func TestWithoutAnEngineEveryMethodSaysSoInOneLine(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(t.TempDir(), "nothing.sock"))
	d := NewDocker()
	methods := map[string]func(context.Context) error{
		"Up":         func(ctx context.Context) error { return d.Up(ctx, specFor(t), nil) },
		"Down":       func(ctx context.Context) error { return d.Down(ctx, "demo") },
		"Info":       func(ctx context.Context) error { _, err := d.Info(ctx, "demo"); return err },
		"List":       func(ctx context.Context) error { _, err := d.List(ctx); return err },
		"Kubeconfig": func(ctx context.Context) error { _, err := d.Kubeconfig(ctx, "demo"); return err },
		"LoadImages": func(ctx context.Context) error {
			_, err := d.LoadImages(ctx, "demo", strings.NewReader(""))
			return err
		},
	}
	for name, call := range methods {
		var unavailable *UnavailableError
		if err := call(t.Context()); !errors.As(err, &unavailable) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "DOCKER_HOST") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUpRefusesAnEngineOnAnotherMachine(t *testing.T) {
	for host, local := range map[string]bool{
		"unix:///var/run/docker.sock": true, "tcp://127.0.0.1:2375": true, "tcp://localhost:2375": true,
		"tcp://docker:2375": false, "tcp://192.0.2.1:2376": false,
	} {
		if err := requireLocal(host); (err == nil) != local {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestTheCurrentContextNamesTheEngine(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.json"), map[string]string{"currentContext": "colima"})
	// printf colima | sha256sum
	const digest = "f24fd3749c1368328e2b149bec149cb6795619f244c5b584e844961215dadd16"
	write(t, filepath.Join(dir, "contexts", "meta", digest, "meta.json"),
		map[string]any{"Endpoints": map[string]any{"docker": map[string]any{"Host": "unix:///c.sock"}}})
	t.Setenv("DOCKER_CONFIG", dir)
	t.Setenv("DOCKER_CONTEXT", "")
	t.Setenv("DOCKER_HOST", "")
	if host := contextHost(); host != "unix:///c.sock" {
		t.Errorf("host = %q", host)
	}
	t.Setenv("DOCKER_CONTEXT", "default")
	if host := contextHost(); host != "" {
		t.Errorf("host of the default context = %q", host)
	}
	t.Setenv("DOCKER_CONTEXT", "")
	t.Setenv("DOCKER_HOST", "unix:///h.sock")
	if host := contextHost(); host != "" {
		t.Errorf("host = %q, want DOCKER_HOST to win", host)
	}
}

func write(t *testing.T, file string, content any) {
	t.Helper()
	data, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
