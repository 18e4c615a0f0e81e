package garbage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatrial/seatrial/reference/controllers/objects"
)

// errRead asks for another run after the informer has seen the last write. A conflict is what it would lead to.
var errRead = apierrors.NewConflict(schema.GroupResource{}, "", fmt.Errorf("the informer has not seen the last write yet"))

// patch changes metadata fields of exactly the version that the informer knows.
func (c *collector) patch(ctx context.Context, n node, obj metav1.Object, fields map[string]any) error {
	fields["uid"], fields["resourceVersion"] = obj.GetUID(), obj.GetResourceVersion()
	data, err := json.Marshal(map[string]any{"metadata": fields})
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	_, err = c.resource(n.id).Patch(ctx, n.id.Name, types.MergePatchType, data, metav1.PatchOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("patch %s %q: %w", n.id.Resource.Resource, n.id.Name, err)
	}
	return nil
}

func (c *collector) dropFinalizer(ctx context.Context, n node, obj metav1.Object, name string) error {
	left := slices.DeleteFunc(append([]string{}, obj.GetFinalizers()...), func(f string) bool { return f == name })
	return c.patch(ctx, n, obj, map[string]any{"finalizers": left})
}

// delete deletes exactly the version that the informer knows: an object that got another owner meanwhile stays.
func (c *collector) delete(ctx context.Context, n node, obj metav1.Object, policy metav1.DeletionPropagation) error {
	err := c.resource(n.id).Delete(ctx, n.id.Name, metav1.DeleteOptions{
		PropagationPolicy: &policy,
		Preconditions:     &metav1.Preconditions{UID: new(obj.GetUID()), ResourceVersion: new(obj.GetResourceVersion())},
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete %s %q: %w", n.id.Resource.Resource, n.id.Name, err)
	}
	return nil
}

// absent remembers owners that do not exist, so that a hundred dependents ask once. UIDs never come back.
type absent struct {
	mu    sync.Mutex
	known map[absentKey]bool
	order []absentKey
}

type absentKey struct {
	id  objects.Identity
	uid types.UID
}

const mostAbsent = 1000

func newAbsent() *absent { return &absent{known: map[absentKey]bool{}} }

func (a *absent) has(id objects.Identity, uid types.UID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known[absentKey{id, uid}]
}

func (a *absent) add(id objects.Identity, uid types.UID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := absentKey{id, uid}
	if a.known[key] {
		return
	}
	if len(a.order) == mostAbsent {
		delete(a.known, a.order[0])
		a.order = a.order[1:]
	}
	a.known[key] = true
	a.order = append(a.order, key)
}
