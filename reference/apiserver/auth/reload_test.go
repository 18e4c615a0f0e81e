package auth_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/component-base/metrics/legacyregistry"

	"github.com/seatrial/seatrial/reference/apiserver/auth"
)

// reloads counts the reloads of a kind of configuration by their outcome.
func reloads(t *testing.T, kind, status string) (n float64) {
	t.Helper()
	families, err := legacyregistry.DefaultGatherer.Gather()
	must(t, families, err)
	for _, f := range families {
		if f.GetName() != "apiserver_"+kind+"_config_controller_automatic_reloads_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "status" && l.GetValue() == status {
					n += m.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

// TestBrokenConfigurationIsToldAndChangesNothing: the file is read again on a change; one that is not valid is told of by the log and the
// metrics, and the configuration before stays in effect.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#using-configuration-file-for-authorization
func TestBrokenConfigurationIsToldAndChangesNothing(t *testing.T) {
	p := newProvider(t)
	ca, err := os.ReadFile(p.ca)
	must(t, ca, err)
	const authorization = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers: [{type: %s, name: all}]\n"
	for _, tt := range []struct {
		kind     string
		content  func(user string) string
		flags    func(path string) auth.Flags
		inEffect func(t *testing.T, a *auth.Auth) string
	}{
		{
			"authentication",
			func(name string) string {
				return fmt.Sprintf("apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer: {url: %q, audiences: [seatrial], certificateAuthority: %q}\n  claimMappings: {username: {expression: \"'%s'\"}}\n",
					p.URL, ca, name)
			},
			func(path string) auth.Flags { return auth.Flags{AuthenticationConfig: path} },
			func(t *testing.T, a *auth.Auth) string { // another token each time: the cache is not asked
				return accepted(t, a, p.token(t, map[string]any{"jti": rand.Text()})).GetName()
			},
		},
		{
			"authorization",
			func(name string) string {
				return fmt.Sprintf(authorization, map[string]string{"first": "AlwaysDeny", "second": "AlwaysAllow"}[name])
			},
			func(path string) auth.Flags { return auth.Flags{AuthorizationConfig: path} },
			func(t *testing.T, a *auth.Auth) string {
				d, _, err := a.Authorizer.Authorize(t.Context(), authorizer.AttributesRecord{User: &user.DefaultInfo{Name: "jane"}, Verb: "get", Path: "/x"})
				must(t, d, err)
				return map[authorizer.Decision]string{authorizer.DecisionAllow: "second", authorizer.DecisionNoOpinion: "first"}[d]
			},
		},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			var log lockedBuffer
			path := write(t, tt.content("first"))
			a := running(t, build(t, auth.Options{Flags: tt.flags(path), ServerID: "server-1", Logger: slog.New(slog.NewTextHandler(&log, nil))}))
			if got := tt.inEffect(t, a); got != "first" {
				t.Fatalf("got %q at first", got)
			}
			failures, successes := reloads(t, tt.kind, "failure"), reloads(t, tt.kind, "success")
			for n, bad := range []string{"nonsense: {", strings.Replace(tt.content("second"), "kind: A", "kind: Wrong", 1), tt.content("second") + "typo: x\n"} {
				replace(t, path, bad)
				counted(t, tt.kind, "failure", failures+float64(n+1))
				if got := tt.inEffect(t, a); got != "first" {
					t.Errorf("got %q after %q", got, bad)
				}
			}
			if got := strings.Count(log.String(), "level=ERROR msg=\""+tt.kind+" configuration is not in effect"); got != 3 {
				t.Errorf("the log tells of %d failures, want 3:\n%s", got, log.String())
			}
			replace(t, path, tt.content("second"))
			counted(t, tt.kind, "success", successes+1)
			if got := tt.inEffect(t, a); got != "second" {
				t.Errorf("got %q after a valid file", got)
			}
			if want := "msg=\"" + tt.kind + " configuration read again\""; !strings.Contains(log.String(), want) {
				t.Errorf("the log does not say %s:\n%s", want, log.String())
			}
		})
	}
}

func counted(t *testing.T, kind, status string, want float64) {
	t.Helper()
	err := eventually(t, func() (bool, error) {
		got := reloads(t, kind, status)
		return got == want, fmt.Errorf("%s of %s: %v, want %v", status, kind, got, want)
	})
	if got := reloads(t, kind, status); got != want {
		t.Fatal(err)
	}
}

// TestIssuersServeOnceTheirKeysAreThere: an issuer that does not answer must not end the sessions of those before.
func TestIssuersServeOnceTheirKeysAreThere(t *testing.T) {
	p := newProvider(t)
	asked, opened := make(chan struct{}, 1), make(chan struct{})
	gate := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		select {
		case <-opened:
			p.Config.Handler.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(gate.Close)
	ca, err := os.ReadFile(p.ca) // all servers of httptest have one certificate
	must(t, ca, err)
	config := func(name, discovery string) string {
		return fmt.Sprintf("apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer: {url: %q, %s audiences: [seatrial], certificateAuthority: %q}\n  claimMappings: {username: {expression: \"'%s'\"}}\n",
			p.URL, discovery, ca, name)
	}
	path := write(t, config("first", ""))
	a := running(t, build(t, auth.Options{Flags: auth.Flags{AuthenticationConfig: path}}))
	inEffect := func() string { return accepted(t, a, p.token(t, map[string]any{"jti": rand.Text()})).GetName() }
	if got := inEffect(); got != "first" {
		t.Fatalf("got %q at first", got)
	}
	replace(t, path, config("second", fmt.Sprintf("discoveryURL: %q,", gate.URL+"/.well-known/openid-configuration")))
	select {
	case <-asked:
	case <-time.After(20 * time.Second):
		t.Fatal("the new issuer is not asked")
	}
	for range 20 {
		if got := inEffect(); got != "first" {
			t.Fatalf("got %q while the new issuer does not answer", got)
		}
		<-time.After(10 * time.Millisecond)
	}
	close(opened)
	err = eventually(t, func() (bool, error) {
		got := inEffect()
		return got == "second", fmt.Errorf("got %q", got)
	})
	if got := inEffect(); got != "second" {
		t.Error(err)
	}
}
