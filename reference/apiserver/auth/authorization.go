package auth

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	authorizationcel "k8s.io/apiserver/pkg/authorization/cel"
	"k8s.io/apiserver/pkg/authorization/union"
	"k8s.io/apiserver/pkg/util/webhook"
	authorizerwebhook "k8s.io/apiserver/plugin/pkg/authorizer/webhook"
	webhookmetrics "k8s.io/apiserver/plugin/pkg/authorizer/webhook/metrics"

	"github.com/seatrial/seatrial/reference/apiserver/auth/abac"
	"github.com/seatrial/seatrial/reference/apiserver/auth/node"
	"github.com/seatrial/seatrial/reference/apiserver/auth/rbac"
)

// The values of --authorization-mode.
const (
	ModeNode        = "Node"
	ModeRBAC        = "RBAC"
	ModeABAC        = "ABAC"
	ModeWebhook     = "Webhook"
	ModeAlwaysAllow = "AlwaysAllow"
	ModeAlwaysDeny  = "AlwaysDeny"
)

// How long answers of the authorization webhook are used again.
const (
	authorizedTTL   = 5 * time.Minute
	unauthorizedTTL = 30 * time.Second
)

func (a *Auth) authorization(opts Options) error {
	modes := opts.Modes
	if len(modes) == 0 {
		modes = []string{ModeNode, ModeRBAC}
	}
	all := []authorizer.Authorizer{authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup)}
	var resolvers []authorizer.RuleResolver
	for i, mode := range modes {
		if slices.Contains(modes[:i], mode) {
			return fmt.Errorf("read --authorization-mode: %q is there twice", mode)
		}
		z, err := a.mode(mode, opts)
		if err != nil {
			return err
		}
		all = append(all, z)
		if r, ok := z.(authorizer.RuleResolver); ok {
			resolvers = append(resolvers, r)
		}
	}
	a.Authorizer = union.New(all...)
	a.RuleResolver = union.NewRuleResolvers(resolvers...)
	return nil
}

func (a *Auth) mode(mode string, opts Options) (authorizer.Authorizer, error) {
	var err error
	switch mode {
	case ModeNode:
		a.node, err = node.New(opts.Client)
		return a.node, err
	case ModeRBAC:
		a.RBAC, err = rbac.New(opts.Informers, opts.Client.RbacV1())
		return a.RBAC, err
	case ModeABAC:
		if opts.PolicyFile == "" {
			return nil, fmt.Errorf("--authorization-mode %s needs --authorization-policy-file", mode)
		}
		return abac.Load(opts.PolicyFile)
	case ModeWebhook:
		if opts.AuthorizationWebhook == "" {
			return nil, fmt.Errorf("--authorization-mode %s needs --authorization-webhook-config-file", mode)
		}
		config, err := webhook.LoadKubeconfig(opts.AuthorizationWebhook, nil)
		if err != nil {
			return nil, fmt.Errorf("read --authorization-webhook-config-file: %w", err)
		}
		return authorizerwebhook.New(config, "v1", authorizedTTL, unauthorizedTTL, webhook.DefaultRetryBackoffWithInitialDelay(webhookBackoff),
			authorizer.DecisionNoOpinion, nil, "", webhookmetrics.NoopAuthorizerMetrics{}, authorizationcel.NewDefaultCompiler())
	case ModeAlwaysAllow:
		return authorizerfactory.NewAlwaysAllowAuthorizer(), nil
	case ModeAlwaysDeny:
		return authorizerfactory.NewAlwaysDenyAuthorizer(), nil
	}
	known := []string{ModeNode, ModeRBAC, ModeABAC, ModeWebhook, ModeAlwaysAllow, ModeAlwaysDeny}
	return nil, fmt.Errorf("unknown --authorization-mode %q: want some of %s", mode, strings.Join(known, ", "))
}
