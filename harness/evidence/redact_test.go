package evidence_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/evidence"
)

// random makes a text of n letters out of the alphabet.
func random(r *rand.Rand, alphabet string, n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(text)
}

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	digits = "0123456789"
	mixed  = lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits
	url    = mixed + "-_"
	base   = mixed + "+/"
)

// disguise puts a secret into a text, and returns the part that must not be seen.
type disguise struct {
	name string
	make func(r *rand.Rand) (text, secret string)
}

func plain(form, alphabet string, n int) func(*rand.Rand) (string, string) {
	return func(r *rand.Rand) (string, string) {
		secret := random(r, mixed, 1) + random(r, alphabet, n-2) + random(r, digits, 1)
		return fmt.Sprintf(form, secret), secret
	}
}

func disguises() []disguise {
	return []disguise{
		{"JSON web token", func(r *rand.Rand) (string, string) {
			secret := "eyJ" + random(r, url, 40) + "." + random(r, url, 60) + "." + random(r, url, 43)
			return "the token " + secret + " of it", secret
		}},
		{"bearer", plain("Authorization: Bearer %s", url, 40)},
		{"bearer in prose", plain("sent bearer %s to it", url, 32)},
		{"header in Go", plain(`map[Authorization:[Bearer %s]]`, url, 40)},
		{"header without scheme", plain("authorization: %s", mixed, 24)},
		{"header in JSON", plain(`{"Authorization": "Bearer %s"}`, mixed, 24)},
		{"basic", func(r *rand.Rand) (string, string) {
			secret := base64.StdEncoding.EncodeToString([]byte("shop:" + random(r, mixed, 12)))
			return "basic " + secret, secret
		}},
		{"key", func(r *rand.Rand) (string, string) {
			secret := random(r, base, 64)
			return "-----BEGIN RSA PRIVATE KEY-----\n" + secret + "\n" + random(r, base, 30) + "==\n-----END RSA PRIVATE KEY-----", secret
		}},
		{"key that is cut off", func(r *rand.Rand) (string, string) {
			secret := random(r, base, 64)
			return "-----BEGIN PRIVATE KEY-----\n" + secret, secret
		}},
		{"key in one line", func(r *rand.Rand) (string, string) {
			secret := random(r, base, 64)
			return `"-----BEGIN EC PRIVATE KEY-----\n` + secret + `\n-----END EC PRIVATE KEY-----\n"`, secret
		}},
		{"key in YAML", func(r *rand.Rand) (string, string) {
			secret := random(r, base, 64)
			return "key: |\n    -----BEGIN EC PRIVATE KEY-----\n    " + secret + "\n    -----END EC PRIVATE KEY-----", secret
		}},
		{"key in base64", func(r *rand.Rand) (string, string) {
			secret := base64.StdEncoding.EncodeToString([]byte("-----BEGIN EC PRIVATE KEY-----\n" + random(r, base, 64) + "\n-----END EC PRIVATE KEY-----"))
			return "some data " + secret, secret[40:]
		}},
		{"kubeconfig", plain("    client-key-data: %s", base, 60)},
		{"kubeconfig token", plain("    token: %s", mixed, 30)},
		{"address", plain("postgres://shop:%s@db.example.com:5432/shop", mixed, 10)},
		{"address without user", plain("redis://:%s@cache", mixed, 10)},
		{"variable", plain("DB_PASSWORD=%s", mixed, 8)},
		{"variable with a secret", plain("APP_SECRET_VALUE=%s", mixed, 8)},
		{"flag", plain("curl --token=%s x", mixed, 12)},
		{"quoted flag", plain("--password='%s x'", mixed, 12)},
		{"query", plain("GET /x?access_token=%s&a=b", mixed, 20)},
		{"JSON", plain(`{"status":{"token":"%s"}}`, mixed, 20)},
		{"JSON with spaces", plain(`"clientSecret" : "%s"`, mixed, 20)},
		{"YAML", plain("  db-password: %s", mixed, 9)},
		{"quoted YAML", plain(`  api_key: "%s two words"`, mixed, 9)},
		{"flow YAML", plain("{user: shop, password: %s, a: b}", mixed, 9)},
		{"registry", func(r *rand.Rand) (string, string) {
			secret := base64.StdEncoding.EncodeToString([]byte("me:" + random(r, mixed, 12)))
			return `{"auths":{"r.example.com":{"auth":"` + secret + `"}}}`, secret
		}},
		{"GitHub", func(r *rand.Rand) (string, string) { s := "ghp_" + random(r, mixed, 36); return "with " + s, s }},
		{"AWS", func(r *rand.Rand) (string, string) {
			s := "AKIA" + strings.ToUpper(random(r, mixed, 16))
			return "key " + s + ".", s
		}},
		{"bootstrap token", func(r *rand.Rand) (string, string) {
			s := random(r, lower+digits, 6) + "." + random(r, lower, 15) + "7"
			return "join with " + s, s
		}},
		{"cookie", plain("Set-Cookie: session=%s; Path=/", mixed, 20)},
	}
}

