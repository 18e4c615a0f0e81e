// Package garbage deletes objects whose owners have gone, and carries out foreground and orphan deletion.
//
// It watches the metadata of every resource that can be deleted. Only objects with owner references
// and objects that wait for their dependents are kept in a graph; whether an owner exists is looked
// up in the informer of its kind and, when it is not there, asked of the API server.
package garbage

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/objects"
)

const (
	// syncing is the wait while the informer of a new resource reads what there is.
	syncing = 50 * time.Millisecond
	// unknownKind is the wait for an owner of a kind that is not served.
	unknownKind = 30 * time.Second
)

// New declares the controller. Its keys are the UIDs of objects. It learns of objects from all, which must be run by the caller.
func New(env controller.Env, client metadata.Interface, all *objects.Watchers) (controller.Controller, error) {
	source := controller.NewSource()
	c := &collector{
		client: client, graph: newGraph(source), events: env.Recorder("garbage-collector-controller"), objects: all, absent: newAbsent(),
	}
	all.Listen(c.graph)
	return controller.Controller{
		Name:      "garbage-collector",
		Reconcile: c.reconcile,
		Workers:   8,
		Source:    source,
	}, nil
}

type collector struct {
	client  metadata.Interface
	graph   *graph
	objects *objects.Watchers
	events  record.EventRecorder
	absent  *absent
}

func (c *collector) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	if !c.objects.Synced() {
		return syncing, nil
	}
	n, ok := c.graph.get(types.UID(key.Name))
	if !ok {
		return 0, nil
	}
	obj := c.objects.Object(n.id)
	switch {
	case obj == nil || obj.GetUID() != n.uid:
		return 0, nil // its deletion is on the way
	case n.orphaning:
		return 0, c.orphan(ctx, n, obj)
	case n.foreground:
		return 0, c.foreground(ctx, n, obj)
	case n.deleting:
		return 0, nil
	}
	return c.child(ctx, n, obj)
}

// child deletes an object none of whose owners exists any more, and takes from others the references
// to owners that have gone.
func (c *collector) child(ctx context.Context, n node, obj metav1.Object) (time.Duration, error) {
	var owners []owner
	for _, ref := range obj.GetOwnerReferences() {
		state, err := c.state(ctx, n, obj, ref)
		if err != nil {
			return 0, fmt.Errorf("look for owner %s %q: %w", ref.Kind, ref.Name, err)
		}
		owners = append(owners, owner{ref, state})
	}
	switch d := decide(owners, len(c.graph.dependents(n.uid)) > 0); d.action {
	case retry:
		return unknownKind, nil
	case detach:
		return 0, c.patch(ctx, n, obj, map[string]any{"ownerReferences": references(d.keep)})
	case remove:
		if d.policy == metav1.DeletePropagationForeground {
			if err := c.unblock(ctx, n, obj); err != nil {
				return 0, err
			}
		}
		return 0, c.delete(ctx, n, obj, policyOf(obj, d.policy))
	}
	return 0, nil
}

// state finds out about the owner, at first from the informers.
func (c *collector) state(ctx context.Context, n node, obj metav1.Object, ref metav1.OwnerReference) (ownerState, error) {
	kind := schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind).GroupKind()
	r, ok := c.objects.Resource(kind)
	switch {
	case !ok:
		c.objects.Refresh() // its kind may be served since a moment ago
		return unknown, nil
	case r.Namespaced && n.id.Namespace == "":
		c.warn(n, obj, ref)
		return unreachable, nil
	}
	id := objects.Identity{Resource: r.GroupVersionResource, Name: ref.Name}
	if r.Namespaced {
		id.Namespace = n.id.Namespace
	}
	if found := c.objects.Object(id); found != nil && found.GetUID() == ref.UID {
		return stateOf(found), nil
	}
	if c.absent.has(id, ref.UID) {
		return gone, nil
	}
	found, err := c.resource(id).Get(ctx, id.Name, metav1.GetOptions{})
	if err == nil && found.UID == ref.UID {
		return stateOf(found), nil
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return unknown, err
	}
	if elsewhere, ok := c.graph.get(ref.UID); ok && elsewhere.id.Namespace != id.Namespace {
		c.warn(n, obj, ref)
	}
	c.absent.add(id, ref.UID)
	return gone, nil
}

// warn tells about an owner that lives in another namespace than its dependent, which is not allowed.
func (c *collector) warn(n node, obj metav1.Object, ref metav1.OwnerReference) {
	c.events.Eventf(&corev1.ObjectReference{
		APIVersion: n.id.Resource.GroupVersion().String(), Kind: c.objects.Kind(n.id.Resource),
		Namespace: n.id.Namespace, Name: n.id.Name, UID: obj.GetUID(),
	}, corev1.EventTypeWarning, "OwnerRefInvalidNamespace",
		"ownerRef %s %s, name: %s, uid: %s does not exist in namespace %q", ref.APIVersion, ref.Kind, ref.Name, ref.UID, n.id.Namespace)
}

func (c *collector) resource(id objects.Identity) metadata.ResourceInterface {
	if id.Namespace == "" {
		return c.client.Resource(id.Resource)
	}
	return c.client.Resource(id.Resource).Namespace(id.Namespace)
}

// orphan takes the references to the owner from its dependents, then lets the owner go.
func (c *collector) orphan(ctx context.Context, n node, obj metav1.Object) error {
	dependents := c.graph.dependents(n.uid)
	_, err := controller.Each(len(dependents), func(i int) error {
		child := c.objects.Object(dependents[i].id)
		if child == nil || child.GetUID() != dependents[i].uid {
			return nil
		}
		return c.patch(ctx, dependents[i], child, map[string]any{"ownerReferences": references(without(child.GetOwnerReferences(), n.uid))})
	})
	if err != nil {
		return err
	}
	return c.dropFinalizer(ctx, n, obj, metav1.FinalizerOrphanDependents)
}

// foreground deletes the dependents; when none is left that blocks the owner, it lets the owner go.
func (c *collector) foreground(ctx context.Context, n node, obj metav1.Object) error {
	blocked := false
	for _, child := range c.graph.dependents(n.uid) {
		if child.blocks[n.uid] {
			blocked = true
			c.graph.wake(child.uid)
		}
	}
	if blocked {
		return nil
	}
	return c.dropFinalizer(ctx, n, obj, metav1.FinalizerDeleteDependents)
}

// unblock stops a child from blocking its owners when one of its own dependents waits for it in turn;
// a circle of owners would wait for itself for ever.
func (c *collector) unblock(ctx context.Context, n node, obj metav1.Object) error {
	circular := false
	for _, d := range c.graph.dependents(n.uid) {
		circular = circular || d.foreground
	}
	if !circular {
		return nil
	}
	refs := references(obj.GetOwnerReferences())
	for i := range refs {
		refs[i].BlockOwnerDeletion = new(false)
	}
	if err := c.patch(ctx, n, obj, map[string]any{"ownerReferences": refs}); err != nil {
		return err
	}
	return errRead // the deletion needs the version that this write made
}
