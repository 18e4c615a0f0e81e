// Package settings holds what an operator sets about an API server beside
// access and admission: audit, encryption at rest, limits, TLS, which versions
// are served. The flags are upstream's, most of them the library's own.
package settings

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/flagz"
	"k8s.io/apiserver/pkg/server/options"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/compatibility"
	"k8s.io/component-base/metrics"
)

// Flags are the flags of the API server that this package knows. Make them with New.
// Source: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
type Flags struct {
	Audit    *options.AuditOptions
	Run      *options.ServerRunOptions
	Features *options.FeatureOptions
	APIs     *options.APIEnablementOptions
	Serving  *options.SecureServingOptions
	Storage  *options.EtcdOptions
	Tracing  *options.TracingOptions
	Metrics  *metrics.Options // of the whole process
	Rules    Rules
	Callees  Callees

	// Gates are the feature gates to set. They hold for the whole process.
	Gates map[string]bool
	// EventTTL is how long events are kept, in whole seconds; zero means for ever.
	EventTTL time.Duration

	shown *pflag.FlagSet // what /flagz tells
}

// watchShutdown is how long open watches may take to end when the server
// stops. With zero a stopping server would wait a minute for each of them.
const watchShutdown = time.Second

// New returns the defaults.
func New() *Flags {
	registry := compatibility.NewComponentGlobalsRegistry() // of emulated versions: none
	_ = registry.Set()                                      // cannot fail when nothing is registered
	f := &Flags{
		Audit:    options.NewAuditOptions(),
		Run:      options.NewServerRunOptionsForComponent("", registry),
		Features: options.NewFeatureOptions(),
		APIs:     options.NewAPIEnablementOptions(),
		Serving:  options.NewSecureServingOptions(),
		Storage:  options.NewEtcdOptions(storageDefaults()),
		Tracing:  options.NewTracingOptions(),
		Metrics:  metrics.NewOptions(),
		Rules:    defaultRules(),
		Callees:  defaultCallees(),
		Gates:    map[string]bool{},
		EventTTL: time.Hour,
	}
	f.Run.ShutdownSendRetryAfter = true
	f.Run.ShutdownWatchTerminationGracePeriod = watchShutdown
	f.Storage.DefaultStorageMediaType = runtime.ContentTypeProtobuf
	f.Serving.HTTP2MaxStreamsPerConnection = 1000
	return f
}

// taken are the flags that are taken over from the library's groups, which
// have more: the others are about what this server does not do or says otherwise.
func taken() []string {
	return []string{
		"cors-allowed-origins", "strict-transport-security-directives", "external-hostname",
		"max-requests-inflight", "max-mutating-requests-inflight", "request-timeout", "min-request-timeout",
		"goaway-chance", "livez-grace-period", "storage-initialization-timeout",
		"shutdown-delay-duration", "shutdown-send-retry-after", "shutdown-watch-termination-grace-period",
		"disable-http2-serving", "tls-cert-file", "tls-private-key-file", "tls-cipher-suites", "tls-curve-preferences",
		"tls-min-version", "tls-sni-cert-key", "http2-max-streams-per-connection",
		"encryption-provider-config", "encryption-provider-config-automatic-reload", "delete-collection-workers",
		"watch-cache", "default-watch-cache-size", "watch-cache-sizes", "etcd-compaction-interval",
		"etcd-prefix", "storage-backend", "storage-media-type", "lease-reuse-duration-seconds", "enable-garbage-collector",
		"etcd-count-metric-poll-period", "etcd-healthcheck-timeout", "etcd-readycheck-timeout",
	}
}

// AddTo adds the flags to set. What set has in the end is what /flagz tells.
func (f *Flags) AddTo(set *pflag.FlagSet) {
	f.Audit.AddFlags(set)
	f.Features.AddFlags(set)
	f.APIs.AddFlags(set)
	library := pflag.NewFlagSet("library", pflag.ContinueOnError)
	f.Run.AddUniversalFlags(library)
	f.Serving.AddFlags(library)
	f.Storage.AddFlags(library)
	for _, name := range taken() {
		set.AddFlag(library.Lookup(name))
	}
	f.Tracing.AddFlags(set)
	f.Metrics.AddFlags(set)
	f.Rules.addTo(set)
	f.Callees.addTo(set)
	set.Var(cliflag.NewMapStringBool(&f.Gates), "feature-gates", "features=true|false of the server's library, for this whole process")
	set.DurationVar(&f.EventTTL, "event-ttl", f.EventTTL, "how long events are kept; 0 means for ever")
	f.shown = set
}

