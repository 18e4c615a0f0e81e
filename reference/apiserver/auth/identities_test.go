package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"maps"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/auth"
	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
	"github.com/seatrial/seatrial/reference/etcd"
	"github.com/seatrial/seatrial/reference/pki"
)

// marker is in every object that nobody may see.
const marker = "c2VlbiBieSBub2JvZHk"

// identity is a way to send a request, and what comes of it.
type identity struct {
	header http.Header
	cert   *tls.Certificate
	want   int // of what is not allowed: 401 or 403
	may    func(route) bool
}

// site is a server with listener and all that is needed to make identities.
type site struct {
	bundle *pki.Bundle
	host   string
	store  *etcd.Member
	admin  kubernetes.Interface
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{}
	var err error
	if s.bundle, err = pki.Ensure(t.TempDir(), pki.Options{Hosts: []string{"127.0.0.1"}}); err != nil {
		t.Fatal(err)
	}
	if s.store, err = etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.store.Stop)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.host = listener.Addr().String()
	server := apiservertest.Run(t, apiserver.Options{
		Etcd: s.store.Client(), EtcdReady: s.store.Ready, Listeners: []net.Listener{listener},
		ServingCert: s.bundle.Serving.CertPEM, ServingKey: s.bundle.Serving.KeyPEM,
		ClientCA: s.bundle.CA.PEM(), RequestHeaderCA: s.bundle.FrontProxyCA.PEM(),
		Auth: auth.Options{SigningKey: s.bundle.ServiceAccountKey, Flags: auth.Flags{TokenAuthFile: write(t, "poor,nobody,,\n")}},
	})
	s.admin = client(t, server.ClientConfig("admin", "system:masters"))
	return s
}

