package records

import (
	"net/netip"
	"strings"
)

// pods answers for the labels before "pod": nothing, <namespace> or
// <address with dashes>.<namespace>. Whether a pod has the address is not
// checked (mode "insecure" of other servers), so pods need not be watched.
func (q question) pods(labels []string) Answer {
	switch len(labels) {
	case 0:
		return Answer{Exists: true}
	case 1:
		return Answer{Exists: q.zone.Objects.Namespace(labels[0])}
	case 2:
		ip, ok := undash(labels[0])
		if !ok || !q.zone.Objects.Namespace(labels[1]) {
			return Answer{}
		}
		return q.addresses([]netip.Addr{ip})
	default:
		return Answer{}
	}
}

func undash(label string) (netip.Addr, bool) {
	if ip, err := netip.ParseAddr(strings.ReplaceAll(label, "-", ".")); err == nil {
		return ip, true
	}
	ip, err := netip.ParseAddr(strings.ReplaceAll(label, "-", ":"))
	return ip, err == nil
}
