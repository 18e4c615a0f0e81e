// Package rules says where the traffic to services has to go, as a pure
// function of Services, EndpointSlices and Pods. Backends put it into effect.
package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Frontend is an address that clients connect to.
type Frontend struct {
	// IP is unspecified (0.0.0.0 or ::) when the port is taken on every
	// address of the node.
	IP       netip.Addr
	Protocol Protocol
	Port     uint16
}

// String returns "TCP 10.96.0.1:443".
func (f Frontend) String() string {
	return f.Protocol.String() + " " + netip.AddrPortFrom(f.IP, f.Port).String()
}

// Compare orders frontends by address, protocol and port.
func (f Frontend) Compare(o Frontend) int {
	if c := f.IP.Compare(o.IP); c != 0 {
		return c
	}
	if f.Protocol != o.Protocol {
		return int(f.Protocol) - int(o.Protocol)
	}
	return int(f.Port) - int(o.Port)
}

// Protocol is an IP protocol number.
type Protocol uint8

// The protocols of services.
const (
	TCP  Protocol = 6
	UDP  Protocol = 17
	SCTP Protocol = 132
)

// String returns the name that the API uses.
func (p Protocol) String() string {
	switch p {
	case TCP:
		return string(corev1.ProtocolTCP)
	case UDP:
		return string(corev1.ProtocolUDP)
	case SCTP:
		return string(corev1.ProtocolSCTP)
	default:
		return fmt.Sprintf("protocol %d", uint8(p))
	}
}

func protocolOf(p corev1.Protocol) Protocol {
	switch p {
	case corev1.ProtocolUDP:
		return UDP
	case corev1.ProtocolSCTP:
		return SCTP
	default:
		return TCP
	}
}

// Rule is what happens to connections to one frontend.
type Rule struct {
	// ClusterIP marks the address as one that nothing else can answer for:
	// other ports of it are refused.
	ClusterIP bool
	// Affinity sends a client to the same backend as long as its connections
	// are not further apart than this. Zero means none.
	Affinity time.Duration
	// Inside is for clients that are pods or the node itself, and for all
	// others too unless Outside is set.
	Inside Target
	// Outside is for clients beyond the cluster, if they are treated differently.
	Outside *Target
}

// Equal compares two rules.
func (r Rule) Equal(o Rule) bool {
	if r.ClusterIP != o.ClusterIP || r.Affinity != o.Affinity || !r.Inside.equal(o.Inside) {
		return false
	}
	if r.Outside == nil || o.Outside == nil {
		return r.Outside == o.Outside
	}
	return r.Outside.equal(*o.Outside)
}

// Backends returns all backends of the rule.
func (r Rule) Backends() []netip.AddrPort {
	if r.Outside == nil {
		return r.Inside.Backends
	}
	return slices.Concat(r.Inside.Backends, r.Outside.Backends)
}

// Target is a choice of backends.
type Target struct {
	// Backends are sorted and unique. With none of them, connections are
	// refused, or dropped without a word if Drop is set.
	Backends   []netip.AddrPort
	Drop       bool
	Masquerade Masquerade
}

func (t Target) equal(o Target) bool {
	return t.Drop == o.Drop && t.Masquerade == o.Masquerade && slices.Equal(t.Backends, o.Backends)
}

// Masquerade says whose connections get the address of this node as their
// source, so that the answers come back this way.
type Masquerade uint8

// The values of Masquerade.
const (
	Never      Masquerade = iota // the backend sees the client's address
	OffCluster                   // clients that are neither pods nor this node
	Always
)

// String is used in chain names and dumps.
func (m Masquerade) String() string { return [...]string{"keep", "offcluster", "masquerade"}[m] }

// Set is a set of rules by frontend.
type Set map[Frontend]Rule
