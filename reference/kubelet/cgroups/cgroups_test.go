package cgroups

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func list(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
}

func pod(class corev1.PodQOSClass, containers ...corev1.ResourceRequirements) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "u1"}, Status: corev1.PodStatus{QOSClass: class}}
	for _, resources := range containers {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Resources: resources})
	}
	return p
}

func TestParent(t *testing.T) {
	g := Groups{Root: "/seatrial/demo"}
	for class, want := range map[corev1.PodQOSClass]string{
		corev1.PodQOSGuaranteed: "/seatrial/demo/kubepods/podu1",
		corev1.PodQOSBurstable:  "/seatrial/demo/kubepods/burstable/podu1",
		corev1.PodQOSBestEffort: "/seatrial/demo/kubepods/besteffort/podu1",
	} {
		if got := g.Parent(pod(class)); got != want {
			t.Errorf("%s: %s; want %s", class, got, want)
		}
	}
}

// fakeV2 is a file tree like a cgroup v2 mount, as far as the package looks.
func fakeV2(t *testing.T, parents ...string) string {
	t.Helper()
	mount := t.TempDir()
	for _, dir := range append([]string{""}, parents...) {
		path := filepath.Join(mount, dir)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"cgroup.controllers": "cpu memory\n", "cgroup.subtree_control": "", "cpu.max": "", "cpu.weight": "", "memory.max": ""} {
			if err := os.WriteFile(filepath.Join(path, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return mount
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func TestLimitsOfV2(t *testing.T) {
	parents := []string{"r", "r/kubepods", "r/kubepods/podu1", "r/kubepods/burstable", "r/kubepods/burstable/podu1"}
	g := Groups{Root: "/r"}
	for _, tt := range []struct {
		pod                 *corev1.Pod
		max, weight, memory string
	}{
		{pod(corev1.PodQOSGuaranteed, corev1.ResourceRequirements{Requests: list("500m", "64Mi"), Limits: list("500m", "64Mi")}), "50000 100000", "20", "67108864"},
		{pod(corev1.PodQOSBurstable, corev1.ResourceRequirements{Limits: list("1", "64Mi"), Requests: list("1", "64Mi")}, corev1.ResourceRequirements{}), "max 100000", "39", "max"},
	} {
		g.Mount = fakeV2(t, parents...)
		if !g.V2() {
			t.Fatal("not taken for v2")
		}
		if err := g.Create(tt.pod); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(g.Mount, g.Parent(tt.pod))
		if got := read(t, dir, "cpu.max"); got != tt.max {
			t.Errorf("cpu.max = %q; want %q", got, tt.max)
		}
		if got := read(t, dir, "cpu.weight"); got != tt.weight {
			t.Errorf("cpu.weight = %q; want %q", got, tt.weight)
		}
		if got := read(t, dir, "memory.max"); got != tt.memory {
			t.Errorf("memory.max = %q; want %q", got, tt.memory)
		}
	}
}

func TestGroupsOfV1AreMadeInEveryHierarchyAndRemoved(t *testing.T) {
	g := Groups{Mount: t.TempDir(), Root: "/r"}
	for _, controller := range []string{"cpu", "memory", "pids", "unified"} {
		if err := os.Mkdir(filepath.Join(g.Mount, controller), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p := pod(corev1.PodQOSBestEffort, corev1.ResourceRequirements{})
	if err := g.Create(p); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cpu/r/kubepods/besteffort/podu1/cpu.shares", "memory/r/kubepods/besteffort/podu1/memory.limit_in_bytes"} {
		if _, err := os.Stat(filepath.Join(g.Mount, name)); err != nil {
			t.Error(err)
		}
	}
	if got := g.Pods(); len(got) != 1 || got[0] != "u1" {
		t.Errorf("pods = %v; want u1", got)
	}
	if got := read(t, g.Mount, "cpu/r/kubepods/besteffort/podu1/cpu.shares"); got != "2" {
		t.Errorf("shares = %s; want 2", got)
	}
	// The kernel lets a group go with its files in it; a plain file system does not.
	for _, controller := range []string{"cpu", "memory"} {
		files, _ := filepath.Glob(filepath.Join(g.Mount, controller, "r/kubepods/besteffort/podu1/*"))
		for _, file := range files {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := g.Remove("u1"); err != nil || len(g.Pods()) != 0 {
		t.Errorf("remove: %v, left %v", err, g.Pods())
	}
	if err := g.Remove("u1"); err != nil {
		t.Errorf("remove again: %v", err)
	}
}

func TestWeight(t *testing.T) {
	for shares, want := range map[int64]int64{0: 1, 2: 1, 1024: 39, 262_144: 10_000, 1 << 40: 10_000} {
		if got := Weight(shares); got != want {
			t.Errorf("Weight(%d) = %d; want %d", shares, got, want)
		}
	}
}
