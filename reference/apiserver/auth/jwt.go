package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	tokenunion "k8s.io/apiserver/pkg/authentication/token/union"
	"k8s.io/apiserver/pkg/server/options/authenticationconfig/metrics"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"

	"github.com/seatrial/seatrial/reference/apiserver/auth/filewatch"
)

// jwtAuthenticator accepts the tokens of OpenID issuers. Their keys are fetched
// while it runs; before, and while an issuer cannot be reached, it has no
// opinion or an error on tokens.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
type jwtAuthenticator struct {
	initial  *apiserver.AuthenticationConfiguration
	file     string // empty: by --oidc-*
	data     []byte // what was read of file
	algs     []string
	own      []string // issuers that no configuration may name
	compiler authenticationcel.Compiler
	serverID string
	log      *slog.Logger
	current  atomic.Pointer[jwtIssuers]
}

// jwtIssuers are the authenticators of one version of the configuration.
type jwtIssuers struct {
	token  authenticator.Token
	health []func() error
	stop   context.CancelFunc
}

// newJWT returns nil if no flag asks for OpenID issuers.
func newJWT(opts Options, own []string) (*jwtAuthenticator, error) {
	j := &jwtAuthenticator{file: opts.AuthenticationConfig, own: own, serverID: opts.ServerID, log: opts.Logger}
	var err error
	switch {
	case opts.AuthenticationConfig != "":
		if j.data, err = os.ReadFile(j.file); err != nil {
			return nil, fmt.Errorf("read --authentication-config: %w", err)
		}
		j.compiler, j.algs = authenticationcel.NewDefaultCompiler(), oidc.AllValidSigningAlgorithms()
		j.initial, err = j.parse(j.data)
		if err != nil {
			return nil, fmt.Errorf("read --authentication-config: %w", err)
		}
	case opts.OIDC.IssuerURL != "":
		j.compiler = authenticationcel.NewDefaultCompiler()
		if j.initial, j.algs, err = opts.OIDC.configuration(); err != nil {
			return nil, err
		}
		if err := j.validate(j.initial); err != nil {
			return nil, fmt.Errorf("read --oidc-*: %w", err)
		}
	default:
		return nil, nil //nolint:nilnil // documented
	}
	return j, nil
}

func (j *jwtAuthenticator) parse(data []byte) (*apiserver.AuthenticationConfiguration, error) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	obj, err := runtime.Decode(serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder(), data)
	if err != nil {
		return nil, err
	}
	config, ok := obj.(*apiserver.AuthenticationConfiguration)
	if !ok {
		return nil, fmt.Errorf("expected AuthenticationConfiguration, got %T", obj)
	}
	return config, j.validate(config)
}

func (j *jwtAuthenticator) validate(config *apiserver.AuthenticationConfiguration) error {
	return validation.ValidateAuthenticationConfiguration(j.compiler, config, j.own).ToAggregate()
}

// AuthenticateToken implements authenticator.Token.
func (j *jwtAuthenticator) AuthenticateToken(ctx context.Context, token string) (*authenticator.Response, bool, error) {
	issuers := j.current.Load()
	if issuers == nil {
		return nil, false, nil
	}
	return issuers.token.AuthenticateToken(ctx, token)
}

// issuers makes the authenticators of a configuration, which work until stop.
func (j *jwtAuthenticator) issuers(ctx context.Context, config *apiserver.AuthenticationConfiguration) (*jwtIssuers, error) {
	ctx, stop := context.WithCancel(ctx)
	out := &jwtIssuers{stop: stop}
	var all []authenticator.Token
	for i := range config.JWT {
		o := oidc.Options{
			JWTAuthenticator: config.JWT[i], Compiler: j.compiler, SupportedSigningAlgs: j.algs, DisallowedIssuers: j.own, APIServerID: j.serverID,
		}
		if ca := config.JWT[i].Issuer.CertificateAuthority; ca != "" {
			o.CAContentProvider = bundle(ca)
		}
		a, err := oidc.New(ctx, o)
		if err != nil {
			stop()
			return nil, fmt.Errorf("make authenticator of issuer %q: %w", config.JWT[i].Issuer.URL, err)
		}
		all, out.health = append(all, a), append(out.health, a.HealthCheck)
	}
	out.token = tokenunion.New(all...)
	return out, nil
}

// bundle is the CA of an issuer.
type bundle string

func (b bundle) CurrentCABundleContent() []byte { return []byte(b) }

func (j *jwtAuthenticator) run(ctx context.Context) error {
	first, err := j.issuers(ctx, j.initial)
	if err != nil {
		return err
	}
	j.current.Store(first)
	defer func() { j.current.Load().stop() }()
	if j.file == "" {
		<-ctx.Done()
		return nil
	}
	metrics.RegisterMetrics()
	metrics.RecordAuthenticationConfigLastConfigInfo(j.serverID, string(j.data))
	return filewatch.Run(ctx, j.file, j.data, func(data []byte) {
		if err := j.reload(ctx, data); err != nil {
			metrics.RecordAuthenticationConfigAutomaticReloadFailure(j.serverID)
			j.log.Error("authentication configuration is not in effect, the one before still is", "file", j.file, "err", err)
			return
		}
		metrics.RecordAuthenticationConfigAutomaticReloadSuccess(j.serverID, string(data))
		j.log.Info("authentication configuration read again", "file", j.file)
	})
}

const (
	healthInterval = 50 * time.Millisecond // the library has no signal for a fetched key
	healthPatience = 10 * time.Minute
)

// reload puts a new configuration into effect once all its issuers have been
// reached. Only the issuers are reloaded: who is anonymous stays, as upstream.
func (j *jwtAuthenticator) reload(ctx context.Context, data []byte) error {
	config, err := j.parse(data)
	if err != nil {
		return err
	}
	next, err := j.issuers(ctx, config)
	if err != nil {
		return err
	}
	if err := next.healthy(ctx); err != nil {
		next.stop()
		return err
	}
	j.current.Swap(next).stop()
	return nil
}

func (i *jwtIssuers) healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	tick := time.NewTicker(healthInterval)
	defer tick.Stop()
	for {
		var errs []error
		for _, check := range i.health {
			errs = append(errs, check())
		}
		err := errors.Join(errs...)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the issuers: %w: %w", ctx.Err(), err)
		case <-tick.C:
		}
	}
}
