package controller

import (
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/client-go/tools/cache"
)

// Writes remembers what was written for a key, so that the key is not
// reconciled again before the informers have seen it. A controller that
// counts its children would otherwise create some of them twice.
//
// Both questions it asks have answers that never turn from yes to no, so
// nothing expires and nothing can be waited for in vain: "has the informer
// come as far as this resourceVersion?" and "does the informer know that this
// object is being deleted?".
type Writes struct {
	mu      sync.Mutex
	pending map[Key][]func() bool
}

// NewWrites returns an empty memory.
func NewWrites() *Writes { return &Writes{pending: map[Key][]func() bool{}} }

// Saved remembers that obj, as returned by the API server, was created or updated for key.
func (w *Writes) Saved(key Key, informer cache.SharedIndexInformer, obj metav1.Object) {
	version := obj.GetResourceVersion()
	store := informer.GetStore()
	w.add(key, func() bool { return reached(store.LastStoreSyncResourceVersion(), version) })
}

// Deleted remembers that the deletion of obj was requested for key.
func (w *Writes) Deleted(key Key, informer cache.SharedIndexInformer, obj metav1.Object) {
	name, uid, store := cache.MetaObjectToName(obj).String(), obj.GetUID(), informer.GetStore()
	w.add(key, func() bool { return leaving(store, name, uid) })
}

func (w *Writes) add(key Key, seen func() bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending[key] = append(w.pending[key], seen)
}

// settled reports whether the informers have seen everything written for key.
func (w *Writes) settled(key Key) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, seen := range w.pending[key] {
		if !seen() {
			return false
		}
	}
	delete(w.pending, key)
	return true
}

// reached reports whether a store at version have contains the write of version want. Versions
// that cannot be compared count as reached: a client that does not follow the API's rule for
// versions must not stop the controller.
func reached(have, want string) bool {
	order, err := resourceversion.CompareResourceVersion(have, want)
	return err != nil || order >= 0
}

func leaving(store cache.Store, name string, uid types.UID) bool {
	item, exists, err := store.GetByKey(name)
	if err != nil || !exists {
		return true
	}
	obj, ok := item.(metav1.Object)
	return !ok || obj.GetUID() != uid || obj.GetDeletionTimestamp() != nil
}
