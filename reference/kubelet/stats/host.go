package stats

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	statsv1alpha1 "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
)

// userHZ is the unit of times in /proc/stat on every Linux that Go supports.
const userHZ = 100

// host reads the usage of the whole machine.
type host struct{ proc, rootDir string }

func (h host) stats(now time.Time) (statsv1alpha1.NodeStats, error) {
	stamp := metav1.NewTime(now)
	busy, boot, err := h.cpu()
	if err != nil {
		return statsv1alpha1.NodeStats{}, err
	}
	memory, err := h.memory()
	if err != nil {
		return statsv1alpha1.NodeStats{}, err
	}
	disk, err := h.disk(stamp)
	if err != nil {
		return statsv1alpha1.NodeStats{}, err
	}
	total, available := memory["MemTotal"], memory["MemAvailable"]
	usage, working := total-memory["MemFree"], total-available
	rss := memory["AnonPages"]
	return statsv1alpha1.NodeStats{
		StartTime: metav1.NewTime(boot),
		CPU:       &statsv1alpha1.CPUStats{Time: stamp, UsageCoreNanoSeconds: &busy},
		Memory:    &statsv1alpha1.MemoryStats{Time: stamp, AvailableBytes: &available, UsageBytes: &usage, WorkingSetBytes: &working, RSSBytes: &rss},
		Fs:        disk,
		Runtime:   &statsv1alpha1.RuntimeStats{ImageFs: disk, ContainerFs: disk},
	}, nil
}

// cpu returns the busy time of all processors in nanoseconds since boot, and when that was.
func (h host) cpu() (busy uint64, boot time.Time, err error) {
	file, err := os.Open(filepath.Join(h.proc, "stat"))
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("read processor usage: %w", err)
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		fields := strings.Fields(scanner.Text())
		switch {
		case len(fields) > 7 && fields[0] == "cpu":
			for i, field := range fields[1:8] {
				ticks, err := strconv.ParseUint(field, 10, 64)
				if err != nil {
					return 0, time.Time{}, fmt.Errorf("read processor usage: %w", err)
				}
				if i != 3 && i != 4 { // idle and waiting for disks
					busy += ticks * uint64(time.Second/userHZ)
				}
			}
		case len(fields) == 2 && fields[0] == "btime":
			seconds, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0, time.Time{}, fmt.Errorf("read boot time: %w", err)
			}
			boot = time.Unix(seconds, 0)
		}
	}
	return busy, boot, scanner.Err()
}

// memory returns /proc/meminfo in bytes.
func (h host) memory() (map[string]uint64, error) {
	data, err := os.ReadFile(filepath.Join(h.proc, "meminfo"))
	if err != nil {
		return nil, fmt.Errorf("read memory usage: %w", err)
	}
	out := map[string]uint64{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		if kib, err := strconv.ParseUint(fields[1], 10, 64); err == nil {
			out[strings.TrimSuffix(fields[0], ":")] = kib << 10
		}
	}
	return out, nil
}

func (h host) disk(stamp metav1.Time) (*statsv1alpha1.FsStats, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(h.rootDir, &stat); err != nil {
		return nil, fmt.Errorf("read disk usage: %w", err)
	}
	size := uint64(stat.Bsize)
	capacity, available, used := stat.Blocks*size, stat.Bavail*size, (stat.Blocks-stat.Bfree)*size
	inodes, free, taken := stat.Files, stat.Ffree, stat.Files-stat.Ffree
	return &statsv1alpha1.FsStats{
		Time: stamp, CapacityBytes: &capacity, AvailableBytes: &available, UsedBytes: &used,
		Inodes: &inodes, InodesFree: &free, InodesUsed: &taken,
	}, nil
}

// volumes measures the volumes that hold data of the pod itself.
func (s *Stats) volumes(pod *corev1.Pod, now metav1.Time) []statsv1alpha1.VolumeStats {
	var out []statsv1alpha1.VolumeStats
	for _, volume := range pod.Spec.Volumes {
		if volume.EmptyDir == nil || volume.EmptyDir.Medium == corev1.StorageMediumMemory {
			continue
		}
		used := DirSize(filepath.Join(s.PodDir(string(pod.UID)), "volumes", "kubernetes.io~empty-dir", volume.Name))
		out = append(out, statsv1alpha1.VolumeStats{Name: volume.Name, FsStats: statsv1alpha1.FsStats{Time: now, UsedBytes: &used}})
	}
	return out
}

// DirSize is the space that the files below a directory take on disk, in bytes. What vanishes meanwhile does not count.
func DirSize(dir string) uint64 {
	var total uint64
	seen := map[uint64]bool{}
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return nil
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && (stat.Nlink <= 1 || !seen[stat.Ino]) {
			seen[stat.Ino] = stat.Nlink > 1
			total += uint64(stat.Blocks) * 512
		}
		return nil
	})
	return total
}
