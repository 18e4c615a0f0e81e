package apiserver_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/pki"
)

// connect makes a TLS connection to the server of a configuration, whoever it is.
func connect(t *testing.T, config *rest.Config, c *tls.Config) (*tls.Conn, error) {
	t.Helper()
	c.InsecureSkipVerify = true //nolint:gosec // the test looks at what is shown
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := (&tls.Dialer{Config: c}).DialContext(ctx, "tcp", strings.TrimPrefix(config.Host, "https://"))
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*tls.Conn), nil
}

// https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ (--tls-sni-cert-key)
func TestCertificateIsChosenByTheNameThatIsAskedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bundle := must[*pki.Bundle](t)(pki.Ensure(dir, pki.Options{}))
	flags := []string{}
	for name, patterns := range map[string]string{"named.example": "", "other.example": ":*.wild.example"} {
		pair := must[*pki.Pair](t)(bundle.CA.Issue(pki.Request{CommonName: name, Hosts: []string{name}}))
		cert, key := filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
		for file, data := range map[string][]byte{cert: pair.CertPEM, key: pair.KeyPEM} {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		flags = append(flags, "--tls-sni-cert-key="+cert+","+key+patterns)
	}
	config := apiservertest.StartTLS(t, apiserver.Options{Settings: flagged(t, flags...)})
	for asked, want := range map[string]string{"named.example": "named.example", "a.wild.example": "other.example", "else.example": "kube-apiserver", "": "kube-apiserver"} {
		shown := must[*tls.Conn](t)(connect(t, config, &tls.Config{ServerName: asked})).ConnectionState().PeerCertificates[0]
		if shown.Subject.CommonName != want {
			t.Errorf("who asks for %q is shown %q, not %q", asked, shown.Subject.CommonName, want)
		}
	}
}

func TestCipherSuitesAndStreamsAreLimitedByFlags(t *testing.T) {
	t.Parallel()
	config := apiservertest.StartTLS(t, apiserver.Options{Settings: flagged(t,
		"--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "--http2-max-streams-per-connection=7")})
	old := func(suites ...uint16) *tls.Config {
		return &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: suites} //nolint:gosec // suites are of TLS 1.2
	}
	if _, err := connect(t, config, old(tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)); err == nil {
		t.Error("a cipher suite is accepted that is not in the flag")
	}
	conn := must[*tls.Conn](t)(connect(t, config, old(tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)))
	if suite := conn.ConnectionState().CipherSuite; suite != tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 {
		t.Errorf("the cipher suite is %s", tls.CipherSuiteName(suite))
	}
	if got := maxStreams(t, must[*tls.Conn](t)(connect(t, config, &tls.Config{NextProtos: []string{"h2"}}))); got != 7 {
		t.Errorf("a connection may have %d streams", got)
	}
}

// maxStreams reads what the server says first on a connection.
func maxStreams(t *testing.T, conn net.Conn) uint32 {
	t.Helper()
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	framer := http2.NewFramer(conn, conn)
	if err := framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	frame := must[http2.Frame](t)(framer.ReadFrame())
	settings, ok := frame.(*http2.SettingsFrame)
	if !ok {
		t.Fatalf("the first frame is %v", frame)
	}
	limit, _ := settings.Value(http2.SettingMaxConcurrentStreams)
	return limit
}

// Of 1,000 requests every fiftieth ends its connection, on average: that none
// does has a probability of 1e-9.
func TestConnectionsAreEndedByChance(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]bool{"--goaway-chance=0.02": true, "--goaway-chance=0": false} {
		config := apiservertest.StartTLS(t, apiserver.Options{Settings: flagged(t, flag)})
		var dialed atomic.Int32
		config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			dialed.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
		client := must[*http.Client](t)(rest.HTTPClientFor(config))
		for range 1000 {
			request := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodGet, config.Host+"/version", nil))
			answer := must[*http.Response](t)(client.Do(request))
			if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
				t.Fatalf("%s: %s over %s", flag, answer.Status, answer.Proto)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
		}
		if n := dialed.Load(); n > 1 != want {
			t.Errorf("%s: 1,000 requests take %d connections", flag, n)
		}
	}
}

func TestRequestThatTakesTooLongIsEnded(t *testing.T) {
	t.Parallel()
	s := apiservertest.Run(t, apiserver.Options{Settings: flagged(t, "--request-timeout=1s")})
	config := s.ClientConfig("admin", "system:masters")
	client := must[*http.Client](t)(rest.HTTPClientFor(config))
	slow, end := io.Pipe()
	defer end.Close()
	request := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodPost, config.Host+"/api/v1/namespaces/default/configmaps", slow))
	request.Header.Set("Content-Type", "application/json")
	started := time.Now()
	answer := must[*http.Response](t)(client.Do(request))
	defer answer.Body.Close()
	if took := time.Since(started); answer.StatusCode != http.StatusGatewayTimeout || took < time.Second || took > 30*time.Second {
		t.Errorf("the answer is %s after %s", answer.Status, took)
	}
}

func TestServerTellsOfItsEndBeforeItStops(t *testing.T) {
	t.Parallel()
	const delay = 2 * time.Second
	member := store(t)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s := must[*apiserver.Server](t)(apiserver.New(ctx, apiserver.Options{
		Etcd: member.Client(), EtcdReady: member.Ready, Settings: flagged(t, "--shutdown-delay-duration="+delay.String()),
	}))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	ready, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Ready(ready); err != nil {
		t.Fatal(err)
	}
	ask := asker(t, s, "admin", "system:masters")
	started := time.Now()
	stop()
	for code := http.StatusOK; code == http.StatusOK && time.Since(started) < delay; {
		code, _ = ask("/readyz")
	}
	for path, want := range map[string]int{"/readyz": http.StatusInternalServerError, "/livez": http.StatusOK, "/api/v1/namespaces/default": http.StatusOK} {
		if code, body := ask(path); code != want {
			t.Errorf("while the server waits for its end, %s is %d: %s", path, code, body)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if took := time.Since(started); took < delay {
		t.Errorf("the server stops after %s", took)
	}
}
