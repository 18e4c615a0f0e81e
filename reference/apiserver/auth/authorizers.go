package auth

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	authorizationcel "k8s.io/apiserver/pkg/authorization/cel"
	"k8s.io/apiserver/pkg/authorization/metrics"
	"k8s.io/apiserver/pkg/authorization/union"
	"k8s.io/apiserver/pkg/util/webhook"
	authorizerwebhook "k8s.io/apiserver/plugin/pkg/authorizer/webhook"
	webhookmetrics "k8s.io/apiserver/plugin/pkg/authorizer/webhook/metrics"

	"github.com/seatrial/seatrial/reference/apiserver/auth/abac"
	"github.com/seatrial/seatrial/reference/apiserver/auth/node"
	"github.com/seatrial/seatrial/reference/apiserver/auth/rbac"
)

// How long answers of the authorization webhook are used again.
const (
	authorizedTTL   = 5 * time.Minute
	unauthorizedTTL = 30 * time.Second
	webhookTimeout  = 30 * time.Second
)

// maker makes authorizers of a configuration. Those that keep state are made
// once; a reload can turn them off and on again, and not add one.
type maker struct {
	flags    *Flags
	compiler authorizationcel.Compiler
	builtIn  map[string]authorizer.Authorizer // by mode
}

// decider is all authorizers of one version of the configuration.
type decider struct {
	authorizer authorizer.Authorizer
	rules      authorizer.RuleResolver
}

// fromFlags says in the structured form what the flags say.
func (m *maker) fromFlags() *apiserver.AuthorizationConfiguration {
	modes := m.flags.Modes
	if len(modes) == 0 {
		modes = []string{ModeNode, ModeRBAC}
	}
	config := &apiserver.AuthorizationConfiguration{}
	for _, mode := range modes {
		z := apiserver.AuthorizerConfiguration{Type: apiserver.AuthorizerType(mode), Name: authorizerName(mode)}
		if mode == ModeWebhook {
			z.Webhook = m.flags.webhook()
		}
		config.Authorizers = append(config.Authorizers, z)
	}
	return config
}

func authorizerName(mode string) string {
	names := map[string]string{
		ModeNode: "node", ModeRBAC: "rbac", ModeABAC: "abac", ModeWebhook: "default", ModeAlwaysAllow: "always-allow", ModeAlwaysDeny: "always-deny",
	}
	return names[mode]
}

func (o *Flags) webhook() *apiserver.WebhookConfiguration {
	w := &apiserver.WebhookConfiguration{
		AuthorizedTTL: metav1.Duration{Duration: authorizedTTL}, UnauthorizedTTL: metav1.Duration{Duration: unauthorizedTTL},
		Timeout: metav1.Duration{Duration: webhookTimeout}, FailurePolicy: apiserver.FailurePolicyNoOpinion,
		SubjectAccessReviewVersion: o.WebhookVersion,
		ConnectionInfo: apiserver.WebhookConnectionInfo{
			Type: apiserver.AuthorizationWebhookConnectionInfoTypeKubeConfigFile, KubeConfigFile: &o.AuthorizationWebhook,
		},
	}
	if w.SubjectAccessReviewVersion == "" {
		w.SubjectAccessReviewVersion = "v1beta1"
	}
	if t := o.WebhookAuthorizedTTL; t != nil {
		w.AuthorizedTTL.Duration = *t
	}
	if t := o.WebhookUnauthorizedTTL; t != nil {
		w.UnauthorizedTTL.Duration = *t
	}
	w.CacheAuthorizedRequests, w.CacheUnauthorizedRequests = w.AuthorizedTTL.Duration > 0, w.UnauthorizedTTL.Duration > 0
	return w
}

