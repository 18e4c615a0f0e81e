package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"slices"
	"time"
)

const (
	authorityLifetime = 10 * 365 * 24 * time.Hour
	leafLifetime      = 365 * 24 * time.Hour
	renewBefore       = 30 * 24 * time.Hour // of the end of a leaf
	skew              = 5 * time.Minute     // clocks of a cluster may differ by this much
)

// Authority is a certificate authority.
type Authority struct {
	Pair
	now func() time.Time
}

// Pair is a certificate and its private key.
type Pair struct {
	Cert    *x509.Certificate
	Key     *ecdsa.PrivateKey
	CertPEM []byte
	KeyPEM  []byte
}

// Request says what a certificate is to certify.
type Request struct {
	CommonName    string
	Organizations []string // groups, for a client
	Hosts         []string // DNS names and IP addresses, for a server
	Usages        []x509.ExtKeyUsage
	Lifetime      time.Duration // zero means one year
}

// PEM returns the certificate of the authority, as a CA bundle.
func (a *Authority) PEM() []byte { return a.CertPEM }

// Pool returns a pool that trusts the authority alone.
func (a *Authority) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.Cert)
	return p
}

// TLS returns the pair as crypto/tls wants it.
func (p *Pair) TLS() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{p.Cert.Raw}, PrivateKey: p.Key, Leaf: p.Cert}
}

// Issue makes a key and a certificate for it.
func (a *Authority) Issue(req Request) (*Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("issue certificate %q: %w", req.CommonName, err)
	}
	cert, err := a.Sign(req, key.Public())
	if err != nil {
		return nil, err
	}
	return newPair(cert, key)
}

// Sign makes a certificate for a key that only its owner has.
func (a *Authority) Sign(req Request, key crypto.PublicKey) (*x509.Certificate, error) {
	now := a.now()
	end := now.Add(req.Lifetime)
	if req.Lifetime == 0 {
		end = now.Add(leafLifetime)
	}
	if end.After(a.Cert.NotAfter) {
		end = a.Cert.NotAfter
	}
	t := &x509.Certificate{
		Subject:   pkix.Name{CommonName: req.CommonName, Organization: req.Organizations},
		NotBefore: now.Add(-skew), NotAfter: end,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: req.Usages,
		BasicConstraintsValid: true,
	}
	for _, h := range req.Hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	return sign(t, a.Cert, key, a.Key)
}

// newAuthority makes an authority that signs itself.
func newAuthority(name string, now func() time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make authority %q: %w", name, err)
	}
	t := &x509.Certificate{
		Subject:   pkix.Name{CommonName: name},
		NotBefore: now().Add(-skew), NotAfter: now().Add(authorityLifetime),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	cert, err := sign(t, t, key.Public(), key)
	if err != nil {
		return nil, err
	}
	p, err := newPair(cert, key)
	if err != nil {
		return nil, err
	}
	return &Authority{Pair: *p, now: now}, nil
}

func sign(t, parent *x509.Certificate, key crypto.PublicKey, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("sign certificate %q: %w", t.Subject.CommonName, err)
	}
	t.SerialNumber = serial.Add(serial, big.NewInt(1)) // zero is not a serial number
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key, by)
	if err != nil {
		return nil, fmt.Errorf("sign certificate %q: %w", t.Subject.CommonName, err)
	}
	return x509.ParseCertificate(der)
}

func newPair(cert *x509.Certificate, key *ecdsa.PrivateKey) (*Pair, error) {
	keyPEM, err := marshalKey(key)
	if err != nil {
		return nil, err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	return &Pair{Cert: cert, Key: key, CertPEM: certPEM, KeyPEM: keyPEM}, nil
}

func marshalKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}

// covers reports whether cert still says, at now, what req asks for.
func covers(cert *x509.Certificate, req Request, now time.Time) bool {
	if now.Before(cert.NotBefore) || now.Add(renewBefore).After(cert.NotAfter) {
		return false
	}
	if cert.Subject.CommonName != req.CommonName || !slices.Equal(cert.Subject.Organization, req.Organizations) {
		return false
	}
	return !slices.ContainsFunc(req.Hosts, func(h string) bool { return cert.VerifyHostname(h) != nil })
}

// signedBy reports whether a signed cert, whatever the time.
func (a *Authority) signedBy(cert *x509.Certificate) bool {
	return bytes.Equal(cert.RawIssuer, a.Cert.RawSubject) && cert.CheckSignatureFrom(a.Cert) == nil
}
