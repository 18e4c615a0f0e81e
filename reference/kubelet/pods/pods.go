// Package pods runs the pods of a node: one worker per pod compares what should run with what the
// runtime shows, and does the next thing.
//
// Workers are level-triggered. They wake when the pod changes, when the runtime tells of an event,
// when a probe changes its mind, or when a back-off ends; there is no polling.
package pods

import (
	"context"
	"log/slog"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/admit"
	"github.com/seatrial/seatrial/reference/kubelet/cgroups"
	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/criconfig"
	"github.com/seatrial/seatrial/reference/kubelet/env"
	"github.com/seatrial/seatrial/reference/kubelet/hooks"
	"github.com/seatrial/seatrial/reference/kubelet/images"
	"github.com/seatrial/seatrial/reference/kubelet/names"
	"github.com/seatrial/seatrial/reference/kubelet/probes"
	"github.com/seatrial/seatrial/reference/kubelet/status"
	"github.com/seatrial/seatrial/reference/kubelet/users"
	"github.com/seatrial/seatrial/reference/kubelet/volumes"
)

// Options are the dependencies of Pods.
type Options struct {
	Client   kubernetes.Interface
	CRI      *cri.Client
	Volumes  *volumes.Volumes
	Images   *images.Puller
	Hooks    hooks.Runner
	Probes   probes.Checker
	Objects  env.Objects
	Writer   *status.Writer
	Recorder record.EventRecorder
	Cgroups  cgroups.Groups
	Names    names.Cluster
	Profiles criconfig.Profiles
	Users    *users.Ranges
	// Services returns the services of a namespace.
	Services func(namespace string) []*corev1.Service
	// Node returns the node object, or nil before it is known.
	Node func() *corev1.Node
	// Admit decides whether the node takes a pod.
	Admit admit.Rules
	// Mirror returns the API object that stands for a static pod, nil if there is none (yet).
	Mirror  func(pod *corev1.Pod) *corev1.Pod
	LogDir  string
	HostIPs []string
	// NodeMemory is the memory of the node in bytes.
	NodeMemory int64
	Clock      clock.Clock
	Log        *slog.Logger
}

// Pods are the pods of the node.
type Pods struct {
	Options

	mu      sync.Mutex
	ctx     context.Context
	workers map[types.UID]*worker
	running sync.WaitGroup
	// admission is held while one pod is admitted, so that two do not get the same port.
	admission     sync.Mutex
	subscriptions subscriptions
}

// New returns a set without pods. Run must be called before pods are given to it.
func New(options Options) *Pods {
	return &Pods{Options: options, workers: map[types.UID]*worker{}}
}

// Run runs the pods until ctx ends. Containers go on running after that.
func (p *Pods) Run(ctx context.Context, ready func()) {
	p.mu.Lock()
	p.ctx = ctx
	p.mu.Unlock()
	ready()
	<-ctx.Done()
	p.running.Wait()
}

// Update tells that a pod should run on this node, or how it should run changed.
func (p *Pods) Update(pod *corev1.Pod) {
	p.tell(pod, func(in *inbox) {
		if in.gone { // a manifest that came back while its pod still ends
			in.successor = pod
			return
		}
		in.pod = pod
	})
}

// Remove tells that a pod is no longer in its source. It is stopped if it still runs.
func (p *Pods) Remove(pod *corev1.Pod) {
	p.tell(pod, func(in *inbox) { in.gone, in.successor = true, nil })
}

// Changed tells that the runtime may show something new for a pod.
func (p *Pods) Changed(uid types.UID) {
	p.mu.Lock()
	w := p.workers[uid]
	p.mu.Unlock()
	if w != nil {
		w.wakeUp()
	}
	p.subscriptions.tell(uid)
}

// Evict ends a pod on the decision of the node.
func (p *Pods) Evict(uid types.UID, verdict status.Verdict) {
	p.mu.Lock()
	w := p.workers[uid]
	p.mu.Unlock()
	if w == nil {
		return
	}
	w.mu.Lock()
	w.inbox.verdict = verdict
	w.mu.Unlock()
	w.wakeUp()
}

// Has tells whether a pod is known.
func (p *Pods) Has(uid types.UID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.workers[uid] != nil
}

// List returns the pods with their newest status.
func (p *Pods) List() []*corev1.Pod {
	p.mu.Lock()
	workers := make([]*worker, 0, len(p.workers))
	for _, w := range p.workers {
		workers = append(workers, w)
	}
	p.mu.Unlock()
	var pods []*corev1.Pod
	for _, w := range workers {
		if pod := w.current(); pod != nil {
			pods = append(pods, pod)
		}
	}
	return pods
}

// Get returns a pod by name with its newest status, or nil.
func (p *Pods) Get(namespace, name string) *corev1.Pod {
	var found *corev1.Pod
	for _, pod := range p.List() {
		if pod.Namespace != namespace || pod.Name != name {
			continue
		}
		// A dying pod and its successor may share a name; the newer counts.
		if found == nil || found.CreationTimestamp.Before(&pod.CreationTimestamp) || found.DeletionTimestamp != nil {
			found = pod
		}
	}
	return found
}

// active returns the pods that hold resources of the node, without one of them.
func (p *Pods) active(without types.UID) []*corev1.Pod {
	p.mu.Lock()
	workers := make([]*worker, 0, len(p.workers))
	for uid, w := range p.workers {
		if uid != without {
			workers = append(workers, w)
		}
	}
	p.mu.Unlock()
	var pods []*corev1.Pod
	for _, w := range workers {
		if pod := w.holding(); pod != nil {
			pods = append(pods, pod)
		}
	}
	return pods
}

// tell changes the inbox of the worker of a pod; a pod without a worker gets one. Nothing is told when
// the node agent stops.
func (p *Pods) tell(pod *corev1.Pod, change func(*inbox)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil || p.ctx.Err() != nil {
		return
	}
	if w := p.workers[pod.UID]; w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		change(&w.inbox)
		w.wakeUp()
		return
	}
	w := newWorker(p, pod)
	change(&w.inbox)
	p.workers[pod.UID] = w
	ctx := p.ctx
	p.running.Go(func() { w.run(ctx) })
}

// drop forgets a worker that has nothing left to do.
func (p *Pods) drop(w *worker) {
	p.mu.Lock()
	delete(p.workers, w.uid)
	p.mu.Unlock()
	p.wakeDeferred()
	w.mu.Lock()
	successor := w.inbox.successor
	w.mu.Unlock()
	if successor != nil {
		p.Update(successor)
	}
}
