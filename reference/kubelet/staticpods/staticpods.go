// Package staticpods runs the pods whose manifests lie in a directory of the node. They need no API
// server; where there is one, a mirror pod shows each of them there.
//
// https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
package staticpods

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"
)

// rescanPeriod finds what file events missed, and mirror pods that could not be made.
const rescanPeriod = 20 * time.Second

// Options are the dependencies of a Source.
type Options struct {
	// Dir has the manifests; empty = there are none, but mirror pods that are left over are removed.
	Dir      string
	NodeName string
	Client   kubernetes.Interface
	// Node returns the node object, which owns the mirror pods; nil before it is known.
	Node func() *corev1.Node
	// Update and Remove take static pods that appear or change, and that go.
	Update, Remove func(pod *corev1.Pod)
	// Changed is called when the mirror pod of a static pod changed.
	Changed func(types.UID)
	Clock   clock.Clock
	Log     *slog.Logger
}

// Source reads a directory of manifests.
type Source struct {
	Options
	wake chan struct{}

	mu      sync.Mutex
	pods    map[types.UID]*corev1.Pod
	mirrors map[types.NamespacedName]*corev1.Pod
}

// New returns a source that has read nothing.
func New(options Options) *Source {
	return &Source{Options: options, wake: make(chan struct{}, 1), pods: map[types.UID]*corev1.Pod{}, mirrors: map[types.NamespacedName]*corev1.Pod{}}
}

// Scan reads the directory once, so that its pods are known.
func (s *Source) Scan() {
	if s.Dir == "" {
		return
	}
	found, errs := ReadDir(s.Dir, s.NodeName)
	for _, err := range errs {
		s.Log.Warn("read static pods", "err", err)
	}
	if found == nil {
		return
	}
	s.mu.Lock()
	old := s.pods
	s.pods = found
	s.mu.Unlock()
	for uid, pod := range found {
		if old[uid] == nil {
			s.Update(pod)
		}
	}
	for uid, pod := range old {
		if found[uid] == nil {
			s.Remove(pod)
		}
	}
}

// Run follows the directory until ctx ends.
func (s *Source) Run(ctx context.Context) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch manifests: %w", err)
	}
	defer watcher.Close()
	if s.Dir != "" {
		if err := watcher.Add(s.Dir); err != nil {
			return fmt.Errorf("watch manifests in %q: %w", s.Dir, err)
		}
	}
	for {
		s.Scan()
		s.mirror(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-watcher.Events:
		case err := <-watcher.Errors:
			s.Log.Warn("watch manifests", "err", err)
		case <-s.wake:
		case <-s.Clock.After(rescanPeriod):
		}
	}
}

// List returns the static pods.
func (s *Source) List() []*corev1.Pod {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*corev1.Pod
	for _, pod := range s.pods {
		out = append(out, pod)
	}
	return out
}
