//go:build linux

package nftables

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// gone returns, for frontends with affinity, the backends that the change
// takes away; clients must not be sent there any more.
func (b *Backend) gone(change rules.Change) map[string]struct{} {
	var gone map[string]struct{}
	note := func(f rules.Frontend, stays []netip.AddrPort) {
		old, ok := b.applied[f]
		if !ok || old.Affinity == 0 {
			return
		}
		for _, backend := range old.Backends() {
			if !slices.Contains(stays, backend) {
				if gone == nil {
					gone = map[string]struct{}{}
				}
				gone[string(frontendKey(f))+string(backendValue(backend))] = struct{}{}
			}
		}
	}
	for _, f := range change.Remove {
		note(f, nil)
	}
	for f, rule := range change.Put {
		stays := rule.Backends()
		if rule.Affinity == 0 {
			stays = nil
		}
		note(f, stays)
	}
	return gone
}

// forget removes the clients of backends that are gone.
func (b *Backend) forget(gone map[string]struct{}) error {
	if len(gone) == 0 {
		return nil
	}
	t := b.table
	all, err := t.conn.GetSetElements(t.clients)
	if err != nil {
		return fmt.Errorf("list clients with affinity: %w", err)
	}
	frontend := len(frontendKey(rules.Frontend{IP: b.options.PodCIDR.Addr()}))
	for _, e := range all {
		if _, ok := gone[string(e.Key[:frontend])+string(e.Val)]; !ok {
			continue
		}
		if err := t.conn.SetDeleteElements(t.clients, []nftables.SetElement{{Key: e.Key}}); err != nil {
			return fmt.Errorf("encode client: %w", err)
		}
		// One by one: an entry that has just expired must not keep the others.
		if err := t.conn.Flush(); err != nil && !isMissing(err) {
			return fmt.Errorf("forget client: %w", err)
		}
	}
	return nil
}
