//go:build linux

package nftables

import (
	"github.com/google/nftables"
)

// chunk is how many elements go into one message, whose attribute must stay
// below 64 KiB.
const chunk = 400

// batch collects changes of elements so that each set is changed in as few
// messages as possible.
type batch struct {
	remove, add map[*nftables.Set][]nftables.SetElement
}

func newBatch() *batch {
	return &batch{remove: map[*nftables.Set][]nftables.SetElement{}, add: map[*nftables.Set][]nftables.SetElement{}}
}

func (b *batch) put(p place, e element) { b.add[p.set] = append(b.add[p.set], e.encode(p.key)) }

func (b *batch) delete(p place) {
	b.remove[p.set] = append(b.remove[p.set], nftables.SetElement{Key: []byte(p.key)})
}

// queue sends the changes to the connection, removals first, in the order of
// the sets given; nothing happens in the kernel before the flush.
func (b *batch) queue(conn *nftables.Conn, sets []*nftables.Set) error {
	for _, set := range sets {
		if err := inChunks(b.remove[set], func(e []nftables.SetElement) error { return conn.SetDeleteElements(set, e) }); err != nil {
			return err
		}
		if err := inChunks(b.add[set], func(e []nftables.SetElement) error { return conn.SetAddElements(set, e) }); err != nil {
			return err
		}
	}
	return nil
}

func inChunks(elements []nftables.SetElement, send func([]nftables.SetElement) error) error {
	for len(elements) > 0 {
		n := min(len(elements), chunk)
		if err := send(elements[:n]); err != nil {
			return err
		}
		elements = elements[n:]
	}
	return nil
}
