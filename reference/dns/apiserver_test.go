package dns

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// TestServerWorksWithTheRightsOfItsRole runs it against a whole API server, as
// the user that it is in a cluster.
func TestServerWorksWithTheRightsOfItsRole(t *testing.T) {
	address := netip.AddrPortFrom(ownAddress(t), freePort(t))
	api := apiservertest.Run(t, apiserver.Options{})
	server, err := New(Options{
		Config: api.ClientConfig("system:dns"), ListenAddr: address,
		ServiceIP: netip.MustParseAddr("10.96.0.10"), NodeName: "node-1",
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	if err := server.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"kubernetes.default.svc.cluster.local.":   "10.96.0.1",
		"kube-dns.kube-system.svc.cluster.local.": "10.96.0.10",
	} {
		answer := ask(t, "udp", address.String(), name, dns.TypeA)
		if len(answer.Answer) != 1 || answer.Answer[0].(*dns.A).A.String() != want {
			t.Errorf("%s: answer %v, want %s", name, answer.Answer, want)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// ownAddress returns an address of this machine that an EndpointSlice may
// have, which 127.0.0.1 is not.
func ownAddress(t *testing.T) netip.Addr {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		prefix, err := netip.ParsePrefix(a.String())
		if err == nil && prefix.Addr().Is4() && prefix.Addr().IsGlobalUnicast() {
			return prefix.Addr()
		}
	}
	t.Skip("this machine has no address but 127.0.0.1")
	return netip.Addr{}
}
