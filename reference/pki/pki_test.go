package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/reference/pki"
)

func ensure(t *testing.T, dir string, opts pki.Options) *pki.Bundle {
	t.Helper()
	b, err := pki.Ensure(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEnsureKeepsWhatIsThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	first := ensure(t, dir, pki.Options{Hosts: []string{"10.96.0.1"}})
	second := ensure(t, dir, pki.Options{Hosts: []string{"10.96.0.1"}})
	if !first.CA.Cert.Equal(second.CA.Cert) || !first.Serving.Cert.Equal(second.Serving.Cert) || !first.Admin.Cert.Equal(second.Admin.Cert) {
		t.Error("a second call replaced certificates")
	}
	if !first.ServiceAccountKey.Equal(second.ServiceAccountKey) {
		t.Error("a second call replaced the service account key")
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".pki-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("scratch left behind: %v %v", left, err)
	}
}

func TestEnsureWorksInAnEmptyDirectory(t *testing.T) {
	ensure(t, t.TempDir(), pki.Options{})
}

func TestKeysAreReadableByTheirOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	ensure(t, dir, pki.Options{})
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 14 {
		t.Errorf("%d files, want 14: six pairs and sa.key, sa.pub", len(entries))
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		want := os.FileMode(0o644)
		if strings.HasSuffix(e.Name(), ".key") {
			want = 0o600
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %o, want %o", e.Name(), info.Mode(), want)
		}
	}
}

func TestNewHostOrComingExpiryIssuesAnew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	first := ensure(t, dir, pki.Options{Hosts: []string{"node-1"}})
	second := ensure(t, dir, pki.Options{Hosts: []string{"node-1", "192.0.2.7"}})
	if first.Serving.Cert.Equal(second.Serving.Cert) {
		t.Fatal("the serving certificate was kept although a host is missing")
	}
	if err := second.Serving.Cert.VerifyHostname("192.0.2.7"); err != nil {
		t.Error(err)
	}
	if !first.Admin.Cert.Equal(second.Admin.Cert) || !first.CA.Cert.Equal(second.CA.Cert) {
		t.Error("certificates that were fine were replaced")
	}
	later := func() time.Time { return time.Now().AddDate(0, 0, 350) }
	third := ensure(t, dir, pki.Options{Hosts: []string{"node-1", "192.0.2.7"}, Now: later})
	if third.Admin.Cert.Equal(second.Admin.Cert) {
		t.Error("a certificate that ends in 15 days was kept")
	}
}

func TestHalfWrittenStateIsAnError(t *testing.T) {
	tests := map[string]struct {
		spoil func(dir string) error
		want  string
	}{
		"CA key missing":     {func(d string) error { return os.Remove(filepath.Join(d, "ca.key")) }, "ca.crt is there but ca.key is missing"},
		"CA cert missing":    {func(d string) error { return os.Remove(filepath.Join(d, "ca.crt")) }, "ca.key is there but ca.crt is missing"},
		"signing key gone":   {func(d string) error { return os.Remove(filepath.Join(d, "sa.key")) }, "sa.pub is there but sa.key is missing"},
		"leaf key missing":   {func(d string) error { return os.Remove(filepath.Join(d, "admin.key")) }, "admin.crt is there but admin.key is missing"},
		"empty certificate":  {func(d string) error { return os.WriteFile(filepath.Join(d, "apiserver.crt"), nil, 0o644) }, "no PEM block"},
		"key of another one": {func(d string) error { return copyFile(filepath.Join(d, "ca.key"), filepath.Join(d, "admin.key")) }, "is not the key of admin.crt"},
		"CA replaced": {func(d string) error {
			for _, f := range []string{"ca.crt", "ca.key"} {
				if err := os.Remove(filepath.Join(d, f)); err != nil {
					return err
				}
			}
			return nil
		}, "is not signed by CA"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pki")
			ensure(t, dir, pki.Options{})
			if err := tt.spoil(dir); err != nil {
				t.Fatal(err)
			}
			_, err := pki.Ensure(dir, pki.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

func TestKubeconfigReachesTheServerAsAdmin(t *testing.T) {
	b := ensure(t, filepath.Join(t.TempDir(), "pki"), pki.Options{})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := r.TLS.VerifiedChains[0][0].Subject
		_, _ = io.WriteString(w, s.CommonName+" "+strings.Join(s.Organization, ","))
	}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{b.Serving.TLS()}, ClientCAs: b.CA.Pool(), ClientAuth: tls.RequireAndVerifyClientCert}
	srv.StartTLS()
	defer srv.Close()

	path := filepath.Join(t.TempDir(), "sub", "admin.conf")
	err := pki.WriteKubeconfig(path, pki.Kubeconfig{Name: "demo", Server: srv.URL, CA: b.CA.PEM(), User: "kubernetes-admin", Client: b.Admin})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v %v, want 0600", info.Mode(), err)
	}
	cfg, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	hc, err := rest.HTTPClientFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := hc.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != "kubernetes-admin system:masters" {
		t.Errorf("the server saw %q", body)
	}
}

func TestClientCertificateDoesNotServe(t *testing.T) {
	b := ensure(t, filepath.Join(t.TempDir(), "pki"), pki.Options{})
	if _, err := b.Admin.Cert.Verify(x509.VerifyOptions{Roots: b.CA.Pool()}); err == nil {
		t.Error("the admin certificate passes as a server's")
	}
	if _, err := b.FrontProxyClient.Cert.Verify(x509.VerifyOptions{Roots: b.CA.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err == nil {
		t.Error("the cluster CA vouches for a certificate of the front-proxy CA")
	}
}
