package dns

import (
	"log/slog"
	"net"
	"strings"

	"github.com/miekg/dns"

	"github.com/seatrial/seatrial/reference/dns/records"
)

// udpSize is the largest answer that we send or ask for over UDP; it is not
// fragmented on any usual network.
const udpSize = 1232

// longestChain bounds the aliases that are followed for one question.
const longestChain = 8

// handler answers one question at a time; safe for concurrent use.
type handler struct {
	zone   *records.Zone
	others resolver
	log    *slog.Logger
}

// resolver answers for names outside the cluster.
type resolver interface {
	// Resolve returns an answer, which may be "no such name", or an error
	// when nobody could be asked.
	Resolve(question dns.Question) (*dns.Msg, error)
}

// ServeDNS implements dns.Handler.
func (h *handler) ServeDNS(w dns.ResponseWriter, request *dns.Msg) {
	reply := h.answer(request)
	if opt := request.IsEdns0(); opt != nil {
		reply.SetEdns0(udpSize, opt.Do())
	}
	if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
		reply.Truncate(sizeFor(request))
	}
	reply.Compress = true
	if err := w.WriteMsg(reply); err != nil {
		h.log.Debug("DNS answer not sent", "err", err)
	}
}

func (h *handler) answer(request *dns.Msg) *dns.Msg {
	reply := new(dns.Msg)
	reply.SetReply(request)
	switch {
	case request.Opcode != dns.OpcodeQuery:
		reply.Rcode = dns.RcodeNotImplemented
		return reply
	case len(request.Question) != 1:
		reply.Rcode = dns.RcodeFormatError
		return reply
	case request.Question[0].Qclass != dns.ClassINET:
		reply.Rcode = dns.RcodeRefused
		return reply
	}
	reply.RecursionAvailable = true
	question := request.Question[0]
	switch {
	case h.zone.Contains(question.Name):
		h.local(reply, question, h.zone.Lookup(question.Name, question.Qtype))
	case isReverse(question.Name):
		if a := h.zone.Reverse(question.Name, question.Qtype); a.Exists {
			h.local(reply, question, a)
		} else {
			h.forward(reply, question)
		}
	default:
		h.forward(reply, question)
	}
	return reply
}

// local writes an answer of the zone and follows its aliases, also out of
// the zone.
func (h *handler) local(reply *dns.Msg, question dns.Question, a records.Answer) {
	reply.Authoritative = true
	for range longestChain {
		reply.Answer = append(reply.Answer, a.Records...)
		reply.Extra = append(reply.Extra, a.Extra...)
		if a.Alias == "" || question.Qtype == dns.TypeCNAME {
			break
		}
		question.Name = a.Alias
		if !h.zone.Contains(a.Alias) {
			h.forward(reply, question)
			return
		}
		a = h.zone.Lookup(a.Alias, question.Qtype)
	}
	if !a.Exists {
		reply.Rcode = dns.RcodeNameError
	}
	if len(a.Records) == 0 {
		reply.Ns = append(reply.Ns, h.zone.SOA())
	}
}

// forward adds what the node's resolvers say.
func (h *handler) forward(reply *dns.Msg, question dns.Question) {
	answer, err := h.others.Resolve(question)
	if err != nil {
		h.log.Debug("name not resolved", "name", question.Name, "err", err)
		if len(reply.Answer) == 0 { // an alias alone is an answer
			reply.Rcode = dns.RcodeServerFailure
		}
		return
	}
	reply.Authoritative = reply.Authoritative && len(reply.Answer) > 0
	reply.Rcode = answer.Rcode
	reply.Answer = append(reply.Answer, answer.Answer...)
	reply.Ns = append(reply.Ns, answer.Ns...)
	for _, rr := range answer.Extra {
		if rr.Header().Rrtype != dns.TypeOPT {
			reply.Extra = append(reply.Extra, rr)
		}
	}
}

// sizeFor is the size of answer that the client takes over UDP.
func sizeFor(request *dns.Msg) int {
	size := dns.MinMsgSize
	if opt := request.IsEdns0(); opt != nil {
		size = min(max(size, int(opt.UDPSize())), udpSize)
	}
	return size
}

func isReverse(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".arpa.") }
