//go:build linux

package nftables

import (
	"net/netip"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// masqueradeMark is the bit of the packet mark that asks for masquerading.
const masqueradeMark = 0x4000

// Names of the chains that are jumped to.
const (
	chainServices = "services" // goes to the load-balancing chain of the frontend
	chainRefuse   = "refuse"   // refuses what has no backend
	chainReject   = "reject"
	chainNobody   = "nobody" // drops what is for an address that no service has
)

// table is one table in the kernel with a fixed number of chains and sets,
// whatever the number of services. A service is elements of the sets.
type table struct {
	layout
	conn *nftables.Conn
	raw  *nftables.Table

	inside, outside             *nftables.Set // frontend -> goto a load-balancing chain
	refusedInside, refusedOuter *nftables.Set // frontend -> goto reject, or drop
	backends                    *nftables.Set // frontend . slot -> backend
	clients                     *nftables.Set // frontend . client -> backend, with a timeout
	hairpins                    *nftables.Set // backend . backend: a pod that reaches itself
	clusterIPs                  *nftables.Set

	balancers map[balancer]string // chains there are
}

// build queues the whole table, in place of one that may be there.
func (t *table) build(name string, outbound bool) error {
	t.raw = &nftables.Table{Name: name, Family: t.family}
	t.conn.AddTable(t.raw) // so that deleting works
	t.conn.DelTable(t.raw)
	t.conn.AddTable(t.raw)
	if err := t.addSets(); err != nil {
		return err
	}
	t.balancers = map[balancer]string{}
	t.addReject()
	t.addChain(chainNobody)
	t.addDispatch(chainServices, t.outside, t.inside)
	t.addDispatch(chainRefuse, t.refusedOuter, t.refusedInside)
	t.addFilters()
	t.addNAT()
	t.addPostrouting(outbound)
	return nil
}

func (t *table) addSets() error {
	verdicts := func(name string) *nftables.Set {
		return &nftables.Set{Table: t.raw, Name: name, IsMap: true, Concatenation: true, KeyType: t.frontendType(), DataType: nftables.TypeVerdict}
	}
	t.inside, t.outside = verdicts("services-inside"), verdicts("services-outside")
	t.refusedInside, t.refusedOuter = verdicts("refused-inside"), verdicts("refused-outside")
	t.backends = &nftables.Set{Table: t.raw, Name: "backends", IsMap: true, Concatenation: true, KeyType: t.slotType(), DataType: t.backendType()}
	t.clients = &nftables.Set{
		Table: t.raw, Name: "clients", IsMap: true, Concatenation: true, Dynamic: true, HasTimeout: true, Timeout: 3 * time.Hour, Size: 1 << 18,
		KeyType: t.clientType(), DataType: t.backendType(),
	}
	t.hairpins = &nftables.Set{Table: t.raw, Name: "hairpins", Concatenation: true, KeyType: t.pairType()}
	t.clusterIPs = &nftables.Set{Table: t.raw, Name: "cluster-ips", KeyType: t.address}
	for _, set := range t.sets() {
		if err := t.conn.AddSet(set, nil); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) sets() []*nftables.Set {
	return []*nftables.Set{t.inside, t.outside, t.refusedInside, t.refusedOuter, t.backends, t.clients, t.hairpins, t.clusterIPs}
}

// addDispatch makes a chain that looks a packet up: clients outside the
// cluster first in the map for them, then everybody in the other; each first
// by address and then, on the node's own addresses, by port alone.
func (t *table) addDispatch(name string, outside, inside *nftables.Set) {
	chain := t.addChain(name)
	look := func(set *nftables.Set, exprs ...[]expr.Any) {
		t.addRule(chain, append(exprs, []expr.Any{&expr.Lookup{
			SourceRegister: t.keyRegister(), SetName: set.Name, SetID: set.ID, IsDestRegSet: true, DestRegister: unix.NFT_REG_VERDICT,
		}})...)
	}
	look(outside, t.fromOutside(), t.frontendAt())
	look(outside, t.fromOutside(), toThisNode(), t.anyFrontendAt())
	look(inside, t.frontendAt())
	look(inside, toThisNode(), t.anyFrontendAt())
}

func (t *table) addReject() {
	reject := &expr.Reject{Type: unix.NFT_REJECT_ICMP_UNREACH, Code: 3} // port unreachable
	if t.family == nftables.TableFamilyIPv6 {
		reject.Code = 4
	}
	t.addRule(t.addChain(chainReject), []expr.Any{reject})
}

// addFilters refuses new connections before any address is translated, and
// after that those to cluster IPs which nothing has translated.
func (t *table) addFilters() {
	early := *nftables.ChainPriorityNATDest - 10
	prerouting := t.addHook("filter-prerouting", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, early)
	if t.family == nftables.TableFamilyIPv4 {
		// Local ports of 127.0.0.1 stay local although route_localnet is on.
		t.addRule(prerouting, notLoopback(expr.MetaKeyIIFNAME), t.loopbackAt(t.dest), verdict(expr.VerdictDrop, ""))
	}
	output := t.addHook("filter-output", nftables.ChainTypeFilter, nftables.ChainHookOutput, early)
	for _, chain := range []*nftables.Chain{prerouting, output} {
		t.addRule(chain, newConnection(), verdict(expr.VerdictJump, chainRefuse))
	}
	unknown := []expr.Any{
		t.load(t.dest, unix.NFT_REG_1),
		&expr.Lookup{SourceRegister: unix.NFT_REG_1, SetName: t.clusterIPs.Name, SetID: t.clusterIPs.ID},
	}
	for name, hook := range map[string]*nftables.ChainHook{
		"unknown-forward": nftables.ChainHookForward,
		"unknown-output":  nftables.ChainHookOutput,
	} {
		chain := t.addHook(name, nftables.ChainTypeFilter, hook, *nftables.ChainPriorityFilter)
		t.addRule(chain, newConnection(), unknown, verdict(expr.VerdictGoto, chainReject))
		t.addRule(chain, newConnection(), verdict(expr.VerdictJump, chainNobody))
	}
}

// dropNobody makes new connections to the networks end here, instead of
// leaving by the default route.
func (t *table) dropNobody(networks []netip.Prefix) {
	chain := &nftables.Chain{Table: t.raw, Name: chainNobody}
	t.conn.FlushChain(chain)
	for _, network := range networks {
		if t.owns(network.Addr()) {
			t.addRule(chain, t.in(network.Masked(), t.dest, expr.CmpOpEq), verdict(expr.VerdictDrop, ""))
		}
	}
}

func (t *table) addNAT() {
	for name, hook := range map[string]*nftables.ChainHook{
		"nat-prerouting": nftables.ChainHookPrerouting,
		"nat-output":     nftables.ChainHookOutput,
	} {
		chain := t.addHook(name, nftables.ChainTypeNAT, hook, *nftables.ChainPriorityNATDest)
		t.addRule(chain, verdict(expr.VerdictJump, chainServices))
	}
}

func (t *table) addPostrouting(outbound bool) {
	chain := t.addHook("nat-postrouting", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, *nftables.ChainPriorityNATSource)
	masquerade := []expr.Any{&expr.Masq{FullyRandom: true}}
	away := notLoopback(expr.MetaKeyOIFNAME)
	t.addRule(chain, away, isMarked(), clearMark(), masquerade)
	t.addRule(chain, away, []expr.Any{
		t.load(t.source, t.keyRegister()),
		t.load(t.dest, t.keyRegister()+t.bytes/4),
		&expr.Lookup{SourceRegister: t.keyRegister(), SetName: t.hairpins.Name, SetID: t.hairpins.ID},
	}, masquerade)
	if t.family == nftables.TableFamilyIPv4 {
		t.addRule(chain, away, t.loopbackAt(t.source), masquerade)
	}
	if outbound {
		t.addRule(chain, away, t.in(t.prefix, t.source, expr.CmpOpEq), t.in(t.prefix, t.dest, expr.CmpOpNeq), masquerade)
	}
}

func (t *table) addChain(name string) *nftables.Chain {
	return t.conn.AddChain(&nftables.Chain{Table: t.raw, Name: name})
}

func (t *table) addHook(name string, kind nftables.ChainType, hook *nftables.ChainHook, priority nftables.ChainPriority) *nftables.Chain {
	return t.conn.AddChain(&nftables.Chain{Table: t.raw, Name: name, Type: kind, Hooknum: hook, Priority: &priority})
}

func (t *table) addRule(chain *nftables.Chain, parts ...[]expr.Any) {
	var exprs []expr.Any
	for _, part := range parts {
		exprs = append(exprs, part...)
	}
	t.conn.AddRule(&nftables.Rule{Table: t.raw, Chain: chain, Exprs: exprs})
}

func verdict(kind expr.VerdictKind, chain string) []expr.Any {
	return []expr.Any{&expr.Verdict{Kind: kind, Chain: chain}}
}

func newConnection() []expr.Any {
	const stateNew = 8
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeySTATE, Register: unix.NFT_REG_1},
		&expr.Bitwise{SourceRegister: unix.NFT_REG_1, DestRegister: unix.NFT_REG_1, Len: 4, Mask: binaryutil.NativeEndian.PutUint32(stateNew), Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: unix.NFT_REG_1, Data: make([]byte, 4)},
	}
}

