// Package scheduler decides on which node each pod runs.
//
// One loop takes pods from a queue, looks for the best node in a snapshot of
// the cluster, assumes the pod to be there, and binds it beside the loop.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/scheduler/plugins"
	"github.com/seatrial/seatrial/reference/scheduler/queue"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Options say how to reach the API server and which pods to schedule.
type Options struct {
	// Config reaches the API server as system:kube-scheduler. Its rate limits
	// and content type are replaced.
	Config *rest.Config
	// Client is used in place of Config when it is set.
	Client kubernetes.Interface
	// SchedulerName is the spec.schedulerName of the pods that this scheduler
	// looks after. Empty means "default-scheduler".
	SchedulerName string
	// Clock defaults to the real one.
	Clock clock.WithTicker
	// Logger defaults to one that discards.
	Logger *slog.Logger
}

// Scheduler places pods on nodes. Make one with New, then call Run once.
type Scheduler struct {
	name     string
	client   kubernetes.Interface
	clock    clock.WithTicker
	log      *slog.Logger
	random   *rand.Rand // used by the loop only
	recorder events.EventRecorder

	plugins     []plugins.Weighted
	queue       *queue.Queue
	cache       *snapshot.Cache
	nominations *nominations
	nodes       snapshot.Snapshot // the loop's view
	next        int               // where the search for nodes goes on
	tasks       *tasks
	sources     *sources
	volumes     *broadcast // changes of claims and volumes
	broadcaster events.EventBroadcaster
	ready       chan struct{}
}

// New makes a scheduler. It does not talk to the API server yet.
func New(o Options) (*Scheduler, error) {
	if o.Client == nil {
		client, err := newClient(o.Config)
		if err != nil {
			return nil, fmt.Errorf("make client of scheduler: %w", err)
		}
		o.Client = client
	}
	if o.SchedulerName == "" {
		o.SchedulerName = corev1.DefaultSchedulerName
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: o.Client.EventsV1()})
	s := &Scheduler{
		volumes:     newBroadcast(),
		name:        o.SchedulerName,
		client:      o.Client,
		clock:       o.Clock,
		log:         o.Logger,
		random:      rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), //nolint:gosec // breaks ties, guards nothing
		cache:       snapshot.NewCache(),
		nominations: newNominations(),
		tasks:       newTasks(maxTasks),
		broadcaster: broadcaster,
		recorder:    broadcaster.NewRecorder(scheme.Scheme, o.SchedulerName),
		ready:       make(chan struct{}),
	}
	s.sources = newSources(o.Client)
	s.plugins = plugins.Default(s.sources.forPlugins(o.Client, s.volumes.next))
	s.queue = queue.New(o.Clock, s.helps)
	return s, nil
}

// Run schedules pods until ctx ends, and returns when everything that it
// started has ended.
func (s *Scheduler) Run(ctx context.Context) error {
	if err := s.broadcaster.StartRecordingToSinkWithContext(ctx); err != nil {
		return fmt.Errorf("start recording events: %w", err)
	}
	defer s.broadcaster.Shutdown()
	if err := s.watch(ctx); err != nil {
		s.sources.factory.Shutdown()
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer s.sources.factory.Shutdown()
	defer s.tasks.wait()
	close(s.ready)
	s.log.Info("scheduler started", "schedulerName", s.name)
	for {
		flight, err := s.queue.Pop(ctx)
		if err != nil {
			return nil //nolint:nilerr // ctx ended, as asked for
		}
		s.schedule(ctx, flight)
	}
}

// Ready waits until the scheduler has seen all pods and nodes.
func (s *Scheduler) Ready(ctx context.Context) error {
	select {
	case <-s.ready:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for scheduler: %w", ctx.Err())
	}
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
