//go:build linux

package nftables

import (
	"fmt"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// balancer is a chain that sends connections to one of a number of backends.
// All frontends that are alike in this way share one chain.
type balancer struct {
	backends   int
	anyAddress bool // the frontend is on every address of the node
	outside    bool // uses the slots for clients outside the cluster
	masquerade rules.Masquerade
	affinity   time.Duration
}

func (b balancer) name() string {
	where, who := "ip", "inside"
	if b.anyAddress {
		where = "any"
	}
	if b.outside {
		who = "outside"
	}
	name := fmt.Sprintf("to-%d-%s-%s-%s", b.backends, where, who, b.masquerade)
	if b.affinity > 0 {
		name += fmt.Sprintf("-sticky-%d", int(b.affinity/time.Second))
	}
	return name
}

// balance returns the name of the chain, which it queues when it is not there yet.
func (t *table) balance(b balancer) string {
	if name, ok := t.balancers[b]; ok {
		return name
	}
	chain := t.addChain(b.name())
	t.balancers[b] = chain.Name
	switch b.masquerade {
	case rules.Always:
		t.addRule(chain, setMark())
	case rules.OffCluster:
		t.addRule(chain, t.fromOutside(), setMark())
	case rules.Never:
	}
	frontend := t.frontendAt()
	if b.anyAddress {
		frontend = t.anyFrontendAt()
	}
	translate := []expr.Any{&expr.NAT{
		Type: expr.NATTypeDestNAT, Family: uint32(t.family),
		RegAddrMin: t.backendRegister(), RegProtoMin: t.backendPort(), Specified: true,
	}}
	pick := []expr.Any{
		&expr.Numgen{Register: t.lastRegister(), Modulus: uint32(b.backends), Type: unix.NFT_NG_RANDOM, Offset: b.firstSlot()}, //nolint:gosec // small
		t.lookup(t.backends),
	}
	if b.affinity == 0 {
		t.addRule(chain, frontend, pick, translate)
		return chain.Name
	}
	client := []expr.Any{t.load(t.source, t.lastRegister())}
	remember := []expr.Any{&expr.Dynset{
		SrcRegKey: t.keyRegister(), SrcRegData: t.backendRegister(), SetName: t.clients.Name, SetID: t.clients.ID,
		Operation: unix.NFT_DYNSET_OP_UPDATE, Timeout: b.affinity,
	}}
	t.addRule(chain, frontend, client, []expr.Any{t.lookup(t.clients)}, remember, translate)
	t.addRule(chain, frontend, pick, client, remember, translate)
	return chain.Name
}

func (t *table) lookup(set *nftables.Set) expr.Any {
	return &expr.Lookup{
		SourceRegister: t.keyRegister(), DestRegister: t.backendRegister(), IsDestRegSet: true, SetName: set.Name, SetID: set.ID,
	}
}

func (b balancer) firstSlot() uint32 {
	if b.outside {
		return outsideSlots
	}
	return 0
}
