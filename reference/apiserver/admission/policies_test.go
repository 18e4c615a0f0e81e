package admission_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/settings"
)

// TestPolicies holds the plugins to https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ and
// https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/. Upstream v1.36.3 passes it too.
func TestPolicies(t *testing.T) {
	flags, log := settings.New(), filepath.Join(t.TempDir(), "audit.log")
	flags.Audit.PolicyFile, flags.Audit.LogOptions.Path = filepath.Join(t.TempDir(), "policy.yaml"), log
	policy := "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata, verbs: [create], resources: [{group: '', resources: [configmaps]}]}]\n"
	if err := os.WriteFile(flags.Audit.PolicyFile, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	server := apiservertest.Run(t, apiserver.Options{Settings: flags})
	w := newWorld(t, server.ClientConfig("kubernetes-admin", "system:masters"))
	t.Run("new objects", func(t *testing.T) { newObjects(t, w) })
	t.Run("changes", func(t *testing.T) { changes(t, w) })
	t.Run("the audit log", func(t *testing.T) { audited(t, w, log) })
	t.Run("reviews and policies", func(t *testing.T) { exempt(t, w) })
}

func newObjects(t *testing.T, w *world) {
	hpa := func(label string) string {
		return `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h, namespace: policies, labels: {case: ` + label + `}}, spec: {maxReplicas: 2, ` +
			`scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]}}`
	}
	denied := func(name, rest string) string {
		return fmt.Sprintf("ValidatingAdmissionPolicy '%s' with binding '%s' denied request: %s", name, name, rest)
	}
	for name, tt := range map[string]struct {
		label, n, user, namespace, object, named string
		want                                     string // of the refusal
		warns                                    []string
		labels                                   map[string]string
		code                                     int32
	}{
		"a parameter by name":                            {label: "param", n: "4", want: denied("param", "at most 3"), code: http.StatusUnprocessableEntity},
		"a parameter that allows":                        {label: "param", n: "3"},
		"a parameter of the object's namespace":          {label: "param-here", n: "5"},
		"a parameter of the object's namespace, too low": {label: "param-here", n: "6", want: denied("param-here", "failed expression: int(object.data.n) <= int(params.data.max)")},
		"each of the selected parameters counts":         {label: "param-selected", n: "3", want: denied("param-selected", "the limit low is 2")},
		"only selected parameters count":                 {label: "param-selected", n: "2"},
		"a missing parameter":                            {label: "param-gone", want: denied("param-gone", "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction")},
		"a missing parameter that may miss":              {label: "param-optional", n: "99"},
		"a match condition about the user":               {label: "condition", user: "jane", want: denied("condition", "not for jane")},
		"a match condition about another user":           {label: "condition"},
		"a match condition that fails":                   {label: "condition-fails", want: "condition-fails"},
		"a match condition whose failure is ignored":     {label: "condition-ignored"},
		"a false match condition beside one that fails":  {label: "condition-is-false"},
		"variables build on each other":                  {label: "variable", n: "5", want: denied("variable", "twice is 10")},
		"variables that nothing needs do not fail":       {label: "variable", n: "4"},
		"a warning":                              {label: "warned", n: "2", warns: []string{"Validation failed for ValidatingAdmissionPolicy 'warned' with binding 'warned': n should be one"}},
		"no warning":                             {label: "warned", n: "1"},
		"an expression that fails":               {label: "fails", want: "expression 'object.data.none == 'x'' resulted in error: no such key: none"},
		"an expression whose failure is ignored": {label: "fails-ignored"},
		"a message expression that fails":        {label: "message", n: "2", want: denied("message", "the plain message")},
		"a reason":                               {label: "reason", n: "2", want: denied("reason", "too long"), code: http.StatusRequestEntityTooLarge},
		"the rights of the user":                 {label: "authorized"},
		"the rights of another user":             {label: "authorized", user: "jane", want: denied("authorized", "only for those who may delete secrets")},
		"the labels of the namespace":            {label: "team"},
		"the labels of another namespace":        {label: "team", namespace: "elsewhere", want: denied("team", "not in this namespace")},
		"a binding for other namespaces":         {label: "selected-namespace"},
		"a binding for the namespace":            {label: "selected-namespace", namespace: "elsewhere", want: denied("selected-namespace", "refused")},
		"an excluded name":                       {label: "spared", named: "spared"},
		"a name that is not excluded":            {label: "spared", want: denied("spared", "refused")},
		"another version of the kind":            {object: hpa("equivalent"), want: denied("equivalent", "at version autoscaling/v1")},
		"another version, exactly":               {object: hpa("exact")},
		"a costly expression":                    {label: "costly", n: "", want: "cost limit"},
		"the reviewer itself":                    {label: "none"},

		"configurations are applied one after the other": {label: "apply", n: "1", labels: map[string]string{"n": "1", "again": "1"}},
		"a JSON patch": {label: "json", n: "1", labels: map[string]string{"example.com/n": "one"}},
		"a JSON patch whose test fails changes nothing": {label: "json", n: "2", labels: map[string]string{}},
		"a mutation that fails":                         {label: "mutation-fails", want: "Unable to remove nonexistent key"},
		"a mutation whose failure is ignored":           {label: "mutation-ignored", labels: map[string]string{}},
		"a mutation with a condition":                   {label: "mutation-condition", n: "1", labels: map[string]string{"seen": "yes"}},
		"a mutation whose condition is false":           {label: "mutation-condition", n: "2", labels: map[string]string{}},
		"a mutation for each parameter":                 {label: "mutation-param", labels: map[string]string{"low": "2", "high": "20"}},
		"a mutation runs again when needed":             {label: "reinvoked", labels: map[string]string{"copy": "first", "late": "first"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := configMap(tt.label, "x-"+tt.label, tt.n)
			if tt.object != "" {
				o = object(t, tt.object)
			}
			if tt.named != "" {
				o.SetName(tt.named)
			}
			if tt.namespace != "" {
				o.SetNamespace(tt.namespace)
			}
			if tt.label == "costly" {
				set(t, o, strings.Repeat("a,", 300), "data", "l")
			}
			r, err := w.find(w.as(t, tt.user), o)
			if err != nil {
				t.Fatal(err)
			}
			w.warnings.taken()
			got, err := r.Create(t.Context(), o, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			if warns := w.warnings.taken(); !slices.Equal(warns, tt.warns) {
				t.Errorf("warned %q, want %q", warns, tt.warns)
			}
			if tt.want != "" {
				refused(t, err, tt.want, tt.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tt.labels != nil {
				labels := got.GetLabels()
				delete(labels, "case")
				if !maps.Equal(labels, tt.labels) {
					t.Errorf("labels %v, want %v", labels, tt.labels)
				}
			}
		})
	}
}

func refused(t *testing.T, err error, want string, code int32) {
	t.Helper()
	var status apierrors.APIStatus
	switch {
	case err == nil || !strings.Contains(err.Error(), want):
		t.Errorf("got %v, want %q", err, want)
	case code != 0 && (!as(err, &status) || status.Status().Code != code):
		t.Errorf("got %v, want code %d", err, code)
	}
}

func as(err error, status *apierrors.APIStatus) bool {
	s, ok := err.(apierrors.APIStatus)
	*status = s
	return ok
}

// changes proves what policies see of updates and deletions.
func changes(t *testing.T, w *world) {
	o := configMap("kept", "kept", "1")
	created, err := w.create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	r := w.resource(t, o)
	if err := r.Delete(t.Context(), "kept", metav1.DeleteOptions{}); err == nil || !strings.Contains(err.Error(), "DELETE of 1") {
		t.Errorf("delete: %v", err)
	}
	set(t, created, "2", "data", "n")
	if _, err := r.Update(t.Context(), created, metav1.UpdateOptions{}); err == nil || !strings.Contains(err.Error(), "UPDATE of 1") {
		t.Errorf("update: %v", err)
	}
	if err := r.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "case=kept"}); err == nil || !strings.Contains(err.Error(), "DELETE of 1") {
		t.Errorf("delete all: %v", err)
	}
}

// audited proves what policies leave in the audit log.
func audited(t *testing.T, w *world, log string) {
	for _, o := range []*unstructured.Unstructured{configMap("audited", "audited-2", "2"), configMap("warned", "warned-2", "2"), configMap("audited", "audited-1", "1")} {
		if _, err := w.create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	annotations := map[string]map[string]string{}
	for line := range bytes.Lines(data) {
		var e auditv1.Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		annotations[e.ObjectRef.Name] = e.Annotations
	}
	const failure = "validation.policy.admission.k8s.io/validation_failure"
	for name, want := range map[string]map[string]string{
		"audited-2": {
			"audited/number": "n is 2",
			failure:          `[{"message":"n is not one","policy":"audited","binding":"audited","expressionIndex":0,"validationActions":["Audit"]}]`,
		},
		"audited-1": {"audited/number": "n is 1", failure: ""},
		"warned-2":  {failure: `[{"message":"n should be one","policy":"warned","binding":"warned","expressionIndex":0,"validationActions":["Warn","Audit"]}]`},
	} {
		for key, value := range want {
			if got := annotations[name][key]; got != value {
				t.Errorf("%s of %s: got %q, want %q", key, name, got, value)
			}
		}
		if _, ok := annotations[name]["audited/nothing"]; ok {
			t.Errorf("%s: an annotation that is null is there", name)
		}
	}
}

// exempt proves that no policy is asked about policies and reviews.
func exempt(t *testing.T, w *world) {
	c, err := kubernetes.NewForConfig(w.config)
	if err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]string{
		"/apis/authorization.k8s.io/v1/subjectaccessreviews":                                 `{"spec": {"user": "x", "nonResourceAttributes": {"path": "/", "verb": "get"}}}`,
		"/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":                             `{"spec": {"nonResourceAttributes": {"path": "/", "verb": "get"}}}`,
		"/apis/authorization.k8s.io/v1/selfsubjectrulesreviews":                              `{"spec": {"namespace": "policies"}}`,
		"/apis/authorization.k8s.io/v1/namespaces/policies/localsubjectaccessreviews":        `{"spec": {"user": "x", "resourceAttributes": {"namespace": "policies", "verb": "get", "resource": "pods"}}}`,
		"/apis/authentication.k8s.io/v1/tokenreviews":                                        `{"spec": {"token": "x"}}`,
		"/apis/authentication.k8s.io/v1/selfsubjectreviews":                                  `{}`,
		"/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings?dryRun=All": `{"metadata": {"name": "new"}, "spec": {"policyName": "x", "validationActions": ["Deny"]}}`,
	} {
		request := c.Discovery().RESTClient().Post().RequestURI(path).SetHeader("Content-Type", "application/json").Body([]byte(body))
		if err := request.Do(t.Context()).Error(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	webhooks := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": map[string]any{"name": "new"},
	}}
	_, err = w.create(t.Context(), webhooks) // which policies may guard
	refused(t, err, "ValidatingAdmissionPolicy 'reviews' with binding 'reviews' denied request", http.StatusUnprocessableEntity)
}
