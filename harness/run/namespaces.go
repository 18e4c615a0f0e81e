package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seatrial/seatrial/harness/cleanup"
	"github.com/seatrial/seatrial/harness/evidence"
	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/wait"
)

// Bounds of Namespaces.
const (
	ahead        = 8                // how many are made before anybody needs them
	oneRequest   = 30 * time.Second // to make one, or to have one deleted
	helpAfter    = 8 * time.Second  // when Namespaces that do not go are helped
	leave        = 40 * time.Second // how long a run waits at its end for them to be gone
	leaveInHaste = 20 * time.Second // the same when it was interrupted
)

// namespaces makes a Namespace for every attempt of a scenario, those of the next scenarios ahead of need, and removes them in the background.
type namespaces struct {
	cluster *client.Cluster
	own     *client.Recorder // of what the kit asks for itself
	run     string
	prefix  string

	mu      sync.Mutex
	made    int
	waiting map[string]*namespace // made ahead, by scenario
	there   map[string]string     // what exists, and why it could not be deleted
	working sync.WaitGroup
}

// namespace is one that is being made.
type namespace struct {
	name string
	done chan struct{} // closed when it is made, or err is set
	err  error
}

// newNamespaces names them after the run. A process that resumes a run has names of its own, since those of the killed one may still be there.
func newNamespaces(cluster *client.Cluster, own *client.Recorder, run string, resumes int) *namespaces {
	prefix := "seatrial-" + run[strings.LastIndexByte(run, '-')+1:] + "-"
	if resumes > 0 {
		prefix += fmt.Sprintf("r%d-", resumes)
	}
	return &namespaces{cluster: cluster, own: own, run: run, prefix: prefix, waiting: map[string]*namespace{}, there: map[string]string{}}
}

// prepare makes the Namespaces of the scenarios that come next. It does not wait.
func (n *namespaces) prepare(scenarios []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, scenario := range scenarios[:min(len(scenarios), ahead)] {
		if n.waiting[scenario] == nil && len(n.waiting) < ahead {
			n.waiting[scenario] = n.begin(scenario)
		}
	}
}

// begin starts to make one. The lock is held.
func (n *namespaces) begin(scenario string) *namespace {
	n.made++
	made := &namespace{name: n.prefix + fmt.Sprint(n.made), done: make(chan struct{})}
	n.there[made.name] = ""
	n.working.Go(func() {
		defer close(made.done)
		// A request that was begun is ended: what it makes could not be removed if nobody knew of it.
		ctx, cancel := context.WithTimeout(client.Record(context.Background(), n.own), oneRequest)
		defer cancel()
		made.err = n.create(ctx, made.name, scenario)
	})
	return made
}

func (n *namespaces) create(ctx context.Context, name, scenario string) error {
	body, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{
		"name": name, "labels": map[string]any{steps.RunLabel: n.run, steps.ScenarioLabel: labelValue(scenario)},
	}})
	if err != nil {
		return fmt.Errorf("make namespace %q: %w", name, err)
	}
	answer, err := n.cluster.Send(ctx, client.Request{Method: http.MethodPost, Path: "/api/v1/namespaces", Body: body})
	if err != nil {
		return fmt.Errorf("make namespace %q: %w", name, err)
	}
	if answer.Refused() {
		n.forget(name)
		return &steps.Blocked{Cause: fmt.Errorf("make namespace %q: %s", name, answer)}
	}
	return nil
}

// take gives the scenario its Namespace: the one that was made ahead, or a new one.
func (n *namespaces) take(ctx context.Context, scenario string) (string, error) {
	n.mu.Lock()
	made := n.waiting[scenario]
	delete(n.waiting, scenario)
	prepared := made != nil
	if !prepared {
		made = n.begin(scenario)
	}
	n.mu.Unlock()
	select {
	case <-made.done:
	case <-ctx.Done():
		return made.name, context.Cause(ctx)
	}
	if made.err != nil && prepared {
		return n.take(ctx, scenario) // what went wrong ahead of need gets its chance when it is needed
	}
	return made.name, made.err
}

// release deletes a Namespace. It does not wait.
func (n *namespaces) release(name string) {
	n.working.Go(func() {
		ctx, cancel := context.WithTimeout(client.Record(context.Background(), n.own), oneRequest)
		defer cancel()
		n.delete(ctx, name)
	})
}

func (n *namespaces) delete(ctx context.Context, name string) {
	request := client.Request{Method: http.MethodDelete, Path: "/api/v1/namespaces/" + name, Body: []byte(`{"propagationPolicy":"Background"}`)}
	answer, err := n.cluster.Send(ctx, request)
	if err == nil && answer.Refused() && answer.Code != http.StatusNotFound && answer.Code != http.StatusConflict {
		err = errors.New(answer.String())
	}
	if err == nil {
		n.forget(name)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.there[name] = err.Error()
}

func (n *namespaces) forget(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.there, name)
}

// remaining lists those that nobody has deleted yet.
func (n *namespaces) remaining() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(maps.Keys(n.there))
}

// drop deletes those that nobody took, once more those that could not be deleted, and waits until the requests have been answered.
func (n *namespaces) drop() {
	n.working.Wait()
	for _, name := range n.remaining() {
		n.release(name)
	}
	n.working.Wait()
}

// await waits until the run's Namespaces are gone, helps those that do not go by themselves, and lists those that are still there.
func (n *namespaces) await(ctx context.Context, limit time.Duration) []string {
	stuck, _, _ := n.watch(ctx, min(helpAfter, limit/2))
	if len(stuck) > 0 {
		cleanup.Unstick(ctx, n.cluster, stuck) // not booked: it is a help that the run does without where it may not
	}
	_, left, err := n.watch(ctx, limit)
	if err != nil && len(left) == 0 {
		return []string{err.Error()}
	}
	return left
}

// watch waits until the run's Namespaces are gone, and returns the names of those that are not with what they wait for.
func (n *namespaces) watch(ctx context.Context, limit time.Duration) (names, left []string, err error) {
	resource := n.cluster.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	observe := wait.Objects(resource, wait.Selector{Labels: steps.RunLabel + "=" + n.run}, func(objects []*unstructured.Unstructured) error {
		names, left = nil, nil
		for _, object := range objects {
			names = append(names, object.GetName())
			left = append(left, evidence.Terminating(object.Object))
		}
		if len(left) > 0 {
			return wait.Notf("%s", strings.Join(left, ", "))
		}
		return nil
	})
	err = wait.Within(client.Record(ctx, n.own), observe, limit)
	return names, left, err
}
