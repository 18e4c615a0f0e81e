package auth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/seatrial/seatrial/reference/pki"
)

// bundles are two clusters' certificates.
func bundles(t *testing.T) (own, other *pki.Bundle) {
	t.Helper()
	var all []*pki.Bundle
	for range 2 {
		bundle, err := pki.Ensure(t.TempDir(), pki.Options{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bundle)
	}
	return all[0], all[1]
}

// asks are authorities that change.
type asks struct {
	options x509.VerifyOptions
	absent  bool
}

func (a *asks) get() (x509.VerifyOptions, bool) { return a.options, !a.absent }

func trusting(bundle *pki.Bundle) x509.VerifyOptions {
	return x509.VerifyOptions{Roots: bundle.CA.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
}

// authenticate asks with a certificate; the name is empty when nobody is authenticated.
func authenticate(c *certificates, certificate *x509.Certificate) (string, error) {
	r := httptest.NewRequest("GET", "/api", nil)
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{certificate}}
	response, ok, err := c.AuthenticateRequest(r)
	if !ok {
		return "", err
	}
	return response.User.GetName(), err
}

func TestCertificateIsRememberedNoLongerThanItsAuthority(t *testing.T) {
	own, other := bundles(t)
	a := &asks{options: trusting(own)}
	c := newCertificates(a.get, time.Now)
	for range 2 {
		if name, err := authenticate(c, own.Admin.Cert); name != "kubernetes-admin" || err != nil {
			t.Fatalf("own certificate: %q, %v", name, err)
		}
	}
	if len(c.known.Keys()) != 1 {
		t.Fatal("the certificate is not remembered")
	}
	a.options = trusting(other)
	var unknown x509.UnknownAuthorityError
	if name, err := authenticate(c, own.Admin.Cert); name != "" || !errors.As(err, &unknown) {
		t.Errorf("after the authority was replaced: %q, %v", name, err)
	}
	a.options = trusting(own)
	a.absent = true
	if name, err := authenticate(c, own.Admin.Cert); name != "" || err != nil {
		t.Errorf("without authorities: %q, %v", name, err)
	}
}

func TestRefusedCertificateIsNotRemembered(t *testing.T) {
	own, other := bundles(t)
	a := &asks{options: trusting(own)}
	c := newCertificates(a.get, time.Now)
	for range 2 {
		if name, err := authenticate(c, other.Admin.Cert); name != "" || err == nil {
			t.Errorf("certificate of another authority: %q, %v", name, err)
		}
	}
	if n := len(c.known.Keys()); n != 0 {
		t.Errorf("%d certificates are remembered", n)
	}
}

func TestCertificateIsCheckedAgainWhenItExpires(t *testing.T) {
	own, _ := bundles(t)
	end := time.Now().Add(3 * time.Second)
	now := end.Add(-time.Second)
	a := &asks{options: trusting(own)}
	c := newCertificates(a.get, func() time.Time { return now })
	if name, err := authenticate(c, own.Admin.Cert); name == "" {
		t.Fatal(err)
	}
	entry, _ := c.known.Get(own.Admin.Cert)
	remembered := entry.(*verified)
	remembered.until, remembered.response = end, nil // a second answer from memory would have no user
	now = end.Add(time.Second)
	if name, err := authenticate(c, own.Admin.Cert); name != "kubernetes-admin" || err != nil {
		t.Errorf("the certificate was not checked again after %s: %q, %v", end, name, err)
	}
}
