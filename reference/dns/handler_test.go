package dns

import (
	"errors"
	"log/slog"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/seatrial/seatrial/reference/dns/records"
)

// aliases has external-name services only, by name.
type aliases map[string]string

func (aliases) Namespace(string) bool { return true }
func (a aliases) Service(_, name string) *corev1.Service {
	if target, ok := a[name]; ok {
		return &corev1.Service{Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: target}}
	}
	if name == "web" {
		return &corev1.Service{Spec: corev1.ServiceSpec{ClusterIP: "10.96.0.20"}}
	}
	return nil
}
func (aliases) Slices(string, string) []*discoveryv1.EndpointSlice { return nil }
func (aliases) ServicesAt(string) []*corev1.Service                { return nil }
func (aliases) SlicesAt(string) []*discoveryv1.EndpointSlice       { return nil }

// outside answers one name.
type outside struct{}

func (outside) Resolve(q dns.Question) (*dns.Msg, error) {
	switch q.Name {
	case "www.example.com.":
		rr, err := dns.NewRR("www.example.com. 60 IN A 192.0.2.1")
		return &dns.Msg{Answer: []dns.RR{rr}}, err
	case "down.example.com.":
		return nil, errors.New("nobody answers")
	default:
		return &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: dns.RcodeNameError}}, nil
	}
}

func TestHandlerFollowsAliasesAndForwardsTheRest(t *testing.T) {
	h := &handler{
		zone: &records.Zone{
			Domain: "cluster.local.", Server: netip.MustParseAddr("10.96.0.10"),
			Objects: aliases{
				"out": "www.example.com", "in": "web.default.svc.cluster.local", "loop": "loop.default.svc.cluster.local",
				"down": "down.example.com", "gone": "gone.default.svc.cluster.local.x",
			},
		},
		others: outside{},
		log:    slog.New(slog.DiscardHandler),
	}
	for _, test := range []struct {
		rule, name string
		rcode      int
		want       []string
	}{
		{"an alias out of the cluster is resolved", "out.default.svc.cluster.local.", dns.RcodeSuccess, []string{"CNAME", "A"}},
		{"an alias into the cluster is resolved", "in.default.svc.cluster.local.", dns.RcodeSuccess, []string{"CNAME", "A"}},
		{"an alias is an answer even if nobody knows its target's address now", "down.default.svc.cluster.local.", dns.RcodeSuccess, []string{"CNAME"}},
		{"an alias of nothing", "gone.default.svc.cluster.local.", dns.RcodeNameError, []string{"CNAME"}},
		{"an alias of itself ends", "loop.default.svc.cluster.local.", dns.RcodeSuccess, []string{"CNAME", "CNAME", "CNAME", "CNAME", "CNAME", "CNAME", "CNAME", "CNAME"}},
		{"other names are forwarded", "www.example.com.", dns.RcodeSuccess, []string{"A"}},
		{"other names may not exist", "absent.example.com.", dns.RcodeNameError, nil},
		{"no resolver answers", "down.example.com.", dns.RcodeServerFailure, nil},
		{"an unknown address is asked outside", "1.2.0.192.in-addr.arpa.", dns.RcodeNameError, nil},
	} {
		t.Run(test.rule, func(t *testing.T) {
			reply := h.answer(new(dns.Msg).SetQuestion(test.name, dns.TypeA))
			var got []string
			for _, rr := range reply.Answer {
				got = append(got, dns.TypeToString[rr.Header().Rrtype])
			}
			if reply.Rcode != test.rcode {
				t.Errorf("code %s, want %s", dns.RcodeToString[reply.Rcode], dns.RcodeToString[test.rcode])
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHandlerRefusesWhatIsNotAQuestion(t *testing.T) {
	h := &handler{zone: &records.Zone{Domain: "cluster.local.", Objects: aliases{}}, others: outside{}, log: slog.New(slog.DiscardHandler)}
	update := new(dns.Msg).SetUpdate("cluster.local.")
	chaos := new(dns.Msg).SetQuestion("version.bind.", dns.TypeTXT)
	chaos.Question[0].Qclass = dns.ClassCHAOS
	none := &dns.Msg{}
	for rcode, request := range map[int]*dns.Msg{
		dns.RcodeNotImplemented: update,
		dns.RcodeRefused:        chaos,
		dns.RcodeFormatError:    none,
	} {
		if reply := h.answer(request); reply.Rcode != rcode {
			t.Errorf("code %s, want %s", dns.RcodeToString[reply.Rcode], dns.RcodeToString[rcode])
		}
	}
}
