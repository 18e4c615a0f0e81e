package snapshot

import (
	"maps"
	"slices"
)

// Tallies remembers how many pods match, by node and by domain, so that for
// the next pod of a group only nodes that have changed are counted again. It
// belongs to one goroutine; the zero value is ready.
type Tallies struct {
	recent []*Tally // the most recently used first
}

// keep is how many groups are remembered.
const keep = 64

// Group says what is counted. Two groups of the same name count the same.
type Group struct {
	Name    string
	Matches func(*Pod) bool
	// Domain returns the domain that a node is in, and whether it is in any.
	Domain func(*Node) (string, bool)
}

// Tally is what was counted. It must not be changed, and changes with the
// next count of its group.
type Tally struct {
	Domains map[string]Domain

	group  string
	nodes  []*Node
	counts []int
}

// Domain is a set of nodes.
type Domain struct{ Nodes, Pods int }

// Count counts the group in the cluster.
func (t *Tallies) Count(group Group, cluster *Snapshot) *Tally {
	one := t.find(group.Name)
	if cluster.imagined { // what is remembered stays true
		one = &Tally{Domains: maps.Clone(one.Domains), nodes: slices.Clone(one.nodes), counts: slices.Clone(one.counts)}
	}
	one.update(group, cluster.Nodes())
	return one
}

// At returns the number of matching pods on the i-th node of the cluster.
func (t *Tally) At(i int) int { return t.counts[i] }

// update counts again where the nodes are not those that were counted. Since
// nodes are immutable, comparing pointers is enough.
func (t *Tally) update(group Group, nodes []*Node) {
	for i := len(nodes); i < len(t.nodes); i++ {
		t.leave(group, i)
	}
	t.nodes = slices.Grow(t.nodes, max(0, len(nodes)-len(t.nodes)))
	for len(t.nodes) < len(nodes) {
		t.nodes, t.counts = append(t.nodes, nil), append(t.counts, 0)
	}
	t.nodes, t.counts = t.nodes[:len(nodes)], t.counts[:len(nodes)]
	for i, node := range nodes {
		if t.nodes[i] == node {
			continue
		}
		t.leave(group, i)
		n := 0
		for _, pod := range node.Pods {
			if group.Matches(pod) {
				n++
			}
		}
		t.nodes[i], t.counts[i] = node, n
		if name, ok := group.Domain(node); ok {
			d := t.Domains[name]
			t.Domains[name] = Domain{d.Nodes + 1, d.Pods + n}
		}
	}
}

// leave takes the i-th node out of its domain.
func (t *Tally) leave(group Group, i int) {
	if t.nodes[i] == nil {
		return
	}
	if name, ok := group.Domain(t.nodes[i]); ok {
		d := t.Domains[name]
		d = Domain{d.Nodes - 1, d.Pods - t.counts[i]}
		if d.Nodes == 0 {
			delete(t.Domains, name)
		} else {
			t.Domains[name] = d
		}
	}
	t.nodes[i] = nil
}

// find moves the group to the front, in place of the last if it is new.
func (t *Tallies) find(name string) *Tally {
	at := slices.IndexFunc(t.recent, func(one *Tally) bool { return one.group == name })
	if at < 0 {
		if len(t.recent) < keep {
			t.recent = append(t.recent, nil)
		}
		at = len(t.recent) - 1
		t.recent[at] = &Tally{group: name, Domains: map[string]Domain{}}
	}
	one := t.recent[at]
	copy(t.recent[1:at+1], t.recent[:at])
	t.recent[0] = one
	return one
}
