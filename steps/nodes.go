package steps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
	"github.com/seatrial/seatrial/steps/wait"
)

// simulatedKey is the label and the taint of simulated Nodes.
const simulatedKey = "seatrial.dev/simulated"

// readyStatus is what a kubelet would report.
const readyStatus = `{"status":{"conditions":[
	{"type":"Ready","status":"True","reason":"Simulated"},
	{"type":"MemoryPressure","status":"False","reason":"Simulated"},
	{"type":"DiskPressure","status":"False","reason":"Simulated"},
	{"type":"PIDPressure","status":"False","reason":"Simulated"}]}}`

// haveSimulatedNode makes the Node, reports its resources as a kubelet would, and waits until it takes Pods.
func haveSimulatedNode(ctx context.Context, w *World, a Args) error {
	a.values["kind"] = "Node"
	object, err := a.object()
	if err != nil {
		return err
	}
	kind, err := w.identify(ctx, a, object)
	if err != nil {
		return err
	}
	name := nameOf(object)
	w.mark(object)
	labels := child(object, "metadata", "labels")
	labels[simulatedKey] = w.Namespace
	fill(labels, "kubernetes.io/hostname", name)
	taints, _ := child(object, "spec")["taints"].([]any)
	child(object, "spec")["taints"] = append(taints, map[string]any{"key": simulatedKey, "value": "true", "effect": "NoSchedule"})
	allocatable := child(object, "status", "allocatable")
	for resource, amount := range map[string]string{"cpu": "4", "memory": "8Gi", "pods": "110"} {
		fill(allocatable, resource, amount)
	}
	child(object, "status")["capacity"] = allocatable
	if w.nodes = append(w.nodes, name); len(w.nodes) == 1 {
		w.later("Pods on simulated Nodes", w.removeSimulatedPods) // after the Nodes: then no other Pod gets there
	}
	answer, err := w.create(ctx, w.Cluster.User, kind, object)
	if err != nil {
		return err
	}
	if answer.Refused() {
		return &Blocked{fmt.Errorf("create simulated Node %q: %s", name, answer)}
	}
	return w.reportReady(ctx, kind, name, map[string]any{"status": child(object, "status")})
}

func (w *World) reportReady(ctx context.Context, kind client.Kind, name string, resources map[string]any) error {
	body, err := json.Marshal(resources)
	if err != nil {
		return broken("report the status of Node %q: %w", name, err)
	}
	for patchType, patch := range map[string]string{mergePatch: string(body), strategicPatch: readyStatus} {
		request := client.Request{Method: http.MethodPatch, Path: kind.Path("", name, "status"), Body: []byte(patch), ContentType: patchType}
		answer, err := w.Cluster.Send(ctx, request)
		if err != nil {
			return err
		}
		if answer.Refused() {
			return &refusal{fmt.Sprintf("report the status of Node %q", name), answer.String()}
		}
	}
	observe := w.one(kind, "", name, func(node map[string]any) error {
		if taint, _ := partial.Field(node, "spec.taints[key=node.kubernetes.io/not-ready]"); taint != nil {
			return wait.Notf("the taint node.kubernetes.io/not-ready is still there")
		}
		return nil
	})
	if err := wait.Within(ctx, observe, w.scaled(glance)); err != nil {
		return fmt.Errorf("simulated Node %q does not get ready: %w", name, err)
	}
	return nil
}

// removeSimulatedPods deletes the Pods on simulated Nodes at once, since no kubelet confirms that their containers have ended.
func (w *World) removeSimulatedPods(ctx context.Context) error {
	var left []error
	for _, node := range w.nodes {
		request := client.Request{Method: http.MethodGet, Path: "/api/v1/pods", Query: url.Values{"fieldSelector": {"spec.nodeName=" + node}}}
		answer, err := w.Cluster.Send(ctx, request)
		if err != nil {
			return err
		}
		items, _ := partial.Field(answer.Object, "items")
		pods, _ := items.([]any)
		for _, p := range pods {
			pod, _ := p.(map[string]any)
			path := "/api/v1/namespaces/" + textOf(child(pod, "metadata"), "namespace") + "/pods/" + nameOf(pod)
			answer, err := w.Cluster.Send(ctx, client.Request{Method: http.MethodDelete, Path: path, Body: []byte(`{"gracePeriodSeconds":0}`)})
			if err == nil && answer.Refused() && answer.Code != http.StatusNotFound {
				err = errors.New(answer.String())
			}
			left = append(left, err)
		}
	}
	return errors.Join(left...)
}
