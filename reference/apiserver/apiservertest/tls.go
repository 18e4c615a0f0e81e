package apiservertest

import (
	"net"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/pki"
)

// StartTLS is Start with a listener on a loopback port: the configuration
// connects over TLS with a client certificate, as clients of another process
// do. Streams that need a connection of their own (exec, port-forward) work.
func StartTLS(t testing.TB, o apiserver.Options) *rest.Config {
	t.Helper()
	bundle, err := pki.Ensure(t.TempDir(), pki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.Listeners = []net.Listener{listener}
	o.ServingCert, o.ServingKey = bundle.Serving.CertPEM, bundle.Serving.KeyPEM
	o.ClientCA = bundle.CA.PEM()
	Run(t, o)
	return &rest.Config{
		Host: "https://" + listener.Addr().String(),
		TLSClientConfig: rest.TLSClientConfig{
			CAData: bundle.CA.PEM(), CertData: bundle.Admin.CertPEM, KeyData: bundle.Admin.KeyPEM,
		},
	}
}
