package steps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/dynamic"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/wait"
)

// Labels that the kit puts on what it makes.
const (
	RunLabel      = "seatrial.dev/run"
	ScenarioLabel = "seatrial.dev/scenario"
)

// The kit's own bounds, for what a sentence does not bound itself. World.scale stretches them.
const (
	settleLimit = 2 * time.Minute  // a Given that waits until the world has settled
	glance      = 30 * time.Second // an outcome that is looked at once
	cleanLimit  = 20 * time.Second // the whole clean-up of a scenario
)

// Options describe the world of one scenario.
type Options struct {
	Cluster *client.Cluster
	Kubectl *client.Kubectl
	// Run and Scenario are label values; Namespace is the name of the Namespace to make.
	Run, Scenario, Namespace string
	// Housed says that the Namespace is there already, and that whoever made it removes it.
	Housed bool
	// Scale stretches every bound that says how long something may take; 1 when not set.
	Scale float64
}

// World is what one scenario made and saw. It is used by one goroutine.
type World struct {
	Options
	// actor sends the requests of actions; outcomes are observed with the rights of the kubeconfig.
	actor   *client.User
	vars    map[string]string
	kinds   map[string]client.Kind
	answer  *client.Answer
	output  *client.Output
	forward *client.Forward
	proxy   *client.Proxy
	watched []*watched
	nodes   []string
	account bool
	// keys are the private keys of certificate requests, by the request.
	keys    map[string][]byte
	undo    []undo
	ctx     context.Context //nolint:containedctx // bounds what the scenario leaves running: watches and forwarded ports
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// undo is one part of the clean-up.
type undo struct {
	what string
	do   func(context.Context) error
}

// NewWorld makes the scenario's Namespace, unless it is there already.
func NewWorld(ctx context.Context, o Options) (*World, error) {
	if o.Scale == 0 {
		o.Scale = 1
	}
	w := &World{Options: o, actor: o.Cluster.User, kinds: map[string]client.Kind{}}
	w.vars = map[string]string{"ns": o.Namespace, "agnhost": o.Cluster.Images.Agnhost, "busybox": o.Cluster.Images.BusyBox}
	w.ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if o.Housed {
		return w, nil
	}
	namespace := map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{
		"name": o.Namespace, "labels": map[string]any{RunLabel: o.Run, ScenarioLabel: o.Scenario},
	}}
	body, err := json.Marshal(namespace)
	if err != nil {
		return nil, broken("make namespace: %w", err)
	}
	w.later("Namespace "+o.Namespace, func(ctx context.Context) error { return w.remove(ctx, "/api/v1/namespaces/"+o.Namespace) })
	answer, err := w.sendWhole(ctx, w.Cluster.User, client.Request{Method: http.MethodPost, Path: "/api/v1/namespaces", Body: body})
	if err != nil {
		return w, fmt.Errorf("make namespace %q: %w", o.Namespace, err)
	}
	if answer.Refused() {
		return w, &Blocked{fmt.Errorf("make namespace %q: %s", o.Namespace, answer)}
	}
	return w, nil
}

// sendWhole makes a request that is not given up when the scenario is interrupted: what it creates could not be removed if nobody knew of it.
func (w *World) sendWhole(ctx context.Context, user *client.User, request client.Request) (client.Answer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.scaled(glance))
	defer cancel()
	return user.Send(ctx, request)
}

// Perform does what a line says.
func (w *World) Perform(ctx context.Context, m Match, text *string, table [][]string) error {
	args, err := newArgs(m.values, text, table, w.vars)
	if err != nil {
		return err
	}
	if m.Step.do != nil {
		return m.Step.do(ctx, w, args)
	}
	observe, err := m.Step.observe(ctx, w, args)
	if err != nil {
		return err
	}
	switch m.Bound {
	case "within":
		return wait.Within(ctx, observe, w.scaled(m.Span))
	case "for":
		return wait.For(ctx, observe, m.Span)
	}
	return wait.Now(ctx, observe, w.scaled(glance))
}

func (w *World) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) * w.Scale) }

// later adds a part of the clean-up; the parts run in reverse order.
func (w *World) later(what string, do func(context.Context) error) {
	w.undo = append(w.undo, undo{what, do})
}

// Close removes what the scenario made, the last thing first. It tells what it could not remove. It starts the deletion of the Namespace
// and does not wait for its end.
func (w *World) Close(ctx context.Context) error {
	w.cancel()
	w.running.Wait()
	ctx, cancel := context.WithTimeout(ctx, w.scaled(cleanLimit))
	defer cancel()
	var left []error
	for _, v := range slices.Backward(w.undo) {
		if err := v.do(ctx); err != nil {
			left = append(left, fmt.Errorf("remove %s: %w", v.what, err))
		}
	}
	w.undo = nil
	return errors.Join(left...)
}

// remove deletes what is at the path; nothing being there is fine.
func (w *World) remove(ctx context.Context, path string) error {
	answer, err := w.Cluster.Send(ctx, client.Request{Method: http.MethodDelete, Path: path, Body: []byte(`{"propagationPolicy":"Background"}`)})
	if err != nil {
		return err
	}
	if answer.Refused() && answer.Code != http.StatusNotFound && answer.Code != http.StatusConflict {
		return errors.New(answer.String())
	}
	return nil
}

// release takes the finalizers off an object, which nobody else would do.
func (w *World) release(ctx context.Context, path string) error {
	return w.change(ctx, path, `{"metadata":{"finalizers":null}}`)
}

// change sends a merge patch with the rights of the kubeconfig; nothing being there is fine.
func (w *World) change(ctx context.Context, path, patch string) error {
	request := client.Request{Method: http.MethodPatch, Path: path, Body: []byte(patch), ContentType: mergePatch}
	answer, err := w.Cluster.Send(ctx, request)
	if err == nil && answer.Refused() && answer.Code != http.StatusNotFound {
		err = errors.New(answer.String())
	}
	return err
}

// kind finds a kind: one the scenario defined by itself, or one the cluster serves.
func (w *World) kind(ctx context.Context, name, apiVersion string) (client.Kind, error) {
	if kind, ok := w.kinds[name]; ok && (apiVersion == "" || apiVersion == kind.APIVersion()) {
		return kind, nil
	}
	return w.Cluster.Kinds.Find(ctx, name, apiVersion)
}

// resource gives access to the objects of a kind in a namespace, with the rights of the kubeconfig.
func (w *World) resource(kind client.Kind, namespace string) dynamic.ResourceInterface {
	if kind.Namespaced {
		return w.Cluster.Dynamic.Resource(kind.GroupVersionResource).Namespace(namespace)
	}
	return w.Cluster.Dynamic.Resource(kind.GroupVersionResource)
}

// Variables lists the variables of the scenario and their values.
func (w *World) Variables() map[string]string { return maps.Clone(w.vars) }
