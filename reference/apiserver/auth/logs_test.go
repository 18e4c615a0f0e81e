package auth_test

import (
	"bytes"
	"flag"
	"net/http"
	"strings"
	"sync"
	"testing"

	"k8s.io/klog/v2"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// lockedBuffer is written by the server and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestNoTokenIsLogged looks at everything that the server and its libraries log,
// at the most talkative level, while all kinds of tokens are refused and accepted.
func TestNoTokenIsLogged(t *testing.T) {
	var log lockedBuffer
	verbosity := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(verbosity)
	apiservertest.HoldLog(t) // now: what it changes it changes once
	state := klog.CaptureState()
	t.Cleanup(state.Restore) // after the end of the server: it takes no lock
	for name, value := range map[string]string{"stderrthreshold": "4", "v": "10"} {
		if err := verbosity.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	klog.SetOutput(&log)
	klog.LogToStderr(false)
	s := newSite(t)
	transport := &http.Transport{TLSClientConfig: s.trusting()}
	defer transport.CloseIdleConnections()
	secrets := map[string]string{}
	for name, id := range s.identities(t) {
		if token, ok := strings.CutPrefix(id.header.Get("Authorization"), "Bearer "); ok && len(token) > 10 {
			secrets[name] = token
		}
		for _, path := range []string{"/api/v1/secrets", "/version"} {
			if _, _, err := s.try(t, transport, id, route{http.MethodGet, path}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(secrets) < 5 {
		t.Fatalf("only %d tokens were tried", len(secrets))
	}
	klog.Flush()
	logged := log.String()
	if !strings.Contains(logged, "/api/v1/secrets") {
		t.Fatal("the log does not tell of the requests: the test sees nothing")
	}
	for name, token := range secrets {
		// The claims of a JSON web token are no secret, its signature is.
		signature := token[strings.LastIndex(token, ".")+1:]
		if signature == "" {
			signature = token
		}
		if strings.Contains(logged, signature) {
			at := strings.Index(logged, signature)
			t.Errorf("%s: the token is in the log: ...%s...", name, logged[max(0, at-200):at])
		}
	}
}
