// Package cgroups makes the control groups that hold the containers of a pod, by quality of service:
// <root>/kubepods/pod<uid>, <root>/kubepods/burstable/pod<uid> and <root>/kubepods/besteffort/pod<uid>.
//
// It speaks cgroup v1 and v2 through the file system only (the cgroupfs driver).
package cgroups

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/component-helpers/resource"

	"github.com/seatrial/seatrial/reference/kubelet/criconfig"
)

// Groups are the control groups of the pods of a node.
type Groups struct {
	// Mount is where the cgroup file systems are, usually /sys/fs/cgroup.
	Mount string
	// Root is the group below which everything is made, such as /seatrial/demo.
	Root string
}

// V2 tells whether the node has the unified hierarchy.
func (g Groups) V2() bool {
	_, err := os.Stat(filepath.Join(g.Mount, "cgroup.controllers"))
	return err == nil
}

// Parent is the cgroup parent of the containers of a pod.
func (g Groups) Parent(pod *corev1.Pod) string {
	parts := []string{g.Root, "kubepods"}
	switch pod.Status.QOSClass {
	case corev1.PodQOSBurstable:
		parts = append(parts, "burstable")
	case corev1.PodQOSBestEffort:
		parts = append(parts, "besteffort")
	}
	return filepath.Join("/", filepath.Join(parts...), "pod"+string(pod.UID))
}

// Widen takes the limits off the group of a pod for the time of a change, so that containers may get more before others give.
func (g Groups) Widen(pod *corev1.Pod) error {
	parent := g.Parent(pod)
	if g.V2() {
		return g.write(limits{shares: limitsOf(pod).shares}.v2(filepath.Join(g.Mount, parent)))
	}
	return g.write(limits{shares: limitsOf(pod).shares}.v1(g.Mount, parent))
}

// Create makes the group of a pod with its limits, or sets the limits of a group that exists.
func (g Groups) Create(pod *corev1.Pod) error {
	parent := g.Parent(pod)
	limits := limitsOf(pod)
	if g.V2() {
		return g.createV2(parent, limits)
	}
	for _, controller := range g.controllers() {
		if err := os.MkdirAll(filepath.Join(g.Mount, controller, parent), 0o755); err != nil {
			return fmt.Errorf("make cgroup of pod: %w", err)
		}
	}
	return g.write(limits.v1(g.Mount, parent))
}

func (g Groups) createV2(parent string, limits limits) error {
	dir := g.Mount
	for part := range strings.SplitSeq(strings.Trim(parent, "/"), "/") {
		dir = filepath.Join(dir, part)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make cgroup of pod: %w", err)
		}
		if err := enableControllers(dir); err != nil {
			return err
		}
	}
	return g.write(limits.v2(filepath.Join(g.Mount, parent)))
}

func enableControllers(dir string) error {
	available, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("read controllers: %w", err)
	}
	for controller := range strings.FieldsSeq(string(available)) {
		err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("enable controller %q: %w", controller, err)
		}
	}
	return nil
}

// controllers are the directories of the v1 hierarchies, each once.
func (g Groups) controllers() []string {
	entries, err := os.ReadDir(g.Mount)
	if err != nil {
		return nil // no cgroups here: the runtime will say so
	}
	var out []string
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "unified" {
			out = append(out, entry.Name())
		}
	}
	return out
}

// write ignores files that the kernel does not have.
func (g Groups) write(files map[string]string) error {
	for path, value := range files {
		err := os.WriteFile(path, []byte(value), 0o644)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("set %s: %w", filepath.Base(path), err)
		}
	}
	return nil
}

// Remove removes the group of a pod, whatever its class was. It may be repeated.
func (g Groups) Remove(uid types.UID) error {
	bases := []string{g.Mount}
	if !g.V2() {
		bases = nil
		for _, controller := range append(g.controllers(), "unified") {
			bases = append(bases, filepath.Join(g.Mount, controller))
		}
	}
	var errs []error
	for _, base := range bases {
		for _, class := range []string{"", "burstable", "besteffort"} {
			errs = append(errs, removeTree(filepath.Join(base, g.Root, "kubepods", class, "pod"+string(uid))))
		}
	}
	return errors.Join(errs...)
}

