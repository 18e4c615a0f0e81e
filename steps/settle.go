package steps

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
	"github.com/seatrial/seatrial/steps/wait"
)

// settle waits until the object does its work.
func (w *World) settle(ctx context.Context, kind client.Kind, object map[string]any) error {
	name, namespace := nameOf(object), textOf(child(object, "metadata"), "namespace")
	if kind.Kind == "Service" {
		return w.settleService(ctx, namespace, name)
	}
	check, ok := settled(kind.Kind)
	if !ok {
		return broken("make a ready %s: the kit does not know when one is ready", kind.Kind)
	}
	observe := w.one(kind, namespace, name, check)
	if err := wait.Within(ctx, observe, w.scaled(settleLimit)); err != nil {
		return fmt.Errorf("%s %q does not get ready: %w", kind.Kind, name, err)
	}
	if kind.Kind == "CustomResourceDefinition" {
		return w.settleCustomResource(ctx, w.kinds[textOf(child(object, "spec", "names"), "kind")])
	}
	return nil
}

// settled returns the check of a kind.
func settled(kind string) (func(map[string]any) error, bool) {
	checks := map[string]func(map[string]any) error{
		"Pod":                      podReady,
		"ReplicaSet":               replicasReady("readyReplicas"),
		"ReplicationController":    replicasReady("readyReplicas"),
		"StatefulSet":              replicasReady("readyReplicas", "updatedReplicas"),
		"Deployment":               replicasReady("replicas", "updatedReplicas", "availableReplicas"),
		"DaemonSet":                daemonsReady,
		"PersistentVolume":         fieldIs("status.phase", "Available"),
		"Namespace":                fieldIs("status.phase", "Active"),
		"CustomResourceDefinition": fieldIs("status.conditions[type=Established].status", "True"),
		"PersistentVolumeClaim":    fieldIs("status.phase", "Bound"),
	}
	check, ok := checks[kind]
	return check, ok
}

func fieldIs(path, want string) func(map[string]any) error {
	return func(object map[string]any) error {
		got, err := partial.Field(object, path)
		if err != nil {
			return err
		}
		if partial.Text(got) != want {
			return wait.Notf("%s is %q", path, partial.Text(got))
		}
		return nil
	}
}

func podReady(pod map[string]any) error {
	phase := textOf(child(pod, "status"), "phase")
	if phase == "Failed" || phase == "Succeeded" {
		return fmt.Errorf("the pod has ended: phase %s: %s", phase, podState(pod))
	}
	if err := fieldIs("status.conditions[type=Ready].status", "True")(pod); err != nil {
		return wait.Notf("phase %s: %s", phase, podState(pod))
	}
	return nil
}

// podState tells in one line what keeps a Pod from being ready.
func podState(pod map[string]any) string {
	var parts []string
	if reason, _ := partial.Field(pod, "status.conditions[type=PodScheduled].message"); reason != nil {
		parts = append(parts, partial.Text(reason))
	}
	for _, list := range []string{"initContainerStatuses", "containerStatuses"} {
		statuses, _ := child(pod, "status")[list].([]any)
		for _, s := range statuses {
			status, _ := s.(map[string]any)
			if ready, _ := status["ready"].(bool); ready {
				continue
			}
			for state, detail := range child(status, "state") {
				detail, _ := detail.(map[string]any)
				parts = append(parts, strings.TrimSpace(fmt.Sprintf("container %s is %s %s %s", textOf(status, "name"), state, textOf(detail, "reason"), textOf(detail, "message"))))
			}
		}
	}
	if len(parts) == 0 {
		return "no container has a status"
	}
	return strings.Join(parts, "; ")
}

func replicasReady(counters ...string) func(map[string]any) error {
	return func(object map[string]any) error {
		want := int64(1)
		if n, ok := child(object, "spec")["replicas"].(int64); ok {
			want = n
		}
		if err := observed(object); err != nil {
			return err
		}
		for _, counter := range counters {
			if got, _ := child(object, "status")[counter].(int64); got != want {
				return wait.Notf("status.%s is %d of %d", counter, got, want)
			}
		}
		return nil
	}
}

// daemonsReady demands a ready and updated Pod on every node that is to have one, which is at least one node.
func daemonsReady(object map[string]any) error {
	if err := observed(object); err != nil {
		return err
	}
	status := child(object, "status")
	want, _ := status["desiredNumberScheduled"].(int64)
	for _, counter := range []string{"numberReady", "updatedNumberScheduled"} {
		if got, _ := status[counter].(int64); want == 0 || got != want {
			return wait.Notf("status.%s is %d of %d", counter, got, want)
		}
	}
	return nil
}

// observed demands that the status belongs to the present spec.
func observed(object map[string]any) error {
	generation, _ := child(object, "metadata")["generation"].(int64)
	if seen, _ := child(object, "status")["observedGeneration"].(int64); seen < generation {
		return wait.Notf("status.observedGeneration is %d of %d", seen, generation)
	}
	return nil
}

func (w *World) settleService(ctx context.Context, namespace, name string) error {
	kind, err := w.kind(ctx, "EndpointSlice", "")
	if err != nil {
		return err
	}
	selector := wait.Selector{Labels: "kubernetes.io/service-name=" + name}
	observe := wait.Objects(w.resource(kind, namespace), selector, func(slices []*unstructured.Unstructured) error {
		for _, slice := range slices {
			if ready, _ := partial.Field(slice.Object, "endpoints[0].conditions.ready"); ready == true {
				return nil
			}
		}
		return wait.Notf("none of %d EndpointSlices has a ready endpoint", len(slices))
	})
	if err := wait.Within(ctx, observe, w.scaled(settleLimit)); err != nil {
		return fmt.Errorf("wait for Service %q: %w", name, err)
	}
	return nil
}

// settleCustomResource waits until the new resource can be listed, which comes a moment after the condition Established.
func (w *World) settleCustomResource(ctx context.Context, kind client.Kind) error {
	observe := wait.Objects(w.resource(kind, ""), wait.Selector{}, func([]*unstructured.Unstructured) error { return nil })
	if err := wait.Within(ctx, observe, w.scaled(settleLimit)); err != nil {
		return fmt.Errorf("%s cannot be listed: %w", kind.Kind, err)
	}
	return nil
}

// awaitAccount waits for the ServiceAccount that every Pod of the Namespace needs, which a controller makes.
func (w *World) awaitAccount(ctx context.Context) error {
	if w.account {
		return nil
	}
	kind, err := w.kind(ctx, "ServiceAccount", "v1")
	if err != nil {
		return err
	}
	exists := w.one(kind, w.Namespace, "default", func(map[string]any) error { return nil })
	if err := wait.Within(ctx, exists, w.scaled(glance)); err != nil {
		return fmt.Errorf("wait for ServiceAccount \"default\" of the Namespace: %w", err)
	}
	w.account = true
	return nil
}

// one observes a single object; check sees it whenever it is there.
func (w *World) one(kind client.Kind, namespace, name string, check func(map[string]any) error) wait.Observer {
	selector := wait.Selector{Fields: "metadata.name=" + name}
	return wait.Objects(w.resource(kind, namespace), selector, func(objects []*unstructured.Unstructured) error {
		if len(objects) == 0 {
			return wait.Notf("%s %q does not exist", kind.Kind, name)
		}
		return check(objects[0].Object)
	})
}
