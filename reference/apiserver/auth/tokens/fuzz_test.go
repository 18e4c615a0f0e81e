package tokens_test

import (
	"testing"

	"github.com/go-jose/go-jose/v4"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
)

// FuzzToken: no token makes the verifier panic or gives somebody another name, also none that is signed by the right key.
func FuzzToken(f *testing.F) {
	key := newKey(f)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)
	if err != nil {
		f.Fatal(err)
	}
	issuer, err := tokens.NewIssuer(tokens.IssuerOptions{Key: key})
	if err != nil {
		f.Fatal(err)
	}
	client := fake.NewClientset(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "blue", Name: "bot", UID: "1"}})
	verifier := tokens.NewVerifier(issuer.Keys(), []string{issuer.Name()}, tokens.Live(client))
	bound := `{"iss":"` + issuer.Name() + `","aud":["` + issuer.Name() + `"],"exp":99999999999,"sub":"system:serviceaccount:blue:bot",` +
		`"kubernetes.io":{"namespace":"blue","serviceaccount":{"name":"bot","uid":"1"}}}`
	f.Add([]byte(bound), true)
	f.Add([]byte(`{"iss":"kubernetes/serviceaccount","sub":"system:serviceaccount:blue:bot","kubernetes.io/serviceaccount/namespace":"blue"}`), true)
	f.Add([]byte(`{"iss":"`+issuer.Name()+`","aud":7,"exp":"x","kubernetes.io":[]}`), true)
	f.Add([]byte("e30.e30.AA"), false)
	f.Fuzz(func(t *testing.T, data []byte, sign bool) {
		token := string(data)
		if sign {
			signed, err := signer.Sign(data)
			if err != nil {
				t.Skip("cannot be signed")
			}
			if token, err = signed.CompactSerialize(); err != nil {
				t.Skip("cannot be written")
			}
		}
		response, ok, err := verifier.AuthenticateToken(t.Context(), token)
		if ok && (err != nil || response.User.GetName() != "system:serviceaccount:blue:bot") {
			t.Errorf("%s is %v, %v", token, response, err)
		}
	})
}
