// Package controllers lists the controllers of a cluster and runs them over one set of informers.
package controllers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/certificates"
	"github.com/seatrial/seatrial/reference/controllers/localvolume"
	"github.com/seatrial/seatrial/reference/controllers/objects"
	"github.com/seatrial/seatrial/reference/controllers/satoken"
	"github.com/seatrial/seatrial/reference/controllers/served"
)

// Options configures the controllers. Only Config is required.
type Options struct {
	Config *rest.Config
	// RootCA is the bundle, in PEM, that pods verify the API server with.
	RootCA []byte
	// PodCIDR is the range that nodes without a pod CIDR get a /24 (IPv6: a /64) from; zero means none.
	PodCIDR netip.Prefix
	// Tokens signs the tokens of Secrets of type kubernetes.io/service-account-token; nil leaves them empty.
	Tokens satoken.Issuer
	// Authority signs approved certificate requests; nil leaves them unsigned.
	Authority certificates.Authority
	// LocalVolumes provisions volumes on the node of this process, for the storage class "standard"; nil means no provisioner.
	LocalVolumes *localvolume.Options
	// Election makes several copies of the controllers choose one that acts; nil means no election.
	Election *controller.Election
	Logger   *slog.Logger
}

// Controllers are all controllers of a cluster.
type Controllers struct {
	opts      Options
	client    kubernetes.Interface
	metadata  metadata.Interface
	dynamic   dynamic.Interface
	resources served.Func
}

// New prepares the controllers. It does not talk to the API server yet.
func New(opts Options) (*Controllers, error) {
	if opts.Config == nil {
		return nil, errors.New("make controllers: a client configuration is required")
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	config := rest.CopyConfig(opts.Config)
	config.QPS = -1 // the server's priority and fairness is the limit
	compact := rest.CopyConfig(config)
	compact.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(compact)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	meta, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make metadata client: %w", err)
	}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make dynamic client: %w", err)
	}
	disco, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make discovery client: %w", err)
	}
	return &Controllers{opts: opts, client: client, metadata: meta, dynamic: dyn, resources: served.By(disco)}, nil
}

// Run runs the controllers until ctx ends; with an election, only while this process leads.
func (c *Controllers) Run(ctx context.Context) error {
	if c.opts.Election == nil {
		return c.run(ctx)
	}
	return controller.Lead(ctx, c.client, *c.opts.Election, c.run)
}

func (c *Controllers) run(ctx context.Context) error {
	events := record.NewBroadcaster(record.WithContext(ctx))
	defer events.Shutdown()
	events.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: c.client.CoreV1().Events("")})
	env := controller.Env{
		Client:    c.client,
		Informers: controller.NewInformers(c.client),
		Recorder: func(component string) record.EventRecorder {
			return events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: component})
		},
		Log: c.opts.Logger,
	}
	everything := objects.New(c.metadata, c.resources, shared(env), env.Log.With("controller", "objects"))
	all, err := c.build(env, everything)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	env.Informers.StartWithContext(ctx)
	group.Go(func() error { everything.Run(ctx); return nil })
	for _, one := range all {
		group.Go(func() error { return one.Run(ctx, env.Log) })
	}
	err = group.Wait()
	env.Informers.Shutdown()
	return err
}
