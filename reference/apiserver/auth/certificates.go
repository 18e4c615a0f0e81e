package auth

import (
	"crypto/x509"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/util/cache"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	x509request "k8s.io/apiserver/pkg/authentication/request/x509"
)

const (
	certificateCacheSize = 4096
	certificateCacheTTL  = 10 * time.Second
)

// certificates authenticates client certificates, and remembers for a while
// whose the certificate of a connection is: checking the signature is a tenth
// of a small request. The answer is the one that a check would give: it is
// forgotten when a certificate of the chain expires or the authorities change.
type certificates struct {
	authorities x509request.VerifyOptionFunc
	known       *cache.LRUExpireCache // by *x509.Certificate, which a connection keeps
	now         func() time.Time
}

// verified is whom a certificate authenticates, by which authorities, until when.
type verified struct {
	response *authenticator.Response
	roots    *x509.CertPool
	until    time.Time
}

func newCertificates(authorities x509request.VerifyOptionFunc, now func() time.Time) *certificates {
	return &certificates{
		authorities: authorities, now: now,
		known: cache.NewLRUExpireCacheWithClock(certificateCacheSize, clock(now)),
	}
}

// clock tells the cache the time.
type clock func() time.Time

func (c clock) Now() time.Time { return c() }

// AuthenticateRequest implements authenticator.Request.
func (c *certificates) AuthenticateRequest(r *http.Request) (*authenticator.Response, bool, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil, false, nil
	}
	options, ok := c.authorities()
	if !ok {
		return nil, false, nil
	}
	if entry, ok := c.known.Get(r.TLS.PeerCertificates[0]); ok {
		if v := entry.(*verified); v.roots == options.Roots && !c.now().After(v.until) {
			return v.response, true, nil
		}
	}
	remember := func(chain []*x509.Certificate) (*authenticator.Response, bool, error) {
		response, ok, err := x509request.CommonNameUserConversion(chain)
		if ok && err == nil {
			v := &verified{response: response, roots: options.Roots, until: firstEnd(chain)}
			c.known.Add(chain[0], v, certificateCacheTTL)
		}
		return response, ok, err
	}
	return x509request.New(options, x509request.UserConversionFunc(remember)).AuthenticateRequest(r)
}

// firstEnd is when the first certificate of a chain expires.
func firstEnd(chain []*x509.Certificate) time.Time {
	end := chain[0].NotAfter
	for _, certificate := range chain {
		if certificate.NotAfter.Before(end) {
			end = certificate.NotAfter
		}
	}
	return end
}
