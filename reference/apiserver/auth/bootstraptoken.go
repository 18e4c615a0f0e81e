package auth

import (
	"context"
	"crypto/subtle"
	"fmt"
	"regexp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/kubernetes"
)

const bootstrappers = "system:bootstrappers"

var (
	bootstrapToken = regexp.MustCompile(`^([a-z0-9]{6})\.([a-z0-9]{16})$`)
	bootstrapGroup = regexp.MustCompile(`^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$`)
)

// bootstrapTokens authenticates nodes that join, by Secrets of type
// bootstrap.kubernetes.io/token in kube-system.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
type bootstrapTokens struct {
	client kubernetes.Interface
	now    func() time.Time
}

func (b bootstrapTokens) AuthenticateToken(ctx context.Context, token string) (*authenticator.Response, bool, error) {
	m := bootstrapToken.FindStringSubmatch(token)
	if m == nil {
		return nil, false, nil
	}
	id, secret := m[1], m[2]
	s, err := b.client.CoreV1().Secrets("kube-system").Get(ctx, "bootstrap-token-"+id, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("look up bootstrap token %q: %w", id, err)
	}
	if !b.accepts(s, id, secret) {
		return nil, false, nil
	}
	groups := []string{bootstrappers}
	if extra := string(s.Data["auth-extra-groups"]); extra != "" {
		for g := range strings.SplitSeq(extra, ",") {
			if !bootstrapGroup.MatchString(g) {
				return nil, false, fmt.Errorf("read bootstrap token %q: %q is not a group of bootstrappers", id, g)
			}
			groups = append(groups, g)
		}
	}
	return &authenticator.Response{User: &user.DefaultInfo{Name: "system:bootstrap:" + id, Groups: groups}}, true, nil
}

func (b bootstrapTokens) accepts(s *corev1.Secret, id, secret string) bool {
	if s.DeletionTimestamp != nil || s.Type != corev1.SecretTypeBootstrapToken || string(s.Data["token-id"]) != id {
		return false
	}
	if subtle.ConstantTimeCompare(s.Data["token-secret"], []byte(secret)) != 1 || string(s.Data["usage-bootstrap-authentication"]) != "true" {
		return false
	}
	end := string(s.Data["expiration"])
	if end == "" {
		return true
	}
	t, err := time.Parse(time.RFC3339, end)
	return err == nil && b.now().Before(t)
}
