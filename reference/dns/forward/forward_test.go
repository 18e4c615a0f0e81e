package forward

import (
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	clocktesting "k8s.io/utils/clock/testing"
)

// network records who is asked; servers answer as the test says.
type network struct {
	asked   []string
	answers map[string]*dns.Msg
}

func (n *network) exchange(_ dns.Question, server string) (*dns.Msg, error) {
	n.asked = append(n.asked, server)
	if answer := n.answers[server]; answer != nil {
		return answer, nil
	}
	return nil, errors.New("timeout")
}

func message(t *testing.T, rcode int, rrs ...string) *dns.Msg {
	t.Helper()
	m := &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: rcode}}
	for _, s := range rrs {
		rr, err := dns.NewRR(s)
		if err != nil {
			t.Fatal(err)
		}
		if rr.Header().Rrtype == dns.TypeSOA {
			m.Ns = append(m.Ns, rr)
		} else {
			m.Answer = append(m.Answer, rr)
		}
	}
	return m
}

func resolver(t *testing.T, n *network, conf string) (*Resolver, *clocktesting.FakePassiveClock, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	clk := clocktesting.NewFakePassiveClock(time.Unix(1e9, 0))
	return New(Options{
		ResolvConf: file, Exchange: n.exchange, Clock: clk, Logger: slog.New(slog.DiscardHandler),
		Self: []netip.Addr{netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("10.96.0.10")},
	}), clk, file
}

var question = dns.Question{Name: "www.example.com.", Qtype: dns.TypeA, Qclass: dns.ClassINET}

func TestResolverNeverAsksItself(t *testing.T) {
	n := &network{}
	r, _, _ := resolver(t, n, "nameserver 192.0.2.10\nnameserver 10.96.0.10\nnameserver 0.0.0.0\n")
	if _, err := r.Resolve(question); !errors.Is(err, ErrNoResolver) || n.asked != nil {
		t.Errorf("error %v, asked %v", err, n.asked)
	}
}

func TestResolverAsksTheNextWhenOneFails(t *testing.T) {
	n := &network{answers: map[string]*dns.Msg{
		"192.0.2.2:53": message(t, dns.RcodeServerFailure),
		"192.0.2.3:53": message(t, dns.RcodeSuccess, "www.example.com. 60 IN A 192.0.2.99"),
	}}
	r, _, _ := resolver(t, n, "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n")
	answer, err := r.Resolve(question)
	if err != nil || len(answer.Answer) != 1 {
		t.Errorf("answer %v, error %v", answer, err)
	}
	if diff := cmp.Diff([]string{"192.0.2.1:53", "192.0.2.2:53", "192.0.2.3:53"}, n.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestResolverRemembersAnswersAsLongAsTheyHold(t *testing.T) {
	for _, test := range []struct {
		rule   string
		answer *dns.Msg
		after  time.Duration
		asked  int
	}{
		{"within the TTL", message(t, dns.RcodeSuccess, "www.example.com. 10 IN A 192.0.2.99"), 9 * time.Second, 1},
		{"after the TTL", message(t, dns.RcodeSuccess, "www.example.com. 10 IN A 192.0.2.99"), 10 * time.Second, 2},
		{"a TTL of a day is cut", message(t, dns.RcodeSuccess, "www.example.com. 86400 IN A 192.0.2.99"), time.Minute, 2},
		{"no is remembered as the SOA record says", message(t, dns.RcodeNameError, "example.com. 900 IN SOA a. b. 1 1 1 1 3"), 2 * time.Second, 1},
		{"and not longer", message(t, dns.RcodeNameError, "example.com. 900 IN SOA a. b. 1 1 1 1 3"), 3 * time.Second, 2},
		{"no without SOA record is not remembered", message(t, dns.RcodeNameError), 0, 2},
	} {
		t.Run(test.rule, func(t *testing.T) {
			n := &network{answers: map[string]*dns.Msg{"192.0.2.1:53": test.answer}}
			r, clk, _ := resolver(t, n, "nameserver 192.0.2.1\n")
			for range 2 {
				if _, err := r.Resolve(question); err != nil {
					t.Fatal(err)
				}
				clk.SetTime(clk.Now().Add(test.after))
			}
			if len(n.asked) != test.asked {
				t.Errorf("asked %d times, want %d", len(n.asked), test.asked)
			}
		})
	}
}

func TestResolverCountsTheTTLDown(t *testing.T) {
	n := &network{answers: map[string]*dns.Msg{"192.0.2.1:53": message(t, dns.RcodeSuccess, "www.example.com. 10 IN A 192.0.2.99")}}
	r, clk, _ := resolver(t, n, "nameserver 192.0.2.1\n")
	if _, err := r.Resolve(question); err != nil {
		t.Fatal(err)
	}
	clk.SetTime(clk.Now().Add(4 * time.Second))
	answer, err := r.Resolve(question)
	if err != nil || answer.Answer[0].Header().Ttl != 6 {
		t.Errorf("answer %v, error %v, want a TTL of 6", answer, err)
	}
}

func TestResolverReadsAChangedFile(t *testing.T) {
	n := &network{answers: map[string]*dns.Msg{"192.0.2.2:53": message(t, dns.RcodeNameError)}}
	r, clk, file := resolver(t, n, "nameserver 192.0.2.1\n")
	if _, err := r.Resolve(question); err == nil {
		t.Fatal("a server that does not answer gave an answer")
	}
	if err := os.WriteFile(file, []byte("nameserver 192.0.2.2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, time.Time{}, time.Unix(2e9, 0)); err != nil {
		t.Fatal(err)
	}
	clk.SetTime(clk.Now().Add(recheck))
	if _, err := r.Resolve(question); err != nil {
		t.Errorf("the new server was not asked: %v", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory(clocktesting.NewFakePassiveClock(time.Unix(1e9, 0)))
	for i := range 3 * capacity {
		q := question
		q.Qtype = uint16(i)
		m.put(q, message(t, dns.RcodeSuccess, "www.example.com. 10 IN A 192.0.2.99"))
	}
	if len(m.answers) > capacity {
		t.Errorf("%d answers are kept, want at most %d", len(m.answers), capacity)
	}
}