// prepare makes the authorizers that keep state.
func (m *maker) prepare(a *Auth, opts Options, config *apiserver.AuthorizationConfiguration) error {
	var err error
	for _, z := range config.Authorizers {
		switch mode := string(z.Type); mode {
		case ModeNode:
			if a.node, err = node.New(opts.Client); err != nil {
				return err
			}
			a.runs = append(a.runs, a.node.Run)
			m.builtIn[mode] = a.node
		case ModeRBAC:
			if a.RBAC, err = rbac.New(opts.Informers, opts.Client.RbacV1()); err != nil {
				return err
			}
			m.builtIn[mode] = a.RBAC
		case ModeABAC:
			if m.builtIn[mode], err = abac.Load(opts.PolicyFile); err != nil {
				return err
			}
		}
	}
	m.builtIn[ModeAlwaysAllow] = authorizerfactory.NewAlwaysAllowAuthorizer()
	m.builtIn[ModeAlwaysDeny] = authorizerfactory.NewAlwaysDenyAuthorizer()
	return nil
}

// decide makes the authorizers of a configuration, in its order. The group
// system:masters may do everything before anyone is asked.
func (m *maker) decide(config *apiserver.AuthorizationConfiguration) (*decider, error) {
	metrics.RegisterMetrics()
	all := []authorizer.Authorizer{authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup)}
	var resolvers []authorizer.RuleResolver
	for i := range config.Authorizers {
		c := &config.Authorizers[i]
		z, err := m.one(c)
		if err != nil {
			return nil, err
		}
		all = append(all, metrics.InstrumentedAuthorizer(string(c.Type), c.Name, z))
		if r, ok := z.(authorizer.RuleResolver); ok {
			resolvers = append(resolvers, r)
		}
	}
	return &decider{union.New(all...), union.NewRuleResolvers(resolvers...)}, nil
}

func (m *maker) one(c *apiserver.AuthorizerConfiguration) (authorizer.Authorizer, error) {
	if c.Type == apiserver.TypeWebhook {
		return m.webhook(c)
	}
	z, ok := m.builtIn[string(c.Type)]
	if !ok {
		return nil, fmt.Errorf("authorizer %q of type %s cannot be added without a restart", c.Name, c.Type)
	}
	return z, nil
}

func (m *maker) webhook(c *apiserver.AuthorizerConfiguration) (authorizer.Authorizer, error) {
	w := c.Webhook
	if w.ConnectionInfo.Type != apiserver.AuthorizationWebhookConnectionInfoTypeKubeConfigFile {
		return nil, fmt.Errorf("authorizer %q: connection type %s is not for an API server that is not in a cluster", c.Name, w.ConnectionInfo.Type)
	}
	config, err := webhook.LoadKubeconfig(*w.ConnectionInfo.KubeConfigFile, nil)
	if err != nil {
		if m.flags.AuthorizationConfig == "" {
			return nil, fmt.Errorf("read --authorization-webhook-config-file: %w", err)
		}
		return nil, fmt.Errorf("authorizer %q: read kubeconfig: %w", c.Name, err)
	}
	config.Timeout = w.Timeout.Duration
	var allowed, others time.Duration
	if w.CacheAuthorizedRequests {
		allowed = w.AuthorizedTTL.Duration
	}
	if w.CacheUnauthorizedRequests {
		others = w.UnauthorizedTTL.Duration
	}
	onError := authorizer.DecisionNoOpinion
	if w.FailurePolicy == apiserver.FailurePolicyDeny {
		onError = authorizer.DecisionDeny
	}
	return authorizerwebhook.New(config, w.SubjectAccessReviewVersion, allowed, others, webhook.DefaultRetryBackoffWithInitialDelay(webhookBackoff),
		onError, w.MatchConditions, c.Name, webhookInstruments{webhookmetrics.NoopRequestMetrics{}, webhookmetrics.NewWebhookMetrics(), authorizationcel.NewMatcherMetrics()}, m.compiler)
}

// webhookInstruments are the metrics of authorization webhooks.
type webhookInstruments struct {
	webhookmetrics.RequestMetrics
	webhookmetrics.WebhookMetrics
	authorizationcel.MatcherMetrics
}
