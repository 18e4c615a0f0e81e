package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// store reads and writes the files of one directory.
type store struct {
	dir string
	now func() time.Time
}

// authority loads file.crt and file.key, or makes both.
func (s store) authority(file, name string) (*Authority, error) {
	p, err := s.load(file)
	if err != nil {
		return nil, err
	}
	if p != nil {
		if !p.Cert.IsCA {
			return nil, fmt.Errorf("load authority: %s is not the certificate of a CA", s.path(file+".crt"))
		}
		if s.now().After(p.Cert.NotAfter) {
			return nil, fmt.Errorf("load authority: %s expired at %s", s.path(file+".crt"), p.Cert.NotAfter.Format(time.RFC3339))
		}
		return &Authority{Pair: *p, now: s.now}, nil
	}
	a, err := newAuthority(name, s.now)
	if err != nil {
		return nil, err
	}
	return a, s.write(file, &a.Pair)
}

// leaf loads file.crt and file.key, and issues both when they are not there or
// no longer do.
func (s store) leaf(file string, by *Authority, req Request) (*Pair, error) {
	p, err := s.load(file)
	if err != nil {
		return nil, err
	}
	if p != nil && !by.signedBy(p.Cert) {
		return nil, fmt.Errorf("load certificate: %s is not signed by CA %q of this directory: remove it and %s to have them issued anew",
			s.path(file+".crt"), by.Cert.Subject.CommonName, file+".key")
	}
	if p != nil && covers(p.Cert, req, s.now()) {
		return p, nil
	}
	if p, err = by.Issue(req); err != nil {
		return nil, err
	}
	return p, s.write(file, p)
}

// load reads a pair; nil without an error means that neither file is there.
func (s store) load(file string) (*Pair, error) {
	crt, key := file+".crt", file+".key"
	certPEM, certErr := os.ReadFile(s.path(crt))
	keyPEM, keyErr := os.ReadFile(s.path(key))
	noCert, noKey := errors.Is(certErr, fs.ErrNotExist), errors.Is(keyErr, fs.ErrNotExist)
	switch {
	case noCert && noKey:
		return nil, nil //nolint:nilnil // documented: there is nothing
	case noCert:
		return nil, s.half(key, crt)
	case noKey:
		return nil, s.half(crt, key)
	}
	if err := errors.Join(certErr, keyErr); err != nil {
		return nil, fmt.Errorf("read pki: %w", err)
	}
	cert, err := parseCert(certPEM)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path(crt), err)
	}
	priv, err := parseKey(keyPEM)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path(key), err)
	}
	if pub, ok := cert.PublicKey.(*ecdsa.PublicKey); !ok || !pub.Equal(priv.Public()) {
		return nil, fmt.Errorf("read pki: %s is not the key of %s: restore the one that was replaced, or remove both", s.path(key), crt)
	}
	return &Pair{Cert: cert, Key: priv, CertPEM: certPEM, KeyPEM: keyPEM}, nil
}

func (s store) half(there, missing string) error {
	return fmt.Errorf("read pki: %s is there but %s is missing: restore it, or remove the other to have both made anew", s.path(there), missing)
}

// key loads file.key or makes it; file.pub beside it is for other verifiers.
func (s store) key(file string) (*ecdsa.PrivateKey, error) {
	raw, err := os.ReadFile(s.path(file + ".key"))
	if err == nil {
		k, err := parseKey(raw)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", s.path(file+".key"), err)
		}
		return k, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read pki: %w", err)
	}
	if _, err := os.Stat(s.path(file + ".pub")); err == nil {
		return nil, s.half(file+".pub", file+".key")
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key %q: %w", file, err)
	}
	keyPEM, err := marshalKey(k)
	if err != nil {
		return nil, err
	}
	pub, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		return nil, fmt.Errorf("encode public key %q: %w", file, err)
	}
	if err := writeFile(s.path(file+".key"), keyPEM, 0o600); err != nil {
		return nil, err
	}
	return k, writeFile(s.path(file+".pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pub}), 0o644)
}

func (s store) write(file string, p *Pair) error {
	if err := writeFile(s.path(file+".key"), p.KeyPEM, 0o600); err != nil {
		return err
	}
	return writeFile(s.path(file+".crt"), p.CertPEM, 0o644)
}

func (s store) path(name string) string { return filepath.Join(s.dir, name) }

// writeFile replaces a file at once: readers see the old content or the new.
func writeFile(path string, data []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	_, werr := f.Write(data)
	if err := errors.Join(werr, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func parseCert(raw []byte) (*x509.Certificate, error) {
	b, _ := pem.Decode(raw)
	if b == nil || b.Type != "CERTIFICATE" {
		return nil, errors.New("no PEM block of type CERTIFICATE")
	}
	return x509.ParseCertificate(b.Bytes)
}

func parseKey(raw []byte) (*ecdsa.PrivateKey, error) {
	b, _ := pem.Decode(raw)
	if b == nil {
		return nil, errors.New("no PEM block")
	}
	if b.Type == "EC PRIVATE KEY" {
		return x509.ParseECPrivateKey(b.Bytes)
	}
	k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	if err != nil {
		return nil, err
	}
	ec, ok := k.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a key of type %T, want ECDSA", k)
	}
	return ec, nil
}
