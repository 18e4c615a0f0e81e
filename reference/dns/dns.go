// Package dns is the name server of the cluster: it answers for services and
// pods itself and asks the node's resolvers about everything else.
package dns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/dns/forward"
	"github.com/seatrial/seatrial/reference/dns/records"
)

// Options say where to listen and what to answer.
type Options struct {
	// Config reaches the API server as system:dns.
	Config *rest.Config
	// Client is used in place of Config when it is set.
	Client kubernetes.Interface
	// ListenAddr is the address for UDP and TCP, such as 192.0.2.10:53. It
	// is also what the EndpointSlice of the DNS service announces.
	ListenAddr netip.AddrPort
	// ServiceIP is the cluster IP of the Service kube-system/kube-dns.
	ServiceIP netip.Addr
	// NodeName tells the name servers of several nodes apart.
	NodeName string
	// ClusterDomain defaults to cluster.local.
	ClusterDomain string
	// ResolvConf names the file with the resolvers for all other names; it is
	// read again when it changes. Empty means that there are none.
	ResolvConf string
	// Clock defaults to the real one.
	Clock clock.WithTicker
	// Logger defaults to one that discards.
	Logger *slog.Logger
}

// Server is the name server. Make one with New, then call Run once.
type Server struct {
	options  Options
	client   kubernetes.Interface
	log      *slog.Logger
	factory  informers.SharedInformerFactory
	zone     *records.Zone
	handler  *handler
	publish  *publisher
	answered chan struct{} // closed when questions are answered
}

// New makes a server. It neither listens nor talks to the API server yet.
func New(o Options) (*Server, error) {
	if !o.ListenAddr.IsValid() || !o.ServiceIP.IsValid() {
		return nil, errors.New("make name server: ListenAddr and ServiceIP are needed")
	}
	if o.Client == nil {
		client, err := newClient(o.Config)
		if err != nil {
			return nil, fmt.Errorf("make client of name server: %w", err)
		}
		o.Client = client
	}
	if o.ClusterDomain == "" {
		o.ClusterDomain = "cluster.local"
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	factory := informers.NewSharedInformerFactoryWithOptions(o.Client, 0, informers.WithTransform(trim))
	services := factory.Core().V1().Services().Informer()
	slices := factory.Discovery().V1().EndpointSlices().Informer()
	objects, err := records.NewCached(factory.Core().V1().Namespaces().Informer(), services, slices)
	if err != nil {
		return nil, fmt.Errorf("index services: %w", err)
	}
	zone := &records.Zone{Domain: strings.ToLower(dns.Fqdn(o.ClusterDomain)), Server: o.ServiceIP, Objects: objects}
	resolver := forward.New(forward.Options{
		ResolvConf: o.ResolvConf,
		Self:       []netip.Addr{o.ListenAddr.Addr(), o.ServiceIP},
		Clock:      o.Clock,
		Logger:     o.Logger,
	})
	return &Server{
		options:  o,
		client:   o.Client,
		log:      o.Logger,
		factory:  factory,
		zone:     zone,
		handler:  &handler{zone: zone, others: resolver, log: o.Logger},
		publish:  newPublisher(o, objects),
		answered: make(chan struct{}),
	}, nil
}

// Run answers until ctx ends. It fails when the address cannot be had.
func (s *Server) Run(ctx context.Context) error {
	sockets, err := listen(ctx, s.options.ListenAddr)
	if err != nil {
		return err
	}
	defer sockets.close()
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		s.factory.Shutdown()
	}()
	if err := s.publish.watch(s.factory); err != nil {
		return fmt.Errorf("watch own service: %w", err)
	}
	s.factory.StartWithContext(ctx)
	if synced := s.factory.WaitForCacheSyncWithContext(ctx); synced.Err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // ctx ended, as asked for
		}
		return fmt.Errorf("fill caches of name server: %w", synced.Err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return sockets.serve(ctx, s.handler) })
	group.Go(func() error { return s.publish.run(ctx) })
	close(s.answered)
	s.log.Info("name server started", "address", s.options.ListenAddr.String(), "domain", s.zone.Domain)
	return group.Wait()
}

// Ready waits until questions are answered and the service is published.
func (s *Server) Ready(ctx context.Context) error {
	for _, c := range []chan struct{}{s.answered, s.publish.done} {
		select {
		case <-c:
		case <-ctx.Done():
			return fmt.Errorf("wait for name server: %w", ctx.Err())
		}
	}
	return nil
}

func newClient(config *rest.Config) (kubernetes.Interface, error) {
	if config == nil {
		return nil, errors.New("no rest.Config")
	}
	config = rest.CopyConfig(config)
	config.QPS = -1
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	return kubernetes.NewForConfig(config)
}

// trim drops what is never read and what is large.
func trim(object any) (any, error) {
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		return unknown, nil
	}
	if accessor, err := meta.Accessor(object); err == nil {
		accessor.SetManagedFields(nil)
		accessor.SetAnnotations(nil)
	}
	return object, nil
}
