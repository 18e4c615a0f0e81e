package projected

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"
)

const (
	defaultExpiration = 3600 // seconds
	longestUse        = 24 * time.Hour
)

// TokenCache asks the API server for tokens bound to a pod and keeps them until they near their end:
// four fifths of their life, or a day.
//
// https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#serviceaccount-token-volume-projection
type TokenCache struct {
	client kubernetes.Interface
	clock  clock.PassiveClock
	mu     sync.Mutex
	tokens map[tokenKey]tokenEntry
}

type tokenKey struct {
	pod      types.UID
	audience string
	seconds  int64
}

type tokenEntry struct {
	token   string
	refresh time.Time
	expires time.Time
}

// NewTokenCache returns an empty cache.
func NewTokenCache(client kubernetes.Interface, clock clock.PassiveClock) *TokenCache {
	return &TokenCache{client: client, clock: clock, tokens: map[tokenKey]tokenEntry{}}
}

// Token implements Tokens. While the API server cannot be asked, the old token is returned until it ends.
func (t *TokenCache) Token(ctx context.Context, pod *corev1.Pod, source *corev1.ServiceAccountTokenProjection) (string, time.Time, error) {
	key := tokenKey{pod: pod.UID, audience: source.Audience, seconds: defaultExpiration}
	if source.ExpirationSeconds != nil {
		key.seconds = *source.ExpirationSeconds
	}
	t.mu.Lock()
	old, known := t.tokens[key]
	t.mu.Unlock()
	now := t.clock.Now()
	if known && now.Before(old.refresh) {
		return old.token, old.refresh, nil
	}
	fresh, err := t.request(ctx, pod, key)
	if err != nil {
		if known && now.Before(old.expires) {
			return old.token, now.Add(time.Minute), nil
		}
		return "", time.Time{}, err
	}
	t.mu.Lock()
	t.tokens[key] = fresh
	t.mu.Unlock()
	return fresh.token, fresh.refresh, nil
}

func (t *TokenCache) request(ctx context.Context, pod *corev1.Pod, key tokenKey) (tokenEntry, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: &key.seconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID},
	}}
	if key.audience != "" {
		request.Spec.Audiences = strings.Split(key.audience, ",")
	}
	account := pod.Spec.ServiceAccountName
	answer, err := t.client.CoreV1().ServiceAccounts(pod.Namespace).CreateToken(ctx, account, request, metav1.CreateOptions{})
	if err != nil {
		return tokenEntry{}, fmt.Errorf("request token of service account %q: %w", pod.Namespace+"/"+account, err)
	}
	now, expires := t.clock.Now(), answer.Status.ExpirationTimestamp.Time
	use := min(expires.Sub(now)*4/5, longestUse)
	use -= rand.N(10 * time.Second) // nodes should not all ask at once
	return tokenEntry{token: answer.Status.Token, refresh: now.Add(max(use, time.Second)), expires: expires}, nil
}

// Forget drops the tokens of a pod.
func (t *TokenCache) Forget(pod types.UID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key := range t.tokens {
		if key.pod == pod {
			delete(t.tokens, key)
		}
	}
}
