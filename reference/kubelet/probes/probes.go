// Package probes asks containers whether they started, live, and are ready to serve.
//
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
package probes

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"
)

// Kind is what a probe asks.
type Kind string

// Kinds of probes, as events spell them.
const (
	Startup   Kind = "Startup"
	Liveness  Kind = "Liveness"
	Readiness Kind = "Readiness"
)

// Options are the dependencies of the probes of one pod.
type Options struct {
	Check func(ctx context.Context, probe *corev1.Probe, target Target) (Outcome, string)
	Clock clock.Clock
	// Record makes an event about a container.
	Record func(container *corev1.Container, kind, reason, message string)
	// Changed is called when a result changes. It must not block.
	Changed func()
}

// Pod has the probes of one pod.
type Pod struct {
	Options
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu         sync.Mutex
	containers map[string]*containerProbes // by container ID
}

// New returns the probes of a pod, none of which runs.
func New(options Options) *Pod {
	ctx, cancel := context.WithCancel(context.Background())
	return &Pod{Options: options, ctx: ctx, cancel: cancel, containers: map[string]*containerProbes{}}
}

// Verdict is a container that must be stopped because a probe failed for good.
type Verdict struct {
	ContainerID string
	Kind        Kind
	// Grace, if not nil, is the probe's own grace period in seconds.
	Grace *int64
}

// Running is a container whose probes should run.
type Running struct {
	Spec   *corev1.Container
	Status *runtimeapi.ContainerStatus
	// Ready is the result to begin with: that of before a restart of the node agent.
	Ready bool
}

// Sync starts the probes of new containers and stops those of containers that are gone. While the pod
// ends only readiness is asked.
func (p *Pod) Sync(containers []Running, podIP string, ending bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	alive := map[string]bool{}
	for _, running := range containers {
		alive[running.Status.Id] = true
		probes := p.containers[running.Status.Id]
		if probes == nil {
			probes = p.start(running, podIP)
			p.containers[running.Status.Id] = probes
		}
		if ending {
			probes.stopAsking()
		}
	}
	for id, probes := range p.containers {
		if !alive[id] {
			probes.cancel()
			delete(p.containers, id)
		}
	}
}

// Close stops all probes and waits for them.
func (p *Pod) Close() {
	p.cancel()
	p.running.Wait()
}

// Started tells whether the container's startup probe, if any, succeeded.
func (p *Pod) Started(container *runtimeapi.ContainerStatus) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	probes := p.containers[container.Id]
	return probes != nil && probes.isStarted
}

// Ready tells whether the container's readiness probe, if any, succeeds.
func (p *Pod) Ready(container *runtimeapi.ContainerStatus) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	probes := p.containers[container.Id]
	return probes != nil && probes.isReady
}

// Failed returns the containers to stop.
func (p *Pod) Failed() []Verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	var verdicts []Verdict
	for _, probes := range p.containers {
		if probes.failed != nil {
			verdicts = append(verdicts, *probes.failed)
		}
	}
	return verdicts
}

// containerProbes are the probes of one run of a container.
type containerProbes struct {
	pod     *Pod
	target  Target
	began   time.Time
	ctx     context.Context
	cancel  context.CancelFunc
	stop    chan struct{} // closed when only readiness counts
	started chan struct{} // closed when the startup probe succeeded

	// guarded by Pod.mu
	isStarted, isReady, stopped bool
	failed                      *Verdict
}

func (p *Pod) start(running Running, podIP string) *containerProbes {
	ctx, cancel := context.WithCancel(p.ctx)
	c := &containerProbes{
		pod: p, ctx: ctx, cancel: cancel, stop: make(chan struct{}), started: make(chan struct{}),
		target:  Target{Container: running.Spec, ContainerID: running.Status.Id, PodIP: podIP},
		began:   time.Unix(0, running.Status.StartedAt),
		isReady: running.Spec.ReadinessProbe == nil || running.Ready,
	}
	if probe := running.Spec.StartupProbe; probe != nil && !running.Ready {
		p.running.Go(func() { c.run(Startup, probe) })
	} else {
		c.isStarted = true
		close(c.started)
	}
	if probe := running.Spec.LivenessProbe; probe != nil {
		p.running.Go(func() { c.run(Liveness, probe) })
	}
	if probe := running.Spec.ReadinessProbe; probe != nil {
		p.running.Go(func() { c.run(Readiness, probe) })
	}
	return c
}

// stopAsking must be called with Pod.mu held.
func (c *containerProbes) stopAsking() {
	if !c.stopped {
		c.stopped = true
		close(c.stop)
	}
}
