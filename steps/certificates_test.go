package steps_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/standin"
)

func TestAServingCertificateIsTrustedByItsAuthority(t *testing.T) {
	server := standin.Start(t)
	var secret map[string]any
	server.Created = func(resource string, object map[string]any) {
		if resource == "secrets" {
			secret = object
		}
	}
	if _, err := play(t, server, `a serving certificate for "hook.ns-1.svc" in Secret "hook"`); err != nil {
		t.Fatal(err)
	}
	data, _ := secret["data"].(map[string]any)
	file := func(name string) []byte {
		text, err := base64.StdEncoding.DecodeString(data[name].(string))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	pair, err := tls.X509KeyPair(file("tls.crt"), file("tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(file("ca.crt")) {
		t.Fatal("the authority cannot be read")
	}
	for name, trusted := range map[string]bool{"hook.ns-1.svc": true, "other.ns-1.svc": false} {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots})
		if (err == nil) != trusted {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACertificateRequestNamesTheUserAndKeepsItsKey(t *testing.T) {
	world, err := play(t, standin.Start(t), `a certificate request of user "jane" in group "readers" is noted as "request"`)
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(world.Variables()["request"])
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(text)
	if block == nil || len(rest) != 0 || block.Type != "CERTIFICATE REQUEST" {
		t.Fatalf("the request is %q", text)
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil || request.CheckSignature() != nil || request.Subject.String() != "CN=jane,O=readers" {
		t.Errorf("the request is by %v, %v", request.Subject, err)
	}
	for name, value := range world.Variables() {
		if strings.Contains(value, "PRIVATE KEY") {
			t.Errorf("the variable %s holds a key", name)
		}
	}
}

func TestOnlyACertificateOfThisScenarioCanBeActedWith(t *testing.T) {
	_, err := play(t, standin.Start(t), `a CertificateSigningRequest "a":
		spec: {request: b3RoZXI=}
		status: {certificate: eA==}

		I act with the certificate of CertificateSigningRequest "a"`)
	var broken *steps.Broken
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), "was not made by this scenario") {
		t.Errorf("got %v", err)
	}
	_, err = play(t, standin.Start(t), `a certificate request of user "jane" is noted as "request"

		a CertificateSigningRequest "b":
		spec: {request: "${request}"}

		I act with the certificate of CertificateSigningRequest "b"`)
	if err == nil || errors.As(err, &broken) || !strings.Contains(err.Error(), "none was issued") {
		t.Errorf("got %v", err)
	}
}
