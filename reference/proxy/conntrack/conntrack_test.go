//go:build linux

package conntrack

import (
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

func TestFlowsThatGoWhereTheRulesDoNotSendThemEnd(t *testing.T) {
	cluster := rules.Frontend{IP: netip.MustParseAddr("10.96.0.1"), Protocol: rules.UDP, Port: 53}
	nodePort := rules.Frontend{IP: netip.IPv4Unspecified(), Protocol: rules.UDP, Port: 30053}
	valid := []netip.AddrPort{netip.MustParseAddrPort("10.244.0.2:5353")}
	for _, test := range []struct {
		rule             string
		frontend         rules.Frontend
		valid            []netip.AddrPort
		asked, answering string
		ends             bool
	}{
		{"to a backend that is gone", cluster, valid, "10.96.0.1:53", "10.244.0.3:5353", true},
		{"to a backend that is valid", cluster, valid, "10.96.0.1:53", "10.244.0.2:5353", false},
		{"to another port of the frontend's address", cluster, valid, "10.96.0.1:54", "10.244.0.3:5353", false},
		{"to another address", cluster, valid, "10.96.0.2:53", "10.244.0.3:5353", false},
		{"never translated, from before there were backends", cluster, valid, "10.96.0.1:53", "10.96.0.1:53", true},
		{"all, when there is no backend", cluster, nil, "10.96.0.1:53", "10.244.0.2:5353", true},
		{"a node port at any address", nodePort, valid, "192.0.2.1:30053", "10.244.0.3:5353", true},
		{"a process of the node has the port now", nodePort, nil, "192.0.2.1:30053", "192.0.2.1:30053", false},
	} {
		t.Run(test.rule, func(t *testing.T) {
			asked, answering := netip.MustParseAddrPort(test.asked), netip.MustParseAddrPort(test.answering)
			flow := &netlink.ConntrackFlow{
				Forward: netlink.IPTuple{Protocol: 17, DstIP: net.IP(asked.Addr().AsSlice()), DstPort: asked.Port()},
				Reverse: netlink.IPTuple{Protocol: 17, SrcIP: net.IP(answering.Addr().AsSlice()).To16(), SrcPort: answering.Port()},
			}
			filter := newFilter([]Stale{{Frontend: test.frontend, Valid: test.valid}})
			if got := filter.MatchConntrackFlow(flow); got != test.ends {
				t.Errorf("ends: %t, want %t", got, test.ends)
			}
		})
	}
}

func TestFlowsOfTCPStay(t *testing.T) {
	filter := newFilter([]Stale{{Frontend: rules.Frontend{IP: netip.MustParseAddr("10.96.0.1"), Protocol: rules.UDP, Port: 53}}})
	flow := &netlink.ConntrackFlow{
		Forward: netlink.IPTuple{Protocol: 6, DstIP: net.IPv4(10, 96, 0, 1), DstPort: 53},
		Reverse: netlink.IPTuple{Protocol: 6, SrcIP: net.IPv4(10, 244, 0, 2), SrcPort: 53},
	}
	if filter.MatchConntrackFlow(flow) {
		t.Error("a TCP flow ended")
	}
}
