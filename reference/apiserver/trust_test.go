package apiserver_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/auth"
	"github.com/seatrial/seatrial/reference/pki"
)

// The authorities in --client-ca-file and --requestheader-client-ca-file count beside the cluster's own (decision 0034), each for its own
// purpose, and extension API servers are told of all.
// Source: https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/#kubernetes-apiserver-client-authentication
func TestAuthoritiesInFlagsAreTrustedBesideTheClusters(t *testing.T) {
	t.Parallel()
	own := must[*pki.Bundle](t)(pki.Ensure(t.TempDir(), pki.Options{}))
	given := must[*pki.Bundle](t)(pki.Ensure(t.TempDir(), pki.Options{}))
	stranger := must[*pki.Bundle](t)(pki.Ensure(t.TempDir(), pki.Options{}))
	config := apiservertest.StartTLS(t, apiserver.Options{
		RequestHeaderCA: own.FrontProxyCA.PEM(),
		Auth: auth.Options{Flags: auth.Flags{ClientCAFile: given.Path("ca.crt"), RequestHeader: auth.RequestHeaderFlags{
			ClientCAFile: given.Path("front-proxy-ca.crt"), AllowedNames: []string{"front"}, UsernameHeaders: []string{"X-User"},
		}}},
	})
	issue := func(ca *pki.Authority, name string) *pki.Pair {
		return must[*pki.Pair](t)(ca.Issue(pki.Request{CommonName: name, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}))
	}
	jane := http.Header{"X-User": {"jane"}}
	usual := http.Header{"X-Remote-User": {"jane"}}
	for name, c := range map[string]struct {
		pair   *pki.Pair
		header http.Header
		want   string // user; empty is nobody
	}{
		"a client of the authority in the flag":    {issue(given.CA, "joe"), nil, "joe"},
		"a client of another authority":            {issue(stranger.CA, "joe"), nil, ""},
		"a client of the flag that poses":          {issue(given.CA, "front"), jane, "front"},
		"the proxy in the flags":                   {issue(given.FrontProxyCA, "front"), jane, "jane"},
		"the proxy in the flags, the usual header": {issue(given.FrontProxyCA, "front"), usual, ""},
		"another name than the flag allows":        {issue(given.FrontProxyCA, "other"), jane, ""},
		"the cluster's own proxy":                  {issue(own.FrontProxyCA, "front-proxy-client"), usual, "jane"},
		"the name of the flag, the cluster's own":  {issue(own.FrontProxyCA, "front"), jane, ""},
		"a proxy of another authority":             {issue(stranger.FrontProxyCA, "front"), jane, ""},
	} {
		if got := whoami(t, config.Host, c.pair, c.header); got != c.want {
			t.Errorf("%s is %q, not %q", name, got, c.want)
		}
	}
	published := must[*corev1.ConfigMap](t)(kubernetes.NewForConfigOrDie(config).CoreV1().ConfigMaps("kube-system").Get(t.Context(), "extension-apiserver-authentication", metav1.GetOptions{})).Data
	for key, want := range map[string]string{
		"requestheader-allowed-names": `["front-proxy-client","front"]`, "requestheader-username-headers": `["X-Remote-User","X-User"]`,
		"requestheader-group-headers": `["X-Remote-Group"]`,
	} {
		if published[key] != want {
			t.Errorf("%s is %s, not %s", key, published[key], want)
		}
	}
	for key, cas := range map[string][]*pki.Authority{"client-ca-file": {given.CA}, "requestheader-client-ca-file": {own.FrontProxyCA, given.FrontProxyCA}} {
		for _, ca := range cas {
			if !strings.Contains(published[key], strings.TrimSpace(string(ca.PEM()))) {
				t.Errorf("%s lacks an authority", key)
			}
		}
	}
	if n := strings.Count(published["client-ca-file"], "BEGIN CERTIFICATE"); n != 2 {
		t.Errorf("client-ca-file has %d authorities, not the cluster's and the given one", n)
	}
}

// whoami is the user that the server takes the bearer of a certificate for; empty for nobody and for anonymous.
func whoami(t *testing.T, host string, pair *pki.Pair, header http.Header) string {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // the test is about the other side
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { // whoever the server asks for
			shown := pair.TLS()
			return &shown, nil
		},
	}}
	defer transport.CloseIdleConnections()
	request := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodPost, host+"/apis/authentication.k8s.io/v1/selfsubjectreviews", strings.NewReader("{}")))
	request.Header.Set("Content-Type", "application/json")
	maps.Copy(request.Header, header)
	answer := must[*http.Response](t)((&http.Client{Transport: transport}).Do(request))
	defer answer.Body.Close()
	var review authenticationv1.SelfSubjectReview
	if answer.StatusCode != http.StatusCreated {
		return ""
	}
	if err := json.NewDecoder(answer.Body).Decode(&review); err != nil {
		t.Fatal(err)
	}
	if user := review.Status.UserInfo.Username; user != "system:anonymous" {
		return user
	}
	return ""
}