// identities are those who may do nothing, by what is wrong with them.
func (s *site) identities(t *testing.T) map[string]identity {
	t.Helper()
	bearer := func(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }
	nothing := func(route) bool { return false }
	proxied := http.Header{"X-Remote-User": {"kubernetes-admin"}, "X-Remote-Group": {"system:masters"}}
	poorly := func(more http.Header) http.Header {
		h := bearer("poor")
		maps.Copy(h, more)
		return h
	}
	socket := base64.RawURLEncoding.EncodeToString([]byte("garbage"))
	gone, deleted := s.account(t, "gone", nil), s.account(t, "short", nil)
	if err := s.admin.CoreV1().ServiceAccounts("default").Delete(t.Context(), "gone", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.admin.CoreV1().Secrets("default").Delete(t.Context(), "short", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	user := s.issue(t, pki.Request{CommonName: "nobody", Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return map[string]identity{
		"nobody":                                   {nil, nil, 403, anonymousMay},
		"basic authentication":                     {http.Header{"Authorization": {"Basic YWRtaW46YWRtaW4="}}, nil, 403, anonymousMay},
		"headers of a proxy, no certificate":       {proxied, nil, 403, anonymousMay},
		"impersonation by nobody":                  {http.Header{"Impersonate-User": {"admin"}, "Impersonate-Group": {"system:masters"}}, nil, 403, nothing},
		"garbage":                                  {bearer("garbage"), nil, 401, nothing},
		"garbage like a JWT":                       {bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."), nil, 401, nothing},
		"garbage as subprotocol":                   {websocket("base64url.bearer.authorization.k8s.io." + socket), nil, 401, nothing},
		"empty certificate user":                   {nil, s.issue(t, pki.Request{Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}), 401, nothing},
		"expired token":                            {bearer(s.expired(t)), nil, 401, nothing},
		"token for another audience":               {bearer(s.account(t, "vault", []string{"vault"})), nil, 401, nothing},
		"token of a deleted account":               {bearer(gone), nil, 401, nothing},
		"token of a deleted secret":                {bearer(deleted), nil, 401, nothing},
		"token of another issuer's key":            {bearer(s.foreign(t)), nil, 401, nothing},
		"expired certificate":                      {nil, s.old(t), 401, nothing},
		"certificate of another CA":                {nil, new(stranger(t).TLS()), 401, nothing},
		"certificate of the front proxy, no name":  {nil, new(s.bundle.FrontProxyClient.TLS()), 401, nothing},
		"certificate of a server":                  {nil, new(s.bundle.Serving.TLS()), 401, nothing},
		"user without rights":                      {bearer("poor"), nil, 403, everyoneMay},
		"certificate without rights":               {nil, user, 403, everyoneMay},
		"headers of a proxy, user's certificate":   {proxied, user, 403, everyoneMay},
		"impersonation of an administrator":        {poorly(http.Header{"Impersonate-User": {"admin"}, "Impersonate-Group": {"system:masters"}}), nil, 403, nothing},
		"impersonation of a service account":       {poorly(http.Header{"Impersonate-User": {"system:serviceaccount:kube-system:root"}}), nil, 403, nothing},
		"impersonation of a node":                  {poorly(http.Header{"Impersonate-User": {"system:node:n1"}, "Impersonate-Group": {"system:nodes"}}), nil, 403, nothing},
		"impersonation of a UID":                   {poorly(http.Header{"Impersonate-User": {"nobody"}, "Impersonate-Uid": {"0"}}), nil, 403, nothing},
		"impersonation of an extra":                {poorly(http.Header{"Impersonate-User": {"nobody"}, "Impersonate-Extra-Scopes": {"all"}}), nil, 403, nothing},
		"service account without rights":           {bearer(s.account(t, "poor", nil)), nil, 403, func(r route) bool { return everyoneMay(r) || issuerDocument(r) }},
		"a node that has no pods, of wrong groups": {nil, s.issue(t, pki.Request{CommonName: "system:node:n1", Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}), 403, everyoneMay},
	}
}

func websocket(protocol string) http.Header {
	return http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Protocol": {protocol + ", v5.channel.k8s.io"}}
}

// issuerDocument is for service accounts: they check each other's tokens.
func issuerDocument(r route) bool {
	return r.method == http.MethodGet && slices.Contains([]string{tokens.DiscoveryPath, tokens.JWKSPath}, strings.TrimSuffix(r.path, "/"))
}

// account makes a service account and returns a token of it, bound to a Secret.
func (s *site) account(t *testing.T, name string, audiences []string) string {
	t.Helper()
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	made, err := s.admin.CoreV1().ServiceAccounts("default").Create(t.Context(), sa, metav1.CreateOptions{})
	must(t, made, err)
	secret, err := s.admin.CoreV1().Secrets("default").Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	must(t, secret, err)
	r := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		Audiences: audiences, BoundObjectRef: &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Secret", Name: name, UID: secret.UID},
	}}
	got, err := s.admin.CoreV1().ServiceAccounts("default").CreateToken(t.Context(), name, r, metav1.CreateOptions{})
	must(t, got, err)
	return got.Status.Token
}

func (s *site) defaultAccount(t *testing.T) *corev1.ServiceAccount {
	t.Helper()
	sa, err := s.admin.CoreV1().ServiceAccounts("default").Get(t.Context(), "default", metav1.GetOptions{})
	must(t, sa, err)
	return sa
}

func (s *site) expired(t *testing.T) string {
	t.Helper()
	return s.token(t, tokens.IssuerOptions{Key: s.bundle.ServiceAccountKey, Now: func() time.Time { return time.Now().Add(-2 * time.Hour) }})
}

func (s *site) foreign(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, key, err)
	return s.token(t, tokens.IssuerOptions{Key: key})
}

func (s *site) token(t *testing.T, o tokens.IssuerOptions) string {
	t.Helper()
	i, err := tokens.NewIssuer(o)
	must(t, i, err)
	token, _, err := i.Issue(tokens.Request{ServiceAccount: s.defaultAccount(t), Audiences: []string{tokens.DefaultIssuer}, Lifetime: time.Hour})
	must(t, token, err)
	return token
}

func (s *site) issue(t *testing.T, r pki.Request) *tls.Certificate {
	t.Helper()
	pair, err := s.bundle.CA.Issue(r)
	must(t, pair, err)
	return new(pair.TLS())
}

// old is a certificate of the right CA for an administrator of yesterday.
func (s *site) old(t *testing.T) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, key, err)
	ca := s.bundle.CA.TLS()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "kubernetes-admin", Organization: []string{"system:masters"}},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, s.bundle.CA.Cert, key.Public(), ca.PrivateKey)
	must(t, der, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// stranger is the administrator of another cluster.
func stranger(t *testing.T) *pki.Pair {
	t.Helper()
	other, err := pki.Ensure(t.TempDir(), pki.Options{})
	must(t, other, err)
	return other.Admin
}
