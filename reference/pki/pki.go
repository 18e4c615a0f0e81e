// Package pki makes and keeps the certificates and keys of a cluster in one directory.
//
//	bundle, err := pki.Ensure(filepath.Join(dataDir, "pki"), pki.Options{
//		Hosts: []string{"localhost", "127.0.0.1", "10.96.0.1"},
//	})
//	...
//	serverConfig.Certificates = []tls.Certificate{bundle.Serving.TLS()}
//	err = pki.WriteKubeconfig(path, pki.Kubeconfig{Name: "demo", Server: url, CA: bundle.CA.PEM(), User: "kubernetes-admin", Client: bundle.Admin})
//
// The file names are those of kubeadm. What is there is used again; a second
// call with the same options writes nothing.
package pki

import (
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Names that every serving certificate of the API server carries.
var apiServerHosts = []string{
	"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost", "127.0.0.1",
}

// Options says what the certificates are made for.
type Options struct {
	// Hosts are further DNS names and IP addresses of the API server, such as
	// the node's name and address and the first address of the service range.
	Hosts []string
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// Bundle is everything that the control plane of one cluster needs to prove who it is.
type Bundle struct {
	Dir string

	CA           *Authority // signs serving certificates and the clients of --client-ca-file
	FrontProxyCA *Authority // signs the aggregator towards extension API servers

	Serving          *Pair // the API server, towards its clients
	KubeletClient    *Pair // the API server, towards kubelets: kube-apiserver-kubelet-client, system:masters
	FrontProxyClient *Pair // the aggregator, towards extension API servers: front-proxy-client
	Admin            *Pair // kubernetes-admin, system:masters; see decision 0030

	ServiceAccountKey *ecdsa.PrivateKey // signs service account tokens (ES256)
}

// Ensure loads the bundle of dir, and makes what is missing. A new directory
// appears whole or not at all. A certificate that is about to expire or lacks a
// host is issued anew; a CA and the service account key are never replaced: if
// one of their files is missing or does not fit the other, Ensure says which.
func Ensure(dir string, opts Options) (*Bundle, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	entries, err := os.ReadDir(dir)
	switch {
	case err == nil && len(entries) > 0:
		return fill(dir, opts)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read pki directory: %w", err)
	}
	return create(dir, opts)
}

// create fills a directory next to dir and renames it to dir.
func create(dir string, opts Options) (*Bundle, error) {
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o711); err != nil {
		return nil, fmt.Errorf("make pki directory: %w", err)
	}
	scratch, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+"-")
	if err != nil {
		return nil, fmt.Errorf("make pki directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	if _, err := fill(scratch, opts); err != nil {
		return nil, err
	}
	if err := os.Chmod(scratch, 0o711); err != nil {
		return nil, fmt.Errorf("make pki directory: %w", err)
	}
	// os.Rename refuses a directory that exists, an empty one included.
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make pki directory: %w", err)
	}
	if err := os.Rename(scratch, dir); err != nil {
		return nil, fmt.Errorf("make pki directory: %w", err)
	}
	return fill(dir, opts)
}

// fill loads every file of dir and makes the missing ones.
func fill(dir string, opts Options) (*Bundle, error) {
	b := &Bundle{Dir: dir}
	s := store{dir: dir, now: opts.Now}
	var err error
	if b.CA, err = s.authority("ca", "kubernetes"); err != nil {
		return nil, err
	}
	if b.FrontProxyCA, err = s.authority("front-proxy-ca", "front-proxy-ca"); err != nil {
		return nil, err
	}
	if b.ServiceAccountKey, err = s.key("sa"); err != nil {
		return nil, err
	}
	client := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	leaves := []struct {
		to   **Pair
		file string
		by   *Authority
		req  Request
	}{
		{&b.Serving, "apiserver", b.CA, Request{
			CommonName: "kube-apiserver", Hosts: slices.Concat(apiServerHosts, opts.Hosts),
			Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}},
		{&b.KubeletClient, "apiserver-kubelet-client", b.CA, Request{
			CommonName: "kube-apiserver-kubelet-client", Organizations: []string{"system:masters"}, Usages: client,
		}},
		{&b.FrontProxyClient, "front-proxy-client", b.FrontProxyCA, Request{CommonName: "front-proxy-client", Usages: client}},
		{&b.Admin, "admin", b.CA, Request{CommonName: "kubernetes-admin", Organizations: []string{"system:masters"}, Usages: client}},
	}
	for _, l := range leaves {
		if *l.to, err = s.leaf(l.file, l.by, l.req); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Path returns the path of a file of the bundle, such as "ca.crt".
func (b *Bundle) Path(name string) string { return filepath.Join(b.Dir, name) }
