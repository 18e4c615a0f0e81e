package auth_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestNobodyGetsInWithoutRights: "No request without valid credentials reads or
// writes anything but what anonymous may (health, version, discovery by policy)."
func TestNobodyGetsInWithoutRights(t *testing.T) {
	s := newSite(t)
	identities := s.identities(t)
	for _, ns := range []string{"default", "kube-system"} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "seen"}, StringData: map[string]string{"key": marker}}
		got, err := s.admin.CoreV1().Secrets(ns).Create(t.Context(), secret, metav1.CreateOptions{})
		must(t, got, err)
		cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "seen"}, Data: map[string]string{"key": marker}}
		made, err := s.admin.CoreV1().ConfigMaps(ns).Create(t.Context(), cm, metav1.CreateOptions{})
		must(t, made, err)
	}
	routes := servedRoutes(t, s.admin)
	if len(routes) < 900 {
		t.Errorf("%d routes, want at least 900", len(routes))
	}
	before := stored(t.Context(), t, s.store.Client())
	for name, id := range identities {
		t.Run(name, func(t *testing.T) { s.tryAll(t, id, routes) })
	}
	if diff := cmp.Diff(before, stored(t.Context(), t, s.store.Client())); diff != "" {
		t.Errorf("somebody wrote (- before, + after):\n%s", diff)
	}
	t.Logf("%d routes, %d identities", len(routes), len(identities))
}

// parallel requests of one identity; more would wait for each other in the
// server's queues for the unknown.
const parallel = 4

func (s *site) tryAll(t *testing.T, id identity, routes []route) {
	config := s.trusting()
	if id.cert != nil {
		// Not by Certificates: those are sent to servers that ask for their CA only.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return id.cert, nil }
	}
	transport := &http.Transport{TLSClientConfig: config, MaxIdleConnsPerHost: parallel}
	defer transport.CloseIdleConnections()
	var group errgroup.Group
	var refused, answered atomic.Int64
	group.SetLimit(parallel)
	for _, r := range routes {
		group.Go(func() error {
			code, body, err := s.try(t, transport, id, r)
			switch {
			case err != nil:
				return err
			case id.may(r):
				answered.Add(1)
				if code == http.StatusUnauthorized || code == http.StatusForbidden {
					t.Errorf("%s %s: %d, it is for everybody: %s", r.method, r.path, code, body)
				}
			case code != id.want:
				t.Errorf("%s %s: %d, want %d: %.200s", r.method, r.path, code, id.want, body)
			default:
				refused.Add(1)
			}
			if bytes.Contains(body, []byte(marker)) {
				t.Errorf("%s %s shows the secret", r.method, r.path)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("refused %d with %d, answered %d", refused.Load(), id.want, answered.Load())
}

func (s *site) trusting() *tls.Config {
	return &tls.Config{RootCAs: s.bundle.CA.Pool(), MinVersion: tls.VersionTLS12}
}

func (s *site) try(t *testing.T, transport http.RoundTripper, id identity, r route) (int, []byte, error) {
	req, err := http.NewRequestWithContext(t.Context(), r.method, "https://"+s.host+r.path, strings.NewReader(`{"apiVersion":"v1","kind":"Status"}`))
	if err != nil {
		return 0, nil, err
	}
	req.Header = id.header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}
