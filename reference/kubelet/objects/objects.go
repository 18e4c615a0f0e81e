// Package objects reads the config maps and secrets that the pods of a node refer to, and watches
// those that are in use, each on its own: a node may not see the others.
package objects

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"
)

// Kinds of objects.
const (
	ConfigMap = "configmaps"
	Secret    = "secrets"
)

// Ref names an object.
type Ref struct{ Kind, Namespace, Name string }

// Reader reads objects. A missing object is a NotFound error.
type Reader interface {
	ConfigMap(ctx context.Context, namespace, name string) (*corev1.ConfigMap, error)
	Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error)
}

// Store watches the objects in use. It reads fresh from the API server; Watched reads what the watch saw last.
type Store struct {
	client kubernetes.Interface
	clock  clock.Clock
	log    *slog.Logger

	mu      sync.Mutex
	entries map[Ref]*entry
	running sync.WaitGroup
}

// New returns an empty store.
func New(client kubernetes.Interface, clock clock.Clock, log *slog.Logger) *Store {
	return &Store{client: client, clock: clock, log: log, entries: map[Ref]*entry{}}
}

// ConfigMap reads from the API server.
func (s *Store) ConfigMap(ctx context.Context, namespace, name string) (*corev1.ConfigMap, error) {
	return s.client.CoreV1().ConfigMaps(namespace).Get(ctx, name, metav1.GetOptions{})
}

// Secret reads from the API server.
func (s *Store) Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
	return s.client.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
}

// Acquire watches an object until the returned function is called. changed is called, from another
// goroutine, each time the object may differ from what a reader saw before.
func (s *Store) Acquire(ref Ref, changed func()) (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[ref]
	if e == nil {
		ctx, cancel := context.WithCancel(context.Background())
		e = &entry{store: s, ref: ref, cancel: cancel, users: map[*func()]bool{}}
		s.entries[ref] = e
		s.running.Go(func() { e.run(ctx) })
	}
	user := &changed
	e.users[user] = true
	var once sync.Once
	return func() { once.Do(func() { s.release(e, user) }) }
}

func (s *Store) release(e *entry, user *func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(e.users, user)
	if len(e.users) == 0 {
		e.cancel()
		delete(s.entries, e.ref)
	}
}

// Close ends all watches and waits for them.
func (s *Store) Close() {
	s.mu.Lock()
	for _, e := range s.entries {
		e.cancel()
	}
	s.mu.Unlock()
	s.running.Wait()
}

// Watched reads what the watches saw last, and from the API server where none has seen anything yet.
func (s *Store) Watched() Reader { return watched{s} }

type watched struct{ store *Store }

func (w watched) ConfigMap(ctx context.Context, namespace, name string) (*corev1.ConfigMap, error) {
	object, known := w.store.last(Ref{ConfigMap, namespace, name})
	if !known {
		return w.store.ConfigMap(ctx, namespace, name)
	}
	if config, ok := object.(*corev1.ConfigMap); ok {
		return config, nil
	}
	return nil, apierrors.NewNotFound(corev1.Resource(ConfigMap), name)
}

func (w watched) Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
	object, known := w.store.last(Ref{Secret, namespace, name})
	if !known {
		return w.store.Secret(ctx, namespace, name)
	}
	if secret, ok := object.(*corev1.Secret); ok {
		return secret, nil
	}
	return nil, apierrors.NewNotFound(corev1.Resource(Secret), name)
}

func (s *Store) last(ref Ref) (runtime.Object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[ref]
	if e == nil || !e.known {
		return nil, false
	}
	return e.object, true
}

// String is how the object is written in messages.
func (r Ref) String() string { return fmt.Sprintf("%s %q", r.Kind, r.Namespace+"/"+r.Name) }
