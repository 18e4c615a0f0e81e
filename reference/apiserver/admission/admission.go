// Package admission makes the chain of admission plugins: one file per plugin,
// and the list of all in plugins.go.
//
//	a, err := admission.New(admission.Options{
//		Client: loopback, Informers: factory, Authorizer: auth.Authorizer,
//		Dynamic: dynamic, Loopback: config.LoopbackClientConfig, Services: resolver,
//		EffectiveVersion: config.EffectiveVersion, Drained: config.DrainedNotify(), Tracing: config.TracerProvider,
//	})
//	config.AdmissionControl = a.Chain       // before config.Complete
//	go a.Run(ctx)                           // in a post-start hook
//
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
package admission

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	admissionmetrics "k8s.io/apiserver/pkg/admission/metrics"
	mutatingpolicy "k8s.io/apiserver/pkg/admission/plugin/policy/mutating"
	validatingpolicy "k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	webhookinit "k8s.io/apiserver/pkg/admission/plugin/webhook/initializer"
	mutatingwebhook "k8s.io/apiserver/pkg/admission/plugin/webhook/mutating"
	validatingwebhook "k8s.io/apiserver/pkg/admission/plugin/webhook/validating"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-base/compatibility"
)

// rediscover is how often the kinds of custom resources are read again, for
// policies with parameters.
const rediscover = 30 * time.Second

// Options configure New; all but the names, File, TolerationSeconds and Tracing are required.
type Options struct {
	Enable  []string // --enable-admission-plugins, on top of the default
	Disable []string // --disable-admission-plugins
	File    string   // --admission-control-config-file; may be empty

	// TolerationSeconds is how long pods stay on nodes with a taint, by its key; one that is missing means 300.
	TolerationSeconds map[string]int64

	Client     kubernetes.Interface // in the group system:masters
	Dynamic    dynamic.Interface    // of the same user
	Loopback   *rest.Config         // of the same user; for webhooks that are the API server itself
	Informers  informers.SharedInformerFactory
	Authorizer authorizer.Authorizer
	Services   webhook.ServiceResolver // where the Service of a webhook is

	EffectiveVersion compatibility.EffectiveVersion
	Drained          <-chan struct{} // closed when the last request has been served
	Tracing          trace.TracerProvider
}

// Admission is the chain and what it needs while it runs.
type Admission struct {
	Chain   admission.Interface
	Plugins []string // the names, in order
	mapper  *restmapper.DeferredDiscoveryRESTMapper
	own     []cache.SharedIndexInformer
}

// New makes the chain. It does no requests; the plugins wait for the informers
// of the factory, which the caller starts.
func New(opts Options) (*Admission, error) {
	names, err := choose(opts.Enable, opts.Disable)
	if err != nil {
		return nil, err
	}
	config, err := readConfiguration(names, opts.File)
	if err != nil {
		return nil, err
	}
	a := &Admission{Plugins: names, mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(opts.Client.Discovery()))}
	registry := admission.NewPlugins()
	mutatingwebhook.Register(registry)
	validatingwebhook.Register(registry)
	mutatingpolicy.Register(registry)
	validatingpolicy.Register(registry)
	e := env{
		client: opts.Client, informers: opts.Informers, authorizer: opts.Authorizer, mapper: a.mapper, tolerated: opts.TolerationSeconds,
		own: func(i cache.SharedIndexInformer) { a.own = append(a.own, i) },
	}
	for _, p := range plugins() {
		if p.make != nil {
			registry.Register(p.name, func(config io.Reader) (admission.Interface, error) {
				e := e
				e.config = config
				return p.make(e)
			})
		}
	}
	inits := admission.PluginInitializers{
		initializer.New(opts.Client, opts.Dynamic, opts.Informers, opts.Authorizer, utilfeature.DefaultFeatureGate, opts.EffectiveVersion, opts.Drained, a.mapper),
		webhookinit.NewPluginInitializer(webhook.NewDefaultAuthenticationInfoResolverWrapper(nil, nil, opts.Loopback, opts.Tracing), opts.Services),
		quotaInitializer{},
		reviewsInitializer{},
	}
	decorators := admission.Decorators{admission.DecoratorFunc(admissionmetrics.WithControllerMetrics)}
	chain, err := registry.NewFromPlugins(names, config, inits, decorators)
	if err != nil {
		return nil, fmt.Errorf("make admission chain: %w", err)
	}
	a.Chain = admissionmetrics.WithStepMetrics(chain)
	return a, nil
}

// Run keeps what the plugins know fresh until ctx is done.
func (a *Admission) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	for _, i := range a.own {
		all.Go(func() { i.RunWithContext(ctx) })
	}
	ticker := time.NewTicker(rediscover)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			a.mapper.Reset()
		}
	}
}

// choose returns the names of the plugins that are on, in their order.
func choose(enable, disable []string) ([]string, error) {
	all := plugins()
	for flag, names := range map[string][]string{"--enable-admission-plugins": enable, "--disable-admission-plugins": disable} {
		for _, n := range names {
			if err := known(all, n); err != nil {
				return nil, fmt.Errorf("read %s: %w", flag, err)
			}
		}
	}
	var out []string
	for _, p := range all {
		on := (p.byDefault || slices.Contains(enable, p.name)) && !slices.Contains(disable, p.name)
		switch {
		case on && slices.Contains(enable, p.name) && p.missing:
			return nil, fmt.Errorf("read --enable-admission-plugins: plugin %q is not implemented", p.name)
		case on && !p.missing:
			out = append(out, p.name)
		}
	}
	for _, n := range enable {
		if slices.Contains(disable, n) {
			return nil, fmt.Errorf("read --disable-admission-plugins: %q is in --enable-admission-plugins too", n)
		}
	}
	return out, nil
}

func known(all []plugin, name string) error {
	if slices.ContainsFunc(all, func(p plugin) bool { return p.name == name }) {
		return nil
	}
	if name == "PodSecurityPolicy" {
		return fmt.Errorf("plugin %q was removed in Kubernetes v1.25: use PodSecurity, which is on by default", name)
	}
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.name
	}
	slices.Sort(names)
	return fmt.Errorf("unknown plugin %q: want some of %s", name, strings.Join(names, ", "))
}
