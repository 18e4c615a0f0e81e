//go:build linux

package host

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

const forwardSwitch = "/proc/sys/net/ipv4/ip_forward"

// AllowOutbound lets the cluster reach what the host reaches: the host hides the
// node behind its own address, as the node hides its pods.
// It must be called from the host's network namespace; it may be repeated.
func (p Place) AllowOutbound(link Link) error {
	conn, err := nftables.New()
	if err != nil {
		return fmt.Errorf("open nftables: %w", err)
	}
	if err := p.hide(conn, link.Node); err != nil {
		return err
	}
	return p.forward()
}

// hide replaces the outbound table by one that rewrites the source of what
// comes from addr and leaves by another interface than the link.
func (p Place) hide(conn *nftables.Conn, addr netip.Addr) error {
	table := &nftables.Table{Family: nftables.TableFamilyIPv4, Name: p.outboundTable()}
	conn.AddTable(table)
	conn.DelTable(table)
	conn.AddTable(table)
	chain := conn.AddChain(&nftables.Chain{
		Name: "postrouting", Table: table, Type: nftables.ChainTypeNAT,
		Hooknum: nftables.ChainHookPostrouting, Priority: nftables.ChainPriorityNATSource,
	})
	conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
		&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: 1},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: interfaceName(p.hostLink())},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: 12, Len: 4},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: addr.AsSlice()},
		&expr.Masq{},
	}})
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("write nftables table %q: %w", table.Name, err)
	}
	return nil
}

// interfaceName pads a name to the kernel's fixed length.
func interfaceName(name string) []byte {
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, name)
	return padded
}

// forward makes the host route packets, and notes that it did not before.
func (p Place) forward() error {
	was, err := os.ReadFile(forwardSwitch)
	if err != nil {
		return fmt.Errorf("read %s: %w", forwardSwitch, err)
	}
	if len(was) > 0 && was[0] == '1' {
		return nil
	}
	if err := os.WriteFile(p.forwardNote(), nil, 0o600); err != nil {
		return fmt.Errorf("note state of %s: %w", forwardSwitch, err)
	}
	if err := os.WriteFile(forwardSwitch, []byte("1"), 0o644); err != nil { //nolint:gosec // a file of the kernel
		return fmt.Errorf("write %s: %w", forwardSwitch, err)
	}
	return nil
}

func (p Place) forwardNote() string { return filepath.Join(p.StateDir, "set-ip-forward") }

// denyOutbound takes back what AllowOutbound did on the host.
func (p Place) denyOutbound() error {
	conn, err := nftables.New()
	if err != nil {
		return fmt.Errorf("open nftables: %w", err)
	}
	table := &nftables.Table{Family: nftables.TableFamilyIPv4, Name: p.outboundTable()}
	conn.AddTable(table)
	conn.DelTable(table)
	if err := conn.Flush(); err != nil && !errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("delete nftables table %q: %w", table.Name, err)
	}
	if _, err := os.Stat(p.forwardNote()); err != nil {
		return nil // forwarding was on before
	}
	if others, err := filepath.Glob(filepath.Join(filepath.Dir(p.StateDir), "*", "ns")); err == nil && len(others) > 1 {
		return nil // another cluster needs it
	}
	if err := os.WriteFile(forwardSwitch, []byte("0"), 0o644); err != nil { //nolint:gosec // a file of the kernel
		return fmt.Errorf("write %s: %w", forwardSwitch, err)
	}
	return nil
}