// Pods lists the pods that have a group.
func (g Groups) Pods() []types.UID {
	base := filepath.Join(g.Mount, "memory")
	if g.V2() {
		base = g.Mount
	}
	var uids []types.UID
	for _, class := range []string{"", "burstable", "besteffort"} {
		entries, err := os.ReadDir(filepath.Join(base, g.Root, "kubepods", class))
		if err != nil {
			continue
		}
		for _, entry := range entries {
			if uid, ok := strings.CutPrefix(entry.Name(), "pod"); ok && entry.IsDir() {
				uids = append(uids, types.UID(uid))
			}
		}
	}
	return uids
}

func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list cgroup: %w", err)
	}
	var errs []error
	for _, entry := range entries {
		if entry.IsDir() {
			errs = append(errs, removeTree(filepath.Join(dir, entry.Name())))
		}
	}
	err = syscall.Rmdir(dir)
	if errors.Is(err, syscall.EBUSY) {
		killAll(dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, fmt.Errorf("remove cgroup %q: %w", dir, err))
	}
	return errors.Join(errs...)
}

// killAll ends processes that outlived their container, such as what a broken start left behind. The
// group can be removed a moment later.
func killAll(dir string) {
	data, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return
	}
	for field := range strings.FieldsSeq(string(data)) {
		if pid, err := strconv.Atoi(field); err == nil && pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL) // or it is gone already
		}
	}
}

type limits struct {
	shares, quota, memory int64
}

// limitsOf a pod are set only where every container has one.
func limitsOf(pod *corev1.Pod) limits {
	requests := resource.PodRequests(pod, resource.PodResourcesOptions{})
	most := resource.PodLimits(pod, resource.PodResourcesOptions{})
	out := limits{shares: criconfig.Shares(requests, nil)}
	if everyContainerHas(pod, corev1.ResourceCPU) {
		out.quota = criconfig.Quota(most)
	}
	if everyContainerHas(pod, corev1.ResourceMemory) {
		out.memory = most.Memory().Value()
	}
	return out
}

func everyContainerHas(pod *corev1.Pod, name corev1.ResourceName) bool {
	if pod.Spec.Resources != nil {
		if limit, ok := pod.Spec.Resources.Limits[name]; ok && !limit.IsZero() {
			return true
		}
	}
	containers := slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers)
	return !slices.ContainsFunc(containers, func(container corev1.Container) bool {
		limit, ok := container.Resources.Limits[name]
		return !ok || limit.IsZero()
	})
}

const period = 100_000

func (l limits) v1(mount, parent string) map[string]string {
	file := func(controller, name string) string { return filepath.Join(mount, controller, parent, name) }
	quota, memory := int64(-1), int64(-1)
	if l.quota > 0 {
		quota = l.quota
	}
	if l.memory > 0 {
		memory = l.memory
	}
	return map[string]string{
		file("cpu", "cpu.shares"):               strconv.FormatInt(l.shares, 10),
		file("cpu", "cpu.cfs_quota_us"):         strconv.FormatInt(quota, 10),
		file("memory", "memory.limit_in_bytes"): strconv.FormatInt(memory, 10),
	}
}

func (l limits) v2(dir string) map[string]string {
	quota, memory := "max", "max"
	if l.quota > 0 {
		quota = strconv.FormatInt(l.quota, 10)
	}
	if l.memory > 0 {
		memory = strconv.FormatInt(l.memory, 10)
	}
	return map[string]string{
		filepath.Join(dir, "cpu.weight"): strconv.FormatInt(Weight(l.shares), 10),
		filepath.Join(dir, "cpu.max"):    quota + " " + strconv.Itoa(period),
		filepath.Join(dir, "memory.max"): memory,
	}
}

// Weight converts the shares of cgroup v1 (2 to 262144) to the weight of v2 (1 to 10000).
func Weight(shares int64) int64 {
	return 1 + (min(max(shares, 2), 262_144)-2)*9999/262_142
}
