package admission_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

// warned keeps warnings.
type warned struct {
	mu   sync.Mutex
	text []string
}

func (w *warned) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, text)
}

// taken returns the warnings since the last call.
func (w *warned) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.text
	w.text = nil
	return text
}

// world is a server with the objects of testdata/policies.
type world struct {
	config   *rest.Config
	client   dynamic.Interface
	mapper   meta.RESTMapper
	warnings warned
}

// newWorld creates them, and waits until the last policy is in force.
func newWorld(t *testing.T, config *rest.Config) *world {
	t.Helper()
	w := &world{config: rest.CopyConfig(config)}
	w.config.WarningHandler, w.config.WarningHandlerWithContext = &w.warnings, nil
	var err error
	if w.client, err = dynamic.NewForConfig(w.config); err != nil {
		t.Fatal(err)
	}
	w.discover(t)
	for _, file := range []string{"kind", "world"} {
		for _, o := range documents(t, file) {
			eventually(t, func() (bool, error) { // a new kind is served soon
				if file == "world" && strings.HasPrefix(o.GetAPIVersion(), "example.com/") {
					w.discover(t)
				}
				_, err := w.create(t.Context(), o)
				return err == nil || apierrors.IsAlreadyExists(err), err
			})
		}
	}
	for _, o := range append(documents(t, "validating"), documents(t, "mutating")...) {
		w.policy(t, o)
	}
	w.await(t, "last", "", "all are in force")
	w.await(t, "last-mutation", "", "Unable to remove nonexistent key")
	w.await(t, "param", "99", "at most 3") // parameters have informers of their own
	w.await(t, "param-selected", "99", "the limit low is 2")
	eventually(t, func() (bool, error) {
		r := w.resource(t, configMap("mutation-param", "await", ""))
		o, err := r.Create(t.Context(), configMap("mutation-param", "await", ""), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err == nil && len(o.GetLabels()) == 3, err
	})
	return w
}

func (w *world) discover(t *testing.T) {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(w.config)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := restmapper.GetAPIGroupResources(client)
	if err != nil {
		t.Fatal(err)
	}
	w.mapper = restmapper.NewDiscoveryRESTMapper(groups)
}

func documents(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "policies", file+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for doc := range bytes.SplitSeq(data, []byte("\n---\n")) {
		all = append(all, object(t, string(doc)))
	}
	return all
}

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict([]byte(text), &o.Object); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return o
}

// policy creates a policy or a binding. What a policy leaves out is about new ConfigMaps whose label says so; a policy that has no binding gets one.
func (w *world) policy(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	name := o.GetName()
	if !strings.HasSuffix(o.GetKind(), "Binding") {
		match, _, _ := unstructured.NestedMap(o.Object, "spec", "matchConstraints")
		defaults := map[string]any{
			"objectSelector": map[string]any{"matchLabels": map[string]any{"case": name}},
			"resourceRules": []any{map[string]any{
				"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"CREATE"}, "resources": []any{"configmaps"},
			}},
		}
		maps.Copy(defaults, match)
		set(t, o, defaults, "spec", "matchConstraints")
		if o.GetKind() == "MutatingAdmissionPolicy" {
			if _, found, _ := unstructured.NestedString(o.Object, "spec", "reinvocationPolicy"); !found {
				set(t, o, "Never", "spec", "reinvocationPolicy")
			}
		}
	}
	if _, err := w.create(t.Context(), o); err != nil {
		t.Fatalf("create %s %q: %v", o.GetKind(), name, err)
	}
	if _, hasParams, _ := unstructured.NestedMap(o.Object, "spec", "paramKind"); hasParams || strings.HasSuffix(o.GetKind(), "Binding") ||
		slices.Contains([]string{"warned", "audited", "selected-namespace"}, name) {
		return
	}
	binding := map[string]any{"policyName": name}
	if o.GetKind() == "ValidatingAdmissionPolicy" {
		binding["validationActions"] = []any{"Deny"}
	}
	w.policy(t, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": o.GetAPIVersion(), "kind": o.GetKind() + "Binding", "metadata": map[string]any{"name": name}, "spec": binding,
	}})
}

func set(t *testing.T, o *unstructured.Unstructured, value any, path ...string) {
	t.Helper()
	if err := unstructured.SetNestedField(o.Object, value, path...); err != nil {
		t.Fatal(err)
	}
}

// await waits until a write is refused.
func (w *world) await(t *testing.T, label, n, want string) {
	t.Helper()
	eventually(t, func() (bool, error) {
		o := configMap(label, "await", n)
		_, err := w.resource(t, o).Create(t.Context(), o, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err != nil && strings.Contains(err.Error(), want), err
	})
}

func configMap(label, name, n string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"n": n},
		"metadata": map[string]any{"name": name, "namespace": "policies", "labels": map[string]any{"case": label}},
	}}
}

func (w *world) resource(t *testing.T, o *unstructured.Unstructured) dynamic.ResourceInterface {
	t.Helper()
	r, err := w.find(w.client, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) find(client dynamic.Interface, o *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := o.GroupVersionKind()
	mapping, err := w.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	if ns := o.GetNamespace(); ns != "" {
		return client.Resource(mapping.Resource).Namespace(ns), nil
	}
	return client.Resource(mapping.Resource), nil
}

func (w *world) create(ctx context.Context, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	r, err := w.find(w.client, o)
	if err != nil {
		return nil, err
	}
	return r.Create(ctx, o, metav1.CreateOptions{})
}

// as is a client of another user.
func (w *world) as(t *testing.T, user string) dynamic.Interface {
	t.Helper()
	if user == "" {
		return w.client
	}
	config := rest.CopyConfig(w.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
