package cleanup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
)

// Unstick helps Namespaces that are being deleted and do not go: it takes the finalizers off that no part of Kubernetes handles, and ends
// the Pods of Nodes that are gone, which no kubelet confirms. What cannot be done is left to the Namespace's own conditions to tell.
func Unstick(ctx context.Context, cluster *client.Cluster, namespaces []string) {
	kinds, _, _ := cluster.Kinds.Listable(ctx) // what cannot be listed cannot be released
	var places []Object
	for _, namespace := range namespaces {
		endOrphans(ctx, cluster, namespace)
		for _, kind := range kinds {
			if kind.Namespaced {
				places = append(places, Object{Kind: kind, Meta: metav1.ObjectMeta{Namespace: namespace}})
			}
		}
	}
	each(places, func(place Object) {
		metas, _ := list(ctx, cluster, place.Kind.Path(place.Meta.Namespace, "", ""), "")
		for _, meta := range metas {
			if meta.DeletionTimestamp != nil {
				_ = release(ctx, cluster, Object{Kind: place.Kind, Meta: meta})
			}
		}
	})
}

// endOrphans deletes at once the Pods of the Namespace that are being deleted and whose Node does not exist.
func endOrphans(ctx context.Context, cluster *client.Cluster, namespace string) {
	answer, err := cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/" + namespace + "/pods"})
	if err != nil {
		return
	}
	items, _ := partial.Field(answer.Object, "items")
	pods, _ := items.([]any)
	for _, pod := range pods {
		node, name := text(pod, "spec.nodeName"), text(pod, "metadata.name")
		if node == "" || text(pod, "metadata.deletionTimestamp") == "" {
			continue
		}
		found, err := cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: "/api/v1/nodes/" + node})
		if err != nil || found.Code != http.StatusNotFound {
			continue
		}
		_ = send(ctx, cluster, http.MethodDelete, "/api/v1/namespaces/"+namespace+"/pods/"+name, map[string]any{"gracePeriodSeconds": 0})
	}
}

func text(object any, path string) string {
	value, err := partial.Field(object, path)
	if err != nil {
		return ""
	}
	return partial.Text(value)
}

// release takes the finalizers off that no part of Kubernetes handles.
func release(ctx context.Context, cluster *client.Cluster, o Object) error {
	kept := slices.DeleteFunc(slices.Clone(o.Meta.Finalizers), foreign)
	if len(kept) == len(o.Meta.Finalizers) {
		return nil
	}
	return send(ctx, cluster, http.MethodPatch, o.path(), map[string]any{"metadata": map[string]any{"uid": o.Meta.UID, "finalizers": kept}})
}

// foreign reports whether the finalizer belongs to no part of Kubernetes.
func foreign(finalizer string) bool {
	domain, _, ok := strings.Cut(finalizer, "/")
	return ok && domain != "kubernetes.io" && !strings.HasSuffix(domain, ".kubernetes.io") && !strings.HasSuffix(domain, ".k8s.io")
}

func send(ctx context.Context, cluster *client.Cluster, method, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	request := client.Request{Method: method, Path: path, Body: text}
	if method == http.MethodPatch {
		request.ContentType = "application/merge-patch+json"
	}
	answer, err := cluster.Send(ctx, request)
	switch {
	case err != nil:
		return err
	case answer.Refused() && answer.Code != http.StatusNotFound && answer.Code != http.StatusConflict:
		return errors.New(answer.String())
	}
	return nil
}
