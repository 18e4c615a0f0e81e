// Package scales reads and writes the size of any object that serves the subresource scale.
package scales

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// ErrUnknownKind means that no resource of the kind is served.
var ErrUnknownKind = errors.New("kind is not served")

// Client reads and writes scales.
type Client struct {
	Dynamic dynamic.Interface
	// Resource finds the resource of a kind.
	Resource func(kind schema.GroupKind) (schema.GroupVersionResource, bool)
}

// Target names the object that is scaled.
type Target struct {
	schema.GroupKind
	Namespace, Name string
}

func (c Client) resource(t Target) (dynamic.ResourceInterface, error) {
	gvr, ok := c.Resource(t.GroupKind)
	if !ok {
		return nil, fmt.Errorf("scale of %s %q: %w", t.GroupKind, t.Name, ErrUnknownKind)
	}
	return c.Dynamic.Resource(gvr).Namespace(t.Namespace), nil
}

// Get reads the scale.
func (c Client) Get(ctx context.Context, t Target) (*autoscalingv1.Scale, error) {
	r, err := c.resource(t)
	if err != nil {
		return nil, err
	}
	obj, err := r.Get(ctx, t.Name, metav1.GetOptions{}, "scale")
	if err != nil {
		return nil, fmt.Errorf("read scale of %s %q: %w", t.GroupKind, t.Name, err)
	}
	var scale autoscalingv1.Scale
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &scale); err != nil {
		return nil, fmt.Errorf("decode scale of %s %q: %w", t.GroupKind, t.Name, err)
	}
	return &scale, nil
}

// Set writes the number of replicas.
func (c Client) Set(ctx context.Context, t Target, replicas int32) error {
	r, err := c.resource(t)
	if err != nil {
		return err
	}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"replicas": replicas}})
	if err != nil {
		return fmt.Errorf("encode scale: %w", err)
	}
	if _, err := r.Patch(ctx, t.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "scale"); err != nil {
		return fmt.Errorf("write scale of %s %q: %w", t.GroupKind, t.Name, err)
	}
	return nil
}
