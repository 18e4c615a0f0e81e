package auth

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/load"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	authorizationcel "k8s.io/apiserver/pkg/authorization/cel"
	"k8s.io/apiserver/pkg/server/options/authorizationconfig/metrics"

	"github.com/seatrial/seatrial/reference/apiserver/auth/filewatch"
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

func knownModes() []string {
	return []string{ModeNode, ModeRBAC, ModeABAC, ModeWebhook, ModeAlwaysAllow, ModeAlwaysDeny}
}

func unknownMode(mode string) error {
	return fmt.Errorf("unknown --authorization-mode %q: want some of %s", mode, strings.Join(knownModes(), ", "))
}

func (a *Auth) authorization(opts Options) error {
	m := &maker{flags: &opts.Flags, compiler: authorizationcel.NewDefaultCompiler(), builtIn: map[string]authorizer.Authorizer{}}
	config, data, err := m.configuration()
	if err != nil {
		return err
	}
	if err := m.prepare(a, opts, config); err != nil {
		return err
	}
	first, err := m.decide(config)
	if err != nil {
		return err
	}
	r := &reloadable{maker: m, serverID: opts.ServerID, log: opts.Logger}
	r.current.Store(first)
	a.Authorizer, a.RuleResolver = r, r
	if opts.AuthorizationConfig != "" {
		a.runs = append(a.runs, func(ctx context.Context) error { return r.run(ctx, opts.AuthorizationConfig, data) })
	}
	return nil
}

// configuration is what the file or the flags say; data is what the file holds.
func (m *maker) configuration() (config *apiserver.AuthorizationConfiguration, data []byte, err error) {
	if m.flags.AuthorizationConfig == "" {
		return m.fromFlags(), nil, nil
	}
	if data, err = os.ReadFile(m.flags.AuthorizationConfig); err != nil {
		return nil, nil, fmt.Errorf("read --authorization-config: %w", err)
	}
	if config, err = m.parse(data); err != nil {
		return nil, nil, fmt.Errorf("read --authorization-config: %w", err)
	}
	return config, data, nil
}

func (m *maker) parse(data []byte) (*apiserver.AuthorizationConfiguration, error) {
	config, err := load.LoadFromData(data)
	if err != nil {
		return nil, err
	}
	known := sets.New(knownModes()...)
	if err := validation.ValidateAuthorizationConfiguration(m.compiler, nil, config, known, sets.New(ModeWebhook)).ToAggregate(); err != nil {
		return nil, err
	}
	abac := slices.ContainsFunc(config.Authorizers, func(z apiserver.AuthorizerConfiguration) bool { return z.Type == ModeABAC })
	if abac && m.flags.PolicyFile == "" {
		return nil, fmt.Errorf("an authorizer of type %s needs --authorization-policy-file", ModeABAC)
	}
	return config, nil
}

// reloadable is the authorizers of the configuration that is in effect.
type reloadable struct {
	maker    *maker
	serverID string
	log      *slog.Logger
	current  atomic.Pointer[decider]
}

var (
	_ authorizer.Authorizer   = (*reloadable)(nil)
	_ authorizer.RuleResolver = (*reloadable)(nil)
)

// Authorize implements authorizer.Authorizer.
func (r *reloadable) Authorize(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	return r.current.Load().authorizer.Authorize(ctx, a)
}

// RulesFor implements authorizer.RuleResolver.
func (r *reloadable) RulesFor(ctx context.Context, u user.Info, namespace string) ([]authorizer.ResourceRuleInfo, []authorizer.NonResourceRuleInfo, bool, error) {
	return r.current.Load().rules.RulesFor(ctx, u, namespace)
}

func (r *reloadable) run(ctx context.Context, path string, data []byte) error {
	metrics.RegisterMetrics()
	metrics.RecordAuthorizationConfigLastConfigInfo(r.serverID, string(data))
	return filewatch.Run(ctx, path, data, func(data []byte) {
		if err := r.reload(data); err != nil {
			metrics.RecordAuthorizationConfigAutomaticReloadFailure(r.serverID)
			r.log.Error("authorization configuration is not in effect, the one before still is", "file", path, "err", err)
			return
		}
		metrics.RecordAuthorizationConfigAutomaticReloadSuccess(r.serverID, string(data))
		r.log.Info("authorization configuration read again", "file", path)
	})
}

func (r *reloadable) reload(data []byte) error {
	config, err := r.maker.parse(data)
	if err != nil {
		return err
	}
	next, err := r.maker.decide(config)
	if err != nil {
		return err
	}
	r.current.Store(next)
	return nil
}
