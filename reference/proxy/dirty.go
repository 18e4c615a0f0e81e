//go:build linux

package proxy

import "sync"

// owner is an object that has rules.
type owner struct {
	kind string
	key  string // "namespace/name"
}

// The kinds of owners.
const (
	kindService = "service"
	kindPod     = "pod"
	kindNetwork = "network" // a ServiceCIDR, which has no rules of its own
)

func (o owner) String() string { return o.kind + "/" + o.key }

// dirty is the set of owners that have changed since the last look.
type dirty struct {
	mu     sync.Mutex
	owners map[owner]struct{}
	signal chan struct{} // there is something to do
	held   bool          // no signals yet
}

func newDirty() *dirty {
	return &dirty{owners: map[owner]struct{}{}, signal: make(chan struct{}, 1), held: true}
}

func (d *dirty) add(o owner) {
	d.mu.Lock()
	d.owners[o] = struct{}{}
	held := d.held
	d.mu.Unlock()
	if !held {
		d.notify()
	}
}

// release lets the signals through; before, changes only gather.
func (d *dirty) release() {
	d.mu.Lock()
	d.held = false
	d.mu.Unlock()
	d.notify()
}

func (d *dirty) notify() {
	select {
	case d.signal <- struct{}{}:
	default:
	}
}

func (d *dirty) take() map[owner]struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := d.owners
	d.owners = map[owner]struct{}{}
	return taken
}