// Validate names everything that cannot be.
func (f *Flags) Validate() error {
	var errs []error
	errs = append(errs, f.Audit.Validate()...)
	errs = append(errs, f.Run.Validate()...)
	errs = append(errs, f.Features.Validate()...)
	errs = append(errs, f.Serving.Validate()...)
	errs = append(errs, f.validateAPIs()...)
	errs = append(errs, f.Tracing.Validate()...)
	errs = append(errs, f.validateMetrics()...)
	errs = append(errs, f.Rules.validate()...)
	errs = append(errs, f.Callees.validate()...)
	errs = append(errs, f.validateStorage()...)
	if f.Features.EnablePriorityAndFairness && f.Run.MaxRequestsInFlight+f.Run.MaxMutatingRequestsInFlight <= 0 {
		errs = append(errs, errors.New("--max-requests-inflight and --max-mutating-requests-inflight: their sum must be positive with --enable-priority-and-fairness"))
	}
	if (f.Serving.ServerCert.CertKey.CertFile == "") != (f.Serving.ServerCert.CertKey.KeyFile == "") {
		errs = append(errs, errors.New("--tls-cert-file and --tls-private-key-file need each other"))
	}
	if f.EventTTL < 0 || f.EventTTL%time.Second != 0 {
		errs = append(errs, fmt.Errorf("--event-ttl: %s is not a whole number of seconds", f.EventTTL))
	}
	return utilerrors.NewAggregate(errs)
}

// ApplyGates sets the feature gates of the process. A gate that the library
// does not know, or that may not be changed any more, is an error. Names may
// have the component before them: kube:WatchList.
func (f *Flags) ApplyGates() error {
	if len(f.Gates) == 0 {
		return nil
	}
	known := utilfeature.DefaultMutableFeatureGate.GetAll()
	gates := map[string]bool{}
	for name, on := range f.Gates {
		name = strings.TrimPrefix(name, "kube:") // the component, which is meant without one too
		gates[name] = on
		if name != "AllAlpha" && name != "AllBeta" && !contains(known, name) {
			return fmt.Errorf("--feature-gates: %q is not a feature that this server can switch; the behaviour is that of its default in v1.36", name)
		}
	}
	if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(gates); err != nil {
		return fmt.Errorf("--feature-gates: %w", err)
	}
	return nil
}

func contains[K ~string, V any](m map[K]V, name string) bool {
	_, ok := m[K(name)]
	return ok
}

// ApplyTo sets the audit backends, the limits and the pages. advertised is the
// server's own address for clients, host:port.
func (f *Flags) ApplyTo(c *genericapiserver.Config, advertised string) error {
	version := c.EffectiveVersion
	if err := f.Run.ApplyTo(c); err != nil {
		return err
	}
	c.EffectiveVersion, c.FeatureGate = version, nil // the library's own registry is not used
	if err := f.Audit.ApplyTo(c); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	f.applyMetrics()
	if err := f.Tracing.ApplyTo(nil, c); err != nil {
		return fmt.Errorf("--tracing-config-file: %w", err)
	}
	c.ExternalAddress = advertised
	if host := f.Run.ExternalHost; host != "" {
		c.ExternalAddress = withPort(host, advertised)
	}
	if f.shown != nil {
		c.Flagz = flagz.NamedFlagSetsReader{FlagSets: cliflag.NamedFlagSets{FlagSets: map[string]*pflag.FlagSet{"apiserver": f.shown}}}
	}
	return nil
}

// withPort adds the port of another address to a host that has none.
func withPort(host, other string) string {
	if _, port, err := net.SplitHostPort(host); err == nil && port != "" {
		if _, err := strconv.Atoi(port); err == nil {
			return host
		}
	}
	_, port, err := net.SplitHostPort(other)
	if err != nil {
		return host
	}
	return net.JoinHostPort(host, port)
}

// AuditsNothing reports whether there is a place for audit events and no
// policy: then there are no events, as upstream documents.
func (f *Flags) AuditsNothing() bool {
	place := f.Audit.LogOptions.Path != "" || f.Audit.WebhookOptions.ConfigFile != ""
	return place && f.Audit.PolicyFile == ""
}
