package prepare

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestStringDataBecomesDataAndWins(t *testing.T) {
	secret := &corev1.Secret{
		Data:       map[string][]byte{"a": []byte("old"), "b": []byte("kept")},
		StringData: map[string]string{"a": "new"},
	}
	SecretUpdate(secret, nil)
	if string(secret.Data["a"]) != "new" || string(secret.Data["b"]) != "kept" || secret.StringData != nil {
		t.Errorf("secret = %+v", secret)
	}
	empty := &corev1.Secret{StringData: map[string]string{"a": "x"}}
	SecretCreate(t.Context(), empty)
	if string(empty.Data["a"]) != "x" {
		t.Errorf("data = %v", empty.Data)
	}
}