// notLoopback matches when the interface is not lo.
func notLoopback(key expr.MetaKey) []expr.Any {
	name := make([]byte, unix.IFNAMSIZ)
	copy(name, "lo")
	return []expr.Any{
		&expr.Meta{Key: key, Register: unix.NFT_REG_1},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: unix.NFT_REG_1, Data: name},
	}
}

// loopbackAt matches addresses in 127.0.0.0/8.
func (t *table) loopbackAt(offset uint32) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: unix.NFT_REG_1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: []byte{127}},
	}
}

func isMarked() []expr.Any {
	mark := binaryutil.NativeEndian.PutUint32(masqueradeMark)
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyMARK, Register: unix.NFT_REG_1},
		&expr.Bitwise{SourceRegister: unix.NFT_REG_1, DestRegister: unix.NFT_REG_1, Len: 4, Mask: mark, Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: unix.NFT_REG_1, Data: make([]byte, 4)},
	}
}

func setMark() []expr.Any { return changeMark(masqueradeMark) }

func clearMark() []expr.Any { return changeMark(0) }

// changeMark sets the bit to the value and keeps the other bits.
func changeMark(bit uint32) []expr.Any {
	others := uint32(0xffffffff &^ masqueradeMark)
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyMARK, Register: unix.NFT_REG_1},
		&expr.Bitwise{
			SourceRegister: unix.NFT_REG_1, DestRegister: unix.NFT_REG_1, Len: 4,
			Mask: binaryutil.NativeEndian.PutUint32(others), Xor: binaryutil.NativeEndian.PutUint32(bit),
		},
		&expr.Meta{Key: expr.MetaKeyMARK, Register: unix.NFT_REG_1, SourceRegister: true},
	}
}
