package garbage

import (
	"maps"
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/objects"
)

// node is an object that has owners, or that waits for its dependents.
type node struct {
	id         objects.Identity
	uid        types.UID
	blocks     map[types.UID]bool // its owners; true where it keeps the owner from going
	deleting   bool
	foreground bool // deleted in the foreground: waits until its dependents have gone
	orphaning  bool // waits until its dependents are orphaned
}

// graph knows who depends on whom. Its methods may be called by several informers at once.
type graph struct {
	mu     sync.Mutex
	nodes  map[types.UID]node
	owned  map[types.UID]map[types.UID]bool // owner to dependents, also of owners that are not nodes
	source *controller.Source
}

func newGraph(source *controller.Source) *graph {
	return &graph{nodes: map[types.UID]node{}, owned: map[types.UID]map[types.UID]bool{}, source: source}
}

// Put notes the state of an object and asks for the reconciliation of all that it may concern.
func (g *graph) Put(id objects.Identity, obj metav1.Object) {
	g.mu.Lock()
	defer g.mu.Unlock()
	uid := obj.GetUID()
	old, known := g.nodes[uid]
	next := newNode(id, obj)
	if !next.interesting() {
		if known {
			g.drop(old)
		}
		return
	}
	g.nodes[uid] = next
	for owner := range old.blocks {
		if _, still := next.blocks[owner]; !still {
			g.release(owner, uid)
		}
	}
	for owner, blocks := range next.blocks {
		if g.owned[owner] == nil {
			g.owned[owner] = map[types.UID]bool{}
		}
		g.owned[owner][uid] = true
		if old.blocks[owner] && !blocks {
			g.wakeWaiting(owner)
		}
	}
	if !known || !maps.Equal(old.blocks, next.blocks) || old.foreground != next.foreground || old.orphaning != next.orphaning {
		g.wake(uid)
	}
}

func newNode(id objects.Identity, obj metav1.Object) node {
	n := node{id: id, uid: obj.GetUID(), deleting: obj.GetDeletionTimestamp() != nil}
	n.foreground = n.deleting && slices.Contains(obj.GetFinalizers(), metav1.FinalizerDeleteDependents)
	n.orphaning = n.deleting && slices.Contains(obj.GetFinalizers(), metav1.FinalizerOrphanDependents)
	refs := obj.GetOwnerReferences()
	if len(refs) > 0 {
		n.blocks = make(map[types.UID]bool, len(refs))
		for _, ref := range refs {
			n.blocks[ref.UID] = ref.BlockOwnerDeletion != nil && *ref.BlockOwnerDeletion
		}
	}
	return n
}

func (n node) interesting() bool { return len(n.blocks) > 0 || n.foreground || n.orphaning }

// Remove notes that an object has gone: its dependents may have to follow, its owners may wait for that.
func (g *graph) Remove(_ objects.Identity, obj metav1.Object) {
	uid := obj.GetUID()
	g.mu.Lock()
	defer g.mu.Unlock()
	if n, ok := g.nodes[uid]; ok {
		g.drop(n)
	}
	for child := range g.owned[uid] {
		g.wake(child)
	}
}

func (g *graph) drop(n node) {
	delete(g.nodes, n.uid)
	for owner := range n.blocks {
		g.release(owner, n.uid)
	}
}

// release ends a dependency.
func (g *graph) release(owner, child types.UID) {
	delete(g.owned[owner], child)
	if len(g.owned[owner]) == 0 {
		delete(g.owned, owner)
	}
	g.wakeWaiting(owner)
}

func (g *graph) wakeWaiting(owner types.UID) {
	if g.nodes[owner].foreground {
		g.wake(owner)
	}
}

// wake asks for the reconciliation of an object.
func (g *graph) wake(uid types.UID) { g.source.Add(controller.Key{Name: string(uid)}) }

// Learn asks for the reconciliation of every node: the kind of an owner may have become known.
func (g *graph) Learn() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for uid := range g.nodes {
		g.wake(uid)
	}
}

// Forget drops the nodes of a resource that is served no more.
func (g *graph) Forget(resource schema.GroupVersionResource) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, n := range g.nodes {
		if n.id.Resource == resource {
			g.drop(n)
		}
	}
}

func (g *graph) get(uid types.UID) (node, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, ok := g.nodes[uid]
	return n, ok
}

func (g *graph) dependents(uid types.UID) []node {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []node
	for child := range g.owned[uid] {
		out = append(out, g.nodes[child])
	}
	return out
}
