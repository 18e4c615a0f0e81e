//go:build linux

// Package nftables puts service rules into effect in the kernel.
//
// The number of chains and sets does not grow with the number of services, so
// a full synchronisation is linear and a change costs what it changes. It
// speaks netlink; no program is needed on the node.
package nftables

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// Options configure a Backend.
type Options struct {
	// Table is the name of the nftables table.
	Table string
	// PodCIDR are the addresses of pods, of all nodes; its family is the
	// family of the rules.
	PodCIDR netip.Prefix
	// MasqueradeOutbound gives connections from pods to beyond PodCIDR the
	// address of the node.
	MasqueradeOutbound bool
}

// Backend is a table in the kernel, in the network namespace of the calling
// thread. It is not safe for concurrent use.
type Backend struct {
	options Options
	table   *table
	applied rules.Set
	shared  map[place]int // how many rules need the element
}

// New connects to the kernel. Nothing is changed before Replace.
func New(o Options) (*Backend, error) {
	if o.Table == "" || !o.PodCIDR.IsValid() {
		return nil, errors.New("make nftables backend: Table and PodCIDR are needed")
	}
	conn, err := nftables.New(nftables.AsLasting(), nftables.WithSockOptions(setBuffers))
	if err != nil {
		return nil, fmt.Errorf("open nftables: %w", err)
	}
	l := ipv4(o.PodCIDR)
	if o.PodCIDR.Addr().Is6() {
		l = ipv6(o.PodCIDR)
	}
	return &Backend{options: o, table: &table{layout: l, conn: conn}}, nil
}

// Replace makes the kernel have these rules and no others, in one
// transaction. It starts with nothing known about what is there.
func (b *Backend) Replace(all rules.Set) error {
	b.applied, b.shared = rules.Set{}, map[place]int{}
	if err := b.table.build(b.options.Table, b.options.MasqueradeOutbound); err != nil {
		return fmt.Errorf("build table %q: %w", b.options.Table, err)
	}
	return b.apply(rules.Change{Put: all})
}

// Apply changes rules. After an error the state is unknown; call Replace.
func (b *Backend) Apply(change rules.Change) error {
	if b.applied == nil {
		return errors.New("apply rules: nothing to change yet")
	}
	gone := b.gone(change)
	if err := b.apply(change); err != nil {
		return err
	}
	return b.forget(gone)
}

// Networks says which networks the addresses of services are taken from.
// Connections to an address there that no service has are dropped. Replace
// forgets it.
func (b *Backend) Networks(networks []netip.Prefix) error {
	if b.applied == nil {
		return errors.New("set service networks: there is no table")
	}
	b.table.dropNobody(networks)
	if err := b.table.conn.Flush(); err != nil {
		b.applied = nil
		return fmt.Errorf("set service networks: %w", err)
	}
	return nil
}

// Close removes the table.
func (b *Backend) Close() error {
	if b.applied != nil {
		b.table.conn.DelTable(b.table.raw)
		if err := b.table.conn.Flush(); err != nil && !isMissing(err) {
			return fmt.Errorf("delete table %q: %w", b.options.Table, errors.Join(err, b.table.conn.CloseLasting()))
		}
	}
	if err := b.table.conn.CloseLasting(); err != nil {
		return fmt.Errorf("close nftables: %w", err)
	}
	return nil
}

func (b *Backend) apply(change rules.Change) error {
	changes := newBatch()
	for _, f := range change.Remove {
		b.change(changes, f, nil)
	}
	for f, rule := range change.Put {
		if b.table.owns(f.IP) {
			b.change(changes, f, &rule)
		}
	}
	if err := changes.queue(b.table.conn, b.table.sets()); err != nil {
		return fmt.Errorf("encode rules: %w", err)
	}
	if err := b.table.conn.Flush(); err != nil {
		b.applied = nil
		return fmt.Errorf("change table %q: %w", b.options.Table, err)
	}
	return nil
}

// change adds to the batch what differs between the applied rule and the new
// one; nil means none.
func (b *Backend) change(changes *batch, f rules.Frontend, now *rules.Rule) {
	var before, after map[place]element
	var release, acquire []place
	if old, ok := b.applied[f]; ok {
		before, release = b.table.elements(f, old)
	}
	if now != nil {
		after, acquire = b.table.elements(f, *now)
		b.applied[f] = *now
	} else {
		delete(b.applied, f)
	}
	for p, e := range before {
		if next, ok := after[p]; !ok || !next.equal(e) {
			changes.delete(p)
		}
	}
	for p, e := range after {
		if old, ok := before[p]; !ok || !old.equal(e) {
			changes.put(p, e)
		}
	}
	b.share(changes, acquire, release)
}

// share counts the users of shared elements. Acquiring first avoids removing
// what is added again.
func (b *Backend) share(changes *batch, acquire, release []place) {
	for _, p := range acquire {
		if b.shared[p]++; b.shared[p] == 1 {
			changes.put(p, element{})
		}
	}
	for _, p := range release {
		if b.shared[p]--; b.shared[p] == 0 {
			delete(b.shared, p)
			changes.delete(p)
		}
	}
}

// setBuffers makes room for a transaction of many thousand services.
func setBuffers(conn *netlink.Conn) error {
	const size = 128 << 20 // a limit, not an allocation
	if err := conn.SetWriteBuffer(size); err != nil {
		return err
	}
	return conn.SetReadBuffer(size)
}
