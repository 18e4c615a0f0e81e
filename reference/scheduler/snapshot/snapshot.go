// Package snapshot holds what the scheduler knows about nodes and the pods on
// them: a cache that follows the API server and the scheduler's own decisions,
// and cheap consistent views of it.
package snapshot

import (
	"maps"
	"slices"
)

// Snapshot is a consistent view of all nodes. One goroutine owns it.
type Snapshot struct {
	nodes     []*Node
	index     map[string]int
	withTerms map[string]*Node
	images    map[string]int // name of an image -> number of nodes that have it
	imagined  bool           // made by With
}

// New returns a snapshot of the nodes, in that order.
func New(nodes ...*Node) *Snapshot {
	s := &Snapshot{}
	for _, n := range nodes {
		s.set(n)
	}
	return s
}

// Nodes returns the nodes; the slice must not be changed.
func (s *Snapshot) Nodes() []*Node { return s.nodes }

// Node returns the node of that name, nil when there is none.
func (s *Snapshot) Node(name string) *Node {
	if i, ok := s.index[name]; ok {
		return s.nodes[i]
	}
	return nil
}

// Index returns the position of the node in Nodes, -1 when there is none.
func (s *Snapshot) Index(name string) int {
	if i, ok := s.index[name]; ok {
		return i
	}
	return -1
}

// WithTerms returns the nodes that have pods with affinity terms, by name.
func (s *Snapshot) WithTerms() map[string]*Node { return s.withTerms }

// ImageNodes returns how many nodes have the image.
func (s *Snapshot) ImageNodes(image string) int { return s.images[image] }

// With returns a view in which the given nodes replace those of the same name.
func (s *Snapshot) With(nodes ...*Node) *Snapshot {
	c := &Snapshot{
		nodes:     slices.Clone(s.nodes),
		index:     s.index,
		withTerms: maps.Clone(s.withTerms),
		images:    s.images,
		imagined:  true,
	}
	for _, n := range nodes {
		if i, ok := c.index[n.Name]; ok {
			c.nodes[i] = n
			c.setTerms(n)
		}
	}
	return c
}

func (s *Snapshot) set(n *Node) {
	if s.index == nil {
		s.index, s.withTerms, s.images = map[string]int{}, map[string]*Node{}, map[string]int{}
	}
	if i, ok := s.index[n.Name]; ok {
		s.countImages(s.nodes[i], n)
		s.nodes[i] = n
	} else {
		s.countImages(nil, n)
		s.index[n.Name] = len(s.nodes)
		s.nodes = append(s.nodes, n)
	}
	s.setTerms(n)
}

// remove keeps the order of the other nodes, so that rotation stays fair.
func (s *Snapshot) remove(name string) {
	i, ok := s.index[name]
	if !ok {
		return
	}
	s.countImages(s.nodes[i], nil)
	s.nodes = slices.Delete(s.nodes, i, i+1)
	delete(s.index, name)
	delete(s.withTerms, name)
	for j := i; j < len(s.nodes); j++ {
		s.index[s.nodes[j].Name] = j
	}
}

func (s *Snapshot) setTerms(n *Node) {
	if len(n.WithTerms) > 0 {
		s.withTerms[n.Name] = n
	} else {
		delete(s.withTerms, n.Name)
	}
}

func (s *Snapshot) countImages(old, now *Node) {
	if old != nil && now != nil && old.Node == now.Node {
		return
	}
	if old != nil {
		for name := range old.ImageSizes {
			if s.images[name]--; s.images[name] <= 0 {
				delete(s.images, name)
			}
		}
	}
	if now != nil {
		for name := range now.ImageSizes {
			s.images[name]++
		}
	}
}
