// Package users gives pods that want a user namespace ranges of host users of their own.
//
// https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
package users

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const (
	// Length is how many users a pod has.
	Length = 65536
	// slots is how many pods can have a range: those below the largest user ID, without the first, which is the host's.
	slots    = 1<<16 - 1
	fileName = "userns"
)

// Ranges remembers the ranges in the directories of the pods, so that they outlive the node agent.
type Ranges struct {
	// PodDir returns the directory of a pod.
	PodDir func(types.UID) string

	mu    sync.Mutex
	taken map[uint32]types.UID
}

// Of returns the user namespace of a pod, nil for a pod that uses the host's. The answer is always the same for a pod.
func (r *Ranges) Of(pod *corev1.Pod) (*runtimeapi.UserNamespace, error) {
	if pod.Spec.HostUsers == nil || *pod.Spec.HostUsers {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	slot, err := r.slot(pod.UID)
	if err != nil {
		return nil, err
	}
	mapping := func() []*runtimeapi.IDMapping {
		return []*runtimeapi.IDMapping{{HostId: slot * Length, ContainerId: 0, Length: Length}}
	}
	return &runtimeapi.UserNamespace{Mode: runtimeapi.NamespaceMode_POD, Uids: mapping(), Gids: mapping()}, nil
}

func (r *Ranges) slot(uid types.UID) (uint32, error) {
	if r.taken == nil {
		r.taken = map[uint32]types.UID{}
		r.remember(filepath.Dir(r.PodDir(uid)))
	}
	for slot, owner := range r.taken {
		if owner == uid {
			return slot, nil
		}
	}
	for slot := uint32(1); slot <= slots; slot++ {
		if _, used := r.taken[slot]; used {
			continue
		}
		path := filepath.Join(r.PodDir(uid), fileName)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return 0, fmt.Errorf("keep user range: %w", err)
		}
		if err := os.WriteFile(path, []byte(strconv.FormatUint(uint64(slot), 10)), 0o600); err != nil {
			return 0, fmt.Errorf("keep user range: %w", err)
		}
		r.taken[slot] = uid
		return slot, nil
	}
	return 0, errors.New("give pod a user range: all are taken")
}

// remember reads the ranges that pods had before the node agent started.
func (r *Ranges) remember(dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*", fileName))
	if err != nil {
		return
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) || err != nil {
			continue
		}
		if slot, err := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 16); err == nil && slot > 0 {
			r.taken[uint32(slot)] = types.UID(filepath.Base(filepath.Dir(file)))
		}
	}
}

// Forget frees the range of a pod whose directory is gone.
func (r *Ranges) Forget(uid types.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for slot, owner := range r.taken {
		if owner == uid {
			delete(r.taken, slot)
		}
	}
}
