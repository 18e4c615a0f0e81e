package prepare

import (
	"context"

	corev1 "k8s.io/api/core/v1"
)

// SecretCreate moves stringData, which is written but never read, into data,
// where it wins over a value of the same key.
func SecretCreate(_ context.Context, secret *corev1.Secret) { encodeStringData(secret) }

// SecretUpdate does the same at an update.
func SecretUpdate(secret, _ *corev1.Secret) { encodeStringData(secret) }

func encodeStringData(secret *corev1.Secret) {
	if len(secret.StringData) > 0 && secret.Data == nil {
		secret.Data = make(map[string][]byte, len(secret.StringData))
	}
	for key, value := range secret.StringData {
		secret.Data[key] = []byte(value)
	}
	secret.StringData = nil
}
