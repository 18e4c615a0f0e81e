package apiserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// asker gets pages of a server: the code and the body.
func asker(t *testing.T, s *apiserver.Server, user string, groups ...string) func(path string) (int, string) {
	t.Helper()
	config := s.ClientConfig(user, groups...)
	client := must[*http.Client](t)(rest.HTTPClientFor(config))
	return func(path string) (int, string) {
		request := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodGet, config.Host+path, nil))
		answer := must[*http.Response](t)(client.Do(request))
		defer answer.Body.Close()
		return answer.StatusCode, string(must[[]byte](t)(io.ReadAll(answer.Body)))
	}
}

// The checks that this server has and upstream has not, and the other way round (decision 0111).
var differentChecks = []string{
	"- loopback-serving-certificate",
	"- poststarthook/peer-endpoint-reconciler-controller",
	"+ poststarthook/start-authorizers",
}

func TestHealthChecksAreUpstreams(t *testing.T) {
	t.Parallel()
	ask := asker(t, apiservertest.Run(t, apiserver.Options{}), "admin", "system:masters")
	want := map[string][]string{}
	for line := range strings.Lines(string(must[[]byte](t)(os.ReadFile("testdata/checks.txt")))) {
		if endpoint, check, ok := strings.Cut(strings.TrimSpace(line), " "); ok && endpoint != "#" {
			want[endpoint] = append(want[endpoint], check)
		}
	}
	if len(want) != 3 {
		t.Fatalf("testdata has %d endpoints", len(want))
	}
	for endpoint, checks := range want {
		code, body := ask("/" + endpoint + "?verbose")
		lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
		if code != http.StatusOK || lines[len(lines)-1] != endpoint+" check passed" {
			t.Errorf("%s: %d, %s", endpoint, code, body)
		}
		var got []string
		for _, line := range lines[:len(lines)-1] {
			check, ok := strings.CutSuffix(strings.TrimPrefix(line, "[+]"), " ok")
			if !ok || !strings.HasPrefix(line, "[+]") {
				t.Errorf("%s: %q is no line of a passed check", endpoint, line)
			}
			got = append(got, check)
			if code, body := ask("/" + endpoint + "/" + check); code != http.StatusOK || body != "ok" {
				t.Errorf("/%s/%s: %d, %s", endpoint, check, code, body)
			}
		}
		for _, d := range difference(got, checks) {
			if d = d[:1] + " " + d[1:]; !slices.Contains(differentChecks, d) {
				t.Errorf("%s: %s", endpoint, d)
			}
		}
	}
}

// https://kubernetes.io/docs/reference/using-api/health-checks/
func TestHealthChecksCanBeExcluded(t *testing.T) {
	t.Parallel()
	ask := asker(t, apiservertest.Run(t, apiserver.Options{}), "admin", "system:masters")
	for path, want := range map[string]string{
		"/livez?verbose&exclude=etcd":              "[+]etcd excluded: ok\n",
		"/readyz?verbose&exclude=etcd&exclude=log": "[+]log excluded: ok\n",
	} {
		if code, body := ask(path); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d, %s", path, code, body)
		}
	}
	for path, want := range map[string]string{"/livez": "ok", "/readyz": "ok", "/healthz": "ok", "/livez?exclude=nope": "ok"} {
		if code, body := ask(path); code != http.StatusOK || body != want {
			t.Errorf("%s: %d, %s", path, code, body)
		}
	}
	if code, _ := ask("/livez/nope"); code != http.StatusNotFound {
		t.Errorf("/livez/nope: %d", code)
	}
}

// A store that does not answer makes the server neither live nor ready, and the checks say why.
func TestHealthChecksNoticeThatEtcdIsGone(t *testing.T) {
	t.Parallel()
	member := store(t)
	s, err := apiserver.New(t.Context(), apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err == nil { // sure to fail: it wants to take itself out of the store
			t.Error("a server ends well without its store")
		}
	})
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask := asker(t, s, "admin", "system:masters")
	member.Stop()
	for _, endpoint := range []string{"livez", "readyz"} {
		code, body := ask("/" + endpoint)
		if code != http.StatusInternalServerError || !strings.Contains(body, "[-]etcd failed: reason withheld\n") || !strings.HasSuffix(body, endpoint+" check failed\n") {
			t.Errorf("%s: %d, %s", endpoint, code, body)
		}
	}
}

func TestPagesAboutTheServer(t *testing.T) {
	t.Parallel()
	s := apiservertest.Run(t, apiserver.Options{})
	ask := asker(t, s, "admin", "system:masters")
	for path, wants := range map[string][]string{
		"/metrics":      {"\napiserver_request_total{", "\netcd_request_duration_seconds_bucket{", "\napiserver_audit_event_total ", "\napiserver_flowcontrol_dispatched_requests_total{", "\napiserver_storage_size_bytes{", "\nkubernetes_build_info{", "\nkubernetes_feature_enabled{"},
		"/metrics/slis": {`kubernetes_healthcheck{name="ping",type="readyz"}`},
		"/statusz":      {"apiserver statusz", "1.36.3"},
		"/debug/pprof/": {"goroutine"},
	} {
		code, body := ask(path)
		for _, want := range wants {
			if code != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s (%d) has no %q", path, code, want)
			}
		}
	}
	var discovery struct {
		Issuer  string `json:"issuer"`
		KeysURI string `json:"jwks_uri"`
	}
	if code, body := ask("/.well-known/openid-configuration"); code != http.StatusOK || json.Unmarshal([]byte(body), &discovery) != nil ||
		discovery.Issuer != "https://kubernetes.default.svc.cluster.local" || discovery.KeysURI != "https://192.0.2.1:6443/openid/v1/jwks" {
		t.Errorf("OpenID configuration: %d, %s", code, body)
	}
}

// Who may read what, by upstream's default policy: as recorded from a bare server.
func TestPagesAreForWhomTheDefaultPolicySays(t *testing.T) {
	t.Parallel()
	s := apiservertest.Run(t, apiserver.Options{})
	people := map[string]func(string) (int, string){
		"anonymous":       asker(t, s, "system:anonymous", "system:unauthenticated"),
		"user":            asker(t, s, "jane"),
		"monitoring":      asker(t, s, "prometheus", "system:monitoring"),
		"service account": asker(t, s, "system:serviceaccount:default:default", "system:serviceaccounts"),
	}
	nobody, anyone := "", "anonymous monitoring service account user"
	for path, want := range map[string]string{
		"/livez": anyone, "/readyz": anyone, "/healthz": anyone, "/version": anyone, "/livez?verbose": anyone,
		"/livez/etcd": "monitoring", "/metrics": "monitoring", "/metrics/slis": "monitoring", "/statusz": "monitoring",
		"/.well-known/openid-configuration": "service account", "/openid/v1/jwks": "service account",
		"/debug/pprof/": nobody,
		"/api":          "monitoring service account user", "/apis": "monitoring service account user", "/openapi/v3": "monitoring service account user",
	} {
		var may []string
		// The authorizer learns of the roles a moment after they are written.
		err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 10*time.Second, true, func(context.Context) (bool, error) {
			may = nil
			for name, ask := range people {
				code, _ := ask(path)
				if code == http.StatusOK {
					may = append(may, name)
				} else if code != http.StatusForbidden {
					return false, fmt.Errorf("%s gets %d", name, code)
				}
			}
			slices.Sort(may)
			return strings.Join(may, " ") == want, nil
		})
		if err != nil {
			t.Errorf("%s is for %q, not %q: %v", path, may, want, err)
		}
	}
}