// surroundings are what secrets stand among.
var surroundings = []string{"", "\n", "container main says:\n", "line one\nline two\n  ", "a: b\n"}

func TestNoSecretIsLeft(t *testing.T) {
	const seed, rounds = 7, 300
	r := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // a test that can be repeated
	for _, d := range disguises() {
		for range rounds {
			text, secret := d.make(r)
			before, after := surroundings[r.IntN(len(surroundings))], surroundings[r.IntN(len(surroundings))]
			if !strings.HasSuffix(before, "\n") && before != "" {
				before += "\n"
			}
			got := evidence.Redact(before + text + "\n" + after)
			if strings.Contains(got, secret) || strings.Contains(got, secret[len(secret)/2:]) || strings.Contains(got, secret[:len(secret)/2]) {
				t.Fatalf("%s: %q becomes %q", d.name, text, got)
			}
			if !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) {
				t.Fatalf("%s: more than the secret is gone: %q becomes %q", d.name, before+text+"\n"+after, got)
			}
			if again := evidence.Redact(got); again != got {
				t.Fatalf("%s: redacting twice changes %q to %q", d.name, got, again)
			}
		}
	}
}

// TestOrdinaryTextStays holds the messages and manifests that people need to read, word for word.
func TestOrdinaryTextStays(t *testing.T) {
	for _, text := range []string{
		`pods "web" is forbidden: exceeded quota: small, requested: secrets=1, used: secrets=10, limited: secrets=10`,
		`MountVolume.SetUp failed for volume "v" : secret "login" not found`,
		`secrets "login" is forbidden: User "jane" cannot get resource "secrets" in API group "" in the namespace "ns"`,
		"automountServiceAccountToken: false",
		"tokenExpirationSeconds: 3600\nexpirationSeconds: 3607\npath: token",
		"- serviceAccountToken:\n    expirationSeconds: 3607\n    path: token",
		"secret:\n  secretName: login\nsecretKeyRef: {name: login, key: password}",
		"key: password",
		"imagePullSecrets:\n- name: registry",
		"Basic authentication is not supported; bearer authentication is",
		"invalid bearer token, square/go-jose: error in cryptographic primitive",
		"Unauthorized: invalid token: the audience is wrong",
		"the authorization of the request: RBAC says no",
		"--authorization-mode=Node,RBAC --token-auth-file=/etc/tokens.csv --service-account-key-file=sa.pub",
		"-----BEGIN CERTIFICATE-----\nMIIBdzCCAR2gAwIBAgIBADAKBggqhkjOPQQDAjAjMSEwHwYDVQQDDBhrM3Mtc2Vy\n-----END CERTIFICATE-----",
		"certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJkekNDQVIyZ0F3SUJBZ0lCQURBS0JnZ3Foa2pPUFFRREFqQWpNU0V3SHdZRFZRUUREQmhyTTNN",
		`Get "https://10.0.0.1:6443/api/v1/namespaces?limit=500": dial tcp 10.0.0.1:6443: connect: connection refused`,
		"https://registry.example.com:5000/v2/x@sha256:6a2f41c6e37fcef5ea3ce9c5aa6fcd0a45ef5dba9ea9d6b3f5d1df7a9b9c1e21",
		"registry.k8s.io/e2e-test-images/agnhost:2.63.0",
		"uid: 9c2b1d3e-0d4f-4a7d-8a52-0d3f5b0c6a11\nresourceVersion: \"1732\"",
		"user: system:serviceaccount:ops:kit",
		"policy.poddisruptionbudget status.conditionsofready1 ok",
		"The password is wrong.\nNo token was given.",
		"kubectl create secret generic login --from-file=password.txt",
	} {
		if got := evidence.Redact(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// TestTheSpecificationStays takes the feature files as a large sample of ordinary text. What they hold of secrets is made up by them, and
// marked here.
func TestTheSpecificationStays(t *testing.T) {
	files, err := filepath.Glob("../../features/*/*.feature")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			if got := evidence.Redact(line); got != line && !strings.Contains(strings.ToLower(line), "password:") && !strings.Contains(line, "token: ") && !strings.Contains(line, "the token \"") {
				t.Errorf("%s: %q becomes %q", file, line, got)
			}
		}
	}
}

func FuzzRedact(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // a test that can be repeated
	for _, d := range disguises() {
		text, _ := d.make(r)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := evidence.Redact(text)
		if again := evidence.Redact(got); again != got {
			t.Errorf("redacting twice changes %q to %q", got, again)
		}
	})
}
