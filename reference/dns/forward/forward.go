// Package forward asks the resolvers of a resolv.conf, and remembers their
// answers for a short while.
package forward

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
	"k8s.io/utils/clock"
)

// patience is how long one resolver may take to answer.
const patience = 2 * time.Second

// recheck is how often, at most, the file is looked at for a change.
const recheck = 5 * time.Second

// ErrNoResolver means that there is nobody to ask.
var ErrNoResolver = errors.New("no resolver is configured")

// Options configure a Resolver.
type Options struct {
	// ResolvConf names the file; empty or missing means no resolvers.
	ResolvConf string
	// Self are the addresses of this name server, which are never asked.
	Self []netip.Addr
	// Exchange asks one server ("address:port"); nil means over the network.
	Exchange func(question dns.Question, server string) (*dns.Msg, error)
	Clock    clock.PassiveClock
	Logger   *slog.Logger
}

// Resolver is safe for concurrent use.
type Resolver struct {
	options Options
	memory  *memory

	mu      sync.Mutex
	servers []string
	looked  time.Time
	changed time.Time // modification time of the file that servers come from
}

// New makes a resolver; the file is read at the first question.
func New(o Options) *Resolver {
	if o.Exchange == nil {
		o.Exchange = exchange
	}
	return &Resolver{options: o, memory: newMemory(o.Clock)}
}

// Resolve returns the answer of the first resolver that has one. An answer
// "no such name" is an answer, not an error.
func (r *Resolver) Resolve(question dns.Question) (*dns.Msg, error) {
	if answer := r.memory.get(question); answer != nil {
		return answer, nil
	}
	servers := r.current()
	if len(servers) == 0 {
		return nil, ErrNoResolver
	}
	var failures []error
	for _, server := range servers {
		answer, err := r.options.Exchange(question, server)
		if err == nil && answer.Rcode != dns.RcodeServerFailure && answer.Rcode != dns.RcodeRefused {
			r.memory.put(question, answer)
			return answer, nil
		}
		if err == nil {
			err = fmt.Errorf("answer %s", dns.RcodeToString[answer.Rcode])
		}
		failures = append(failures, fmt.Errorf("ask %s: %w", server, err))
	}
	return nil, errors.Join(failures...)
}

func exchange(question dns.Question, server string) (*dns.Msg, error) {
	m := new(dns.Msg)
	m.Id = dns.Id()
	m.RecursionDesired = true
	m.Question = []dns.Question{question}
	m.SetEdns0(dns.DefaultMsgSize, false)
	answer, _, err := (&dns.Client{Timeout: patience}).Exchange(m, server)
	if err == nil && answer.Truncated {
		answer, _, err = (&dns.Client{Net: "tcp", Timeout: patience}).Exchange(m, server)
	}
	return answer, err
}

// current returns the resolvers, after looking whether the file has changed.
func (r *Resolver) current() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.options.Clock.Now()
	if r.options.ResolvConf == "" || (!r.looked.IsZero() && now.Sub(r.looked) < recheck) {
		return r.servers
	}
	r.looked = now
	info, err := os.Stat(r.options.ResolvConf)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			r.options.Logger.Warn("resolvers not read", "file", r.options.ResolvConf, "err", err)
		}
		r.servers, r.changed = nil, time.Time{}
		return nil
	}
	if info.ModTime().Equal(r.changed) {
		return r.servers
	}
	r.changed = info.ModTime()
	config, err := dns.ClientConfigFromFile(r.options.ResolvConf)
	if err != nil {
		r.options.Logger.Warn("resolvers not read", "file", r.options.ResolvConf, "err", err)
		return r.servers
	}
	r.servers = r.usable(config)
	r.options.Logger.Info("resolvers read", "file", r.options.ResolvConf, "servers", r.servers)
	return r.servers
}

// usable leaves out this server, which would ask itself for ever.
func (r *Resolver) usable(config *dns.ClientConfig) []string {
	var servers []string
	for _, s := range config.Servers {
		ip, err := netip.ParseAddr(s)
		if err != nil || slices.Contains(r.options.Self, ip) || ip.IsUnspecified() {
			continue
		}
		servers = append(servers, net.JoinHostPort(s, config.Port))
	}
	return servers
}
