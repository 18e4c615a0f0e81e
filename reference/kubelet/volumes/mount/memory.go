package mount

import (
	"os"
	"slices"
	"strings"
	"sync"
)

// Memory is a Mounter that only remembers, for tests without the right to mount.
type Memory struct {
	mu     sync.Mutex
	mounts map[string]string // path -> what
}

// Tmpfs implements Mounter.
func (m *Memory) Tmpfs(path string, _ int64) error { return m.add(path, "tmpfs") }

// Bind implements Mounter.
func (m *Memory) Bind(source *os.File, path string) error { return m.add(path, source.Name()) }

func (m *Memory) add(path, what string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mounts == nil {
		m.mounts = map[string]string{}
	}
	m.mounts[path] = what
	return nil
}

// Unmount implements Mounter.
func (m *Memory) Unmount(path string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.mounts, path)
	return nil
}

// Below implements Mounter.
func (m *Memory) Below(dir string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var paths []string
	for path := range m.mounts {
		if path == dir || strings.HasPrefix(path, dir+"/") {
			paths = append(paths, path)
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return len(b) - len(a) })
	return paths, nil
}

// At returns what is mounted at a path, "" if nothing is.
func (m *Memory) At(path string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mounts[path]
}
