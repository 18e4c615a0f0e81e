package cleanup

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/wait"
)

// How long a removal is waited for: by itself, and after finalizers were taken away that nobody would.
const (
	Patience = 30 * time.Second
	stuck    = 10 * time.Second
)

// Remove deletes the objects and waits until they are gone. It tells each one that is gone, and returns what is left with the reason.
// What could keep the others from being deleted goes first. A finalizer that the cluster does not know was put there by a scenario: it is
// taken off, since whoever would have done that is gone.
func Remove(ctx context.Context, cluster *client.Cluster, objects []Object, gone func(Object)) (left []string) {
	r := &remover{cluster: cluster, gone: gone, refused: map[string]string{}}
	r.waiting = outside(objects)
	for _, wanted := range []func(Object) bool{isGate, isLoose, isNamespace} {
		each(r.pick(wanted), func(o Object) {
			if err := r.delete(ctx, o); err != nil {
				r.refuse(o, err)
			}
		})
	}
	r.waiting = r.pick(func(o Object) bool { return r.refused[o.path()] == "" })
	r.await(ctx, stuck)
	if len(r.waiting) > 0 {
		var namespaces []string
		for _, o := range r.pick(isNamespace) {
			namespaces = append(namespaces, o.Meta.Name)
		}
		Unstick(ctx, cluster, namespaces)
		r.await(ctx, Patience)
	}
	for _, o := range r.waiting {
		r.refused[o.path()] = o.Name() + " is still being removed" + o.why
	}
	return slices.Sorted(maps.Values(r.refused))
}

// outside leaves out what goes with its Namespace.
func outside(objects []Object) []Object {
	namespaces := map[string]bool{}
	for _, o := range objects {
		if isNamespace(o) {
			namespaces[o.Meta.Name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(objects), func(o Object) bool {
		return namespaces[o.Meta.Namespace] && !slices.ContainsFunc(o.Meta.Finalizers, foreign)
	})
}

// isGate picks what decides about requests for other objects, and may refuse their removal.
func isGate(o Object) bool {
	return o.Kind.Group == "admissionregistration.k8s.io" || o.Kind.Kind == "APIService"
}

func isNamespace(o Object) bool { return o.Kind.Kind == "Namespace" && o.Kind.Group == "" }

func isLoose(o Object) bool { return !isGate(o) && !isNamespace(o) }

type remover struct {
	cluster *client.Cluster
	gone    func(Object)
	mu      sync.Mutex
	waiting []Object
	refused map[string]string // why, by path
}

func (r *remover) pick(wanted func(Object) bool) []Object {
	return slices.DeleteFunc(slices.Clone(r.waiting), func(o Object) bool { return !wanted(o) })
}

func (r *remover) refuse(o Object, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused[o.path()] = o.Name() + ": " + err.Error()
}

// delete asks for the removal of this very object: a new one of the same name is somebody else's.
func (r *remover) delete(ctx context.Context, o Object) error {
	if err := release(ctx, r.cluster, o); err != nil {
		return err
	}
	if o.Kind.Kind == "CustomResourceDefinition" {
		// A cluster converts what it deletes, and the webhook may be gone before.
		conversion := map[string]any{"strategy": "None", "webhook": nil}
		change := map[string]any{"metadata": map[string]any{"uid": o.Meta.UID}, "spec": map[string]any{"conversion": conversion}}
		if err := send(ctx, r.cluster, http.MethodPatch, o.path(), change); err != nil {
			return err
		}
	}
	options := map[string]any{"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
	if o.Meta.UID != "" {
		options["preconditions"] = map[string]any{"uid": o.Meta.UID}
	}
	return send(ctx, r.cluster, http.MethodDelete, o.path(), options)
}

// await waits until what was deleted is gone. What is not stays in waiting, with the reason.
func (r *remover) await(ctx context.Context, limit time.Duration) {
	groups := map[group][]Object{}
	for _, o := range r.waiting {
		g := group{o.Kind, o.Run}
		groups[g] = append(groups[g], o)
	}
	r.waiting = nil
	var waits sync.WaitGroup
	for g, objects := range groups {
		waits.Go(func() { r.awaitGroup(ctx, g, objects, limit) })
	}
	waits.Wait()
}

// group is what one watch sees.
type group struct {
	kind client.Kind
	run  string
}

// awaitGroup watches objects of one kind and run go.
func (r *remover) awaitGroup(ctx context.Context, g group, objects []Object, limit time.Duration) {
	check := func(seen []*unstructured.Unstructured) error {
		there := map[string]*unstructured.Unstructured{}
		for _, object := range seen {
			there[object.GetNamespace()+"/"+object.GetName()+string(object.GetUID())] = object
		}
		still := objects[:0]
		for _, o := range objects {
			object := there[o.Meta.Namespace+"/"+o.Meta.Name+string(o.Meta.UID)]
			if object == nil {
				r.tell(o)
				continue
			}
			o.why = reason(object)
			still = append(still, o)
		}
		if objects = still; len(objects) > 0 {
			return wait.Notf("%d are there", len(objects))
		}
		return nil
	}
	resource := r.cluster.Dynamic.Resource(g.kind.GroupVersionResource)
	err := wait.Within(ctx, wait.Objects(resource, wait.Selector{Labels: steps.RunLabel + "=" + g.run}, check), limit)
	var failure *wait.Failure
	for i := range objects {
		if err != nil && !errors.As(err, &failure) {
			objects[i].why = ": " + err.Error()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, objects...)
}

func (r *remover) tell(o Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone(o)
}

// reason says what an object that is being deleted waits for: what the Namespace tells, or its finalizers.
func reason(object *unstructured.Unstructured) string {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, c := range slices.Backward(conditions) {
		condition, _ := c.(map[string]any)
		if message, _ := condition["message"].(string); object.GetKind() == "Namespace" && condition["status"] == "True" && message != "" {
			return ": " + message
		}
	}
	if finalizers := object.GetFinalizers(); len(finalizers) > 0 {
		return ": it has the finalizers " + strings.Join(finalizers, ", ")
	}
	return ""
}
