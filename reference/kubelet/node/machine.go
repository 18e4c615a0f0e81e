package node

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Kept back from pods, so that the node can act before the kernel must.
const (
	reservedMemory  = 100 << 20
	reservedStorage = 10 // percent
)

// Machine is what the node runs on.
type Machine struct {
	CPUs                                      int
	Memory                                    int64 // bytes
	Storage                                   int64 // bytes of the file system that has the pods
	MachineID, SystemUUID, BootID, Kernel, OS string
}

// ReadMachine reads the machine; dir is on the file system that has the pods.
func ReadMachine(dir string) (Machine, error) {
	m := Machine{
		CPUs: runtime.NumCPU(), MachineID: firstLine("/etc/machine-id"),
		SystemUUID: firstLine("/sys/class/dmi/id/product_uuid"), BootID: firstLine("/proc/sys/kernel/random/boot_id"),
		Kernel: firstLine("/proc/sys/kernel/osrelease"), OS: osName("/etc/os-release"),
	}
	memory, err := totalMemory("/proc/meminfo")
	if err != nil {
		return Machine{}, err
	}
	m.Memory = memory
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return Machine{}, fmt.Errorf("read size of file system at %q: %w", dir, err)
	}
	m.Storage = int64(fs.Blocks) * fs.Bsize
	if m.SystemUUID == "" {
		m.SystemUUID = m.MachineID
	}
	return m, nil
}

func firstLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSpace(line)
}

func osName(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "Linux"
	}
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			return strings.Trim(name, `"'`)
		}
	}
	return "Linux"
}

func totalMemory(path string) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("read memory size: %w", err)
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		fields := strings.Fields(scanner.Text())
		if len(fields) >= 2 && fields[0] == "MemTotal:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read memory size: %w", err)
			}
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("read memory size: no MemTotal in %s", path)
}

// Capacity is what the machine has.
func (m Machine) Capacity(maxPods int) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:                     *resource.NewQuantity(int64(m.CPUs), resource.DecimalSI),
		corev1.ResourceMemory:                  *resource.NewQuantity(m.Memory, resource.BinarySI),
		corev1.ResourceEphemeralStorage:        *resource.NewQuantity(m.Storage, resource.BinarySI),
		corev1.ResourcePods:                    *resource.NewQuantity(int64(maxPods), resource.DecimalSI),
		corev1.ResourceHugePagesPrefix + "2Mi": *resource.NewQuantity(0, resource.BinarySI),
		corev1.ResourceHugePagesPrefix + "1Gi": *resource.NewQuantity(0, resource.BinarySI),
	}
}

// Allocatable is what pods can have of it.
func (m Machine) Allocatable(maxPods int) corev1.ResourceList {
	list := m.Capacity(maxPods)
	list[corev1.ResourceMemory] = *resource.NewQuantity(max(m.Memory-reservedMemory, 0), resource.BinarySI)
	list[corev1.ResourceEphemeralStorage] = *resource.NewQuantity(m.Storage/100*(100-reservedStorage), resource.DecimalSI)
	return list
}
