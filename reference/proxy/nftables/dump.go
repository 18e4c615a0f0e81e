//go:build linux

package nftables

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// Dump writes the elements of all sets as the kernel has them, one a line and
// sorted. Some versions of the nft program cannot print such a table.
func (b *Backend) Dump(w io.Writer) error {
	if b.applied == nil {
		return errors.New("dump rules: there is no table")
	}
	for _, set := range b.table.sets() {
		elements, err := b.table.conn.GetSetElements(set)
		if err != nil {
			return fmt.Errorf("list elements of %q: %w", set.Name, err)
		}
		lines := make([]string, 0, len(elements))
		for _, e := range elements {
			lines = append(lines, b.table.line(set, e))
		}
		slices.Sort(lines)
		for _, line := range lines {
			if _, err := fmt.Fprintln(w, line); err != nil {
				return fmt.Errorf("write dump: %w", err)
			}
		}
	}
	return nil
}

// line writes "backends TCP 10.96.0.1:443 slot 0 -> 192.0.2.1:6443".
func (t *table) line(set *nftables.Set, e nftables.SetElement) string {
	line := set.Name
	key := e.Key
	size := int(t.bytes)
	switch set {
	case t.hairpins, t.clusterIPs:
		return line + " " + addressOf(key[:size])
	}
	ip, _ := netip.AddrFromSlice(key[:size])
	f := rules.Frontend{IP: ip, Protocol: rules.Protocol(key[size]), Port: binaryutil.BigEndian.Uint16(key[size+4 : size+6])}
	line += " " + f.String()
	rest := key[size+8:]
	switch set {
	case t.backends:
		slot := binaryutil.NativeEndian.Uint32(rest)
		if slot >= outsideSlots {
			line += fmt.Sprintf(" outside slot %d", slot-outsideSlots)
		} else {
			line += fmt.Sprintf(" slot %d", slot)
		}
	case t.clients:
		line += " client " + addressOf(rest[:size])
	}
	switch set {
	case t.inside, t.outside, t.refusedInside, t.refusedOuter:
		return line + " -> " + verdictOf(e.Val)
	}
	backend, _ := netip.AddrFromSlice(e.Val[:size])
	return line + " -> " + netip.AddrPortFrom(backend, binaryutil.BigEndian.Uint16(e.Val[size:size+2])).String()
}

// verdictOf decodes the value of a verdict map, which the library leaves as
// the kernel's attributes: the chain to go to, or else "drop".
func verdictOf(value []byte) string {
	attributes, err := netlink.UnmarshalAttributes(value)
	if err != nil {
		return "unreadable: " + err.Error()
	}
	for _, a := range attributes {
		if a.Type == unix.NFTA_VERDICT_CHAIN {
			return string(bytes.TrimRight(a.Data, "\x00"))
		}
	}
	return "drop"
}

func addressOf(b []byte) string {
	ip, _ := netip.AddrFromSlice(b)
	return ip.String()
}

func isMissing(err error) bool { return errors.Is(err, os.ErrNotExist) }
