//go:build linux

package nftables

import (
	"bytes"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// element is one element of a set that a rule needs.
type element struct {
	value []byte // of a map
	goTo  string // of a verdict map: a chain
	drop  bool   // of a verdict map
}

// place is where an element is.
type place struct {
	set *nftables.Set
	key string
}

func (e element) equal(o element) bool {
	return e.goTo == o.goTo && e.drop == o.drop && bytes.Equal(e.value, o.value)
}

func (e element) encode(key string) nftables.SetElement {
	encoded := nftables.SetElement{Key: []byte(key), Val: e.value}
	switch {
	case e.drop:
		encoded.VerdictData = &expr.Verdict{Kind: expr.VerdictDrop}
	case e.goTo != "":
		encoded.VerdictData = &expr.Verdict{Kind: expr.VerdictGoto, Chain: e.goTo}
	}
	return encoded
}

// elements returns what a rule needs: own are its own, shared are places that
// other rules may need too. Chains that are missing are queued.
func (t *table) elements(f rules.Frontend, r rules.Rule) (own map[place]element, shared []place) {
	own = map[place]element{}
	t.target(own, f, r, r.Inside, false)
	if r.Outside != nil {
		t.target(own, f, r, *r.Outside, true)
	}
	for _, b := range r.Backends() {
		ip := string(b.Addr().AsSlice())
		shared = append(shared, place{t.hairpins, ip + ip})
	}
	if r.ClusterIP {
		shared = append(shared, place{t.clusterIPs, string(f.IP.AsSlice())})
	}
	return own, shared
}

func (t *table) target(own map[place]element, f rules.Frontend, r rules.Rule, target rules.Target, outside bool) {
	services, refused := t.inside, t.refusedInside
	if outside {
		services, refused = t.outside, t.refusedOuter
	}
	key := string(frontendKey(f))
	if len(target.Backends) == 0 {
		e := element{drop: target.Drop}
		if !target.Drop {
			e.goTo = chainReject
		}
		own[place{refused, key}] = e
		return
	}
	b := balancer{
		backends: len(target.Backends), anyAddress: f.IP.IsUnspecified(), outside: outside,
		masquerade: target.Masquerade, affinity: r.Affinity,
	}
	own[place{services, key}] = element{goTo: t.balance(b)}
	for i, backend := range target.Backends {
		own[place{t.backends, string(slotKey(f, int(b.firstSlot())+i))}] = element{value: backendValue(backend)}
	}
}
