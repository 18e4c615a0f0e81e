package forward

import (
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
	"k8s.io/utils/clock"
)

// Answers are kept as long as their records allow, within these bounds.
const (
	longest         = 30 * time.Second
	longestNegative = 5 * time.Second
	capacity        = 1000
)

// memory keeps recent answers.
type memory struct {
	clock clock.PassiveClock

	mu      sync.Mutex
	answers map[dns.Question]kept
}

type kept struct {
	answer *dns.Msg
	since  time.Time
	until  time.Time
}

func newMemory(clk clock.PassiveClock) *memory {
	return &memory{clock: clk, answers: map[dns.Question]kept{}}
}

// get returns a copy with the TTLs that are left, or nil.
func (m *memory) get(question dns.Question) *dns.Msg {
	m.mu.Lock()
	defer m.mu.Unlock()
	question.Name = strings.ToLower(question.Name)
	k, ok := m.answers[question]
	now := m.clock.Now()
	if !ok || !now.Before(k.until) {
		return nil
	}
	answer := k.answer.Copy()
	age := uint32(now.Sub(k.since) / time.Second) //nolint:gosec // at most longest
	for _, section := range [][]dns.RR{answer.Answer, answer.Ns, answer.Extra} {
		for _, rr := range section {
			if rr.Header().Rrtype != dns.TypeOPT {
				rr.Header().Ttl -= min(age, rr.Header().Ttl)
			}
		}
	}
	return answer
}

func (m *memory) put(question dns.Question, answer *dns.Msg) {
	keep := lifetime(answer)
	if keep <= 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	if len(m.answers) >= capacity {
		m.forget(now)
	}
	question.Name = strings.ToLower(question.Name)
	m.answers[question] = kept{answer: answer.Copy(), since: now, until: now.Add(keep)}
}

// forget drops what has expired, and anything when that is not enough.
func (m *memory) forget(now time.Time) {
	for question, k := range m.answers {
		if !now.Before(k.until) {
			delete(m.answers, question)
		}
	}
	for question := range m.answers {
		if len(m.answers) < capacity {
			return
		}
		delete(m.answers, question)
	}
}

// lifetime is the smallest TTL of the answer; that of "no" comes from the SOA
// record (RFC 2308).
func lifetime(answer *dns.Msg) time.Duration {
	keep, limit := longest, longest
	records := answer.Answer
	if answer.Rcode != dns.RcodeSuccess || len(answer.Answer) == 0 {
		limit, records = longestNegative, answer.Ns
		if len(records) == 0 {
			return 0
		}
	}
	for _, rr := range records {
		ttl := rr.Header().Ttl
		if soa, ok := rr.(*dns.SOA); ok {
			ttl = min(ttl, soa.Minttl)
		}
		keep = min(keep, time.Duration(ttl)*time.Second)
	}
	return min(keep, limit)
}
