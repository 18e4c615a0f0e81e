package steps

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"github.com/seatrial/seatrial/steps/partial"
)

// certificateSteps are about keys, which never leave the kit except into a Secret that a scenario asks for.
func certificateSteps() []Step {
	return []Step{
		{
			Sentence: `a certificate request of user {user}[ in group {group}] is noted as {variable}`, Phase: Setup, do: noteCertificateRequest,
			Doc: "Makes a key and a request for a client certificate of this user, in the form of spec.request of a CertificateSigningRequest.",
		},
		{
			Sentence: `I act with the certificate of CertificateSigningRequest {name}`, Phase: Setup, do: actWithCertificate,
			Doc: "The actions that follow use the certificate that was issued for a request of this scenario, and nothing else.",
		},
		{
			Sentence: `a serving certificate for {domain} in Secret {name}`, Phase: Setup, do: haveServingCertificate,
			Doc: "Makes an authority and a certificate for this name, in a Secret with the keys tls.crt, tls.key and ca.crt.",
		},
	}
}

// validity of the certificates that the kit issues; the past part allows for clocks that differ.
const (
	validBefore = 10 * time.Minute
	validAfter  = 2 * time.Hour
)

func noteCertificateRequest(_ context.Context, w *World, a Args) error {
	key, keyPEM, err := newKey()
	if err != nil {
		return err
	}
	subject := pkix.Name{CommonName: a.get("user")}
	if a.given("group") {
		subject.Organization = []string{a.get("group")}
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject}, key)
	if err != nil {
		return broken("make certificate request: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request}))
	if w.keys == nil {
		w.keys = map[string][]byte{}
	}
	w.keys[text] = keyPEM
	w.vars[a.get("variable")] = text
	return nil
}

func newKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, broken("make key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, broken("make key: %w", err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func actWithCertificate(ctx context.Context, w *World, a Args) error {
	a.values["kind"] = "CertificateSigningRequest"
	object, err := w.read(ctx, a)
	if err != nil {
		return err
	}
	request, _ := partial.Field(object, "spec.request")
	issued, _ := partial.Field(object, "status.certificate")
	key, ok := w.keys[partial.Text(request)]
	if !ok {
		return broken("act with the certificate of %q: its request was not made by this scenario", a.get("name"))
	}
	certificate, err := base64.StdEncoding.DecodeString(partial.Text(issued))
	if err != nil || len(certificate) == 0 {
		return errors.New("act with the certificate of " + a.get("name") + ": none was issued")
	}
	return w.become(w.Cluster.WithCertificate("the bearer of the certificate of "+a.get("name"), certificate, key))
}

func haveServingCertificate(ctx context.Context, w *World, a Args) error {
	authority, authorityKey, err := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "seatrial"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	if err != nil {
		return err
	}
	serving, servingKey, err := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: a.get("domain")}, DNSNames: []string{a.get("domain")}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, authority, authorityKey)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(servingKey)
	if err != nil {
		return broken("make key: %w", err)
	}
	return w.keepCertificate(ctx, a, map[string][]byte{
		"tls.crt": block("CERTIFICATE", serving.Raw), "tls.key": block("PRIVATE KEY", der), "ca.crt": block("CERTIFICATE", authority.Raw),
	})
}

func block(kind string, der []byte) []byte {
	return bytes.TrimSpace(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// issue makes a key and a certificate for it, signed by the parent or by itself.
func issue(template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, _, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-validBefore), time.Now().Add(validAfter)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, nil, broken("make certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, broken("make certificate: %w", err)
	}
	return certificate, key, nil
}

// keepCertificate makes the Secret of a serving certificate.
func (w *World) keepCertificate(ctx context.Context, a Args, data map[string][]byte) error {
	kind, err := w.kind(ctx, "Secret", "v1")
	if err != nil {
		return err
	}
	namespace, name := w.locate(a.get("name"))
	body, err := json.Marshal(map[string]any{"type": "kubernetes.io/tls", "data": data, "metadata": map[string]any{"name": name, "namespace": namespace}})
	if err != nil {
		return broken("make Secret %q: %w", name, err)
	}
	object := map[string]any{}
	if err := json.Unmarshal(body, &object); err != nil {
		return broken("make Secret %q: %w", name, err)
	}
	w.mark(object)
	answer, err := w.create(ctx, w.Cluster.User, kind, object)
	if err != nil {
		return err
	}
	if answer.Code == http.StatusForbidden {
		return &Blocked{fmt.Errorf("create Secret %q: %s", name, answer)}
	}
	if answer.Refused() {
		return &refusal{fmt.Sprintf("create Secret %q", name), answer.String()}
	}
	return nil
}
