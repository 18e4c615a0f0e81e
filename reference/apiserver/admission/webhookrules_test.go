package admission_test

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// hooked serves webhooks: /deny refuses, /slow answers when its client has
// gone, /broken answers 500, /first and /second count how often they see an
// object in its annotations; /second also adds an annotation once.
func hooked(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	resp := &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	switch r.URL.Path {
	case "/deny":
		resp.Allowed, resp.Result = false, &metav1.Status{Message: "denied"}
	case "/slow":
		<-r.Context().Done()
		return
	case "/broken":
		http.Error(w, "broken", http.StatusInternalServerError)
		return
	case "/first", "/second":
		resp.PatchType = new(admissionv1.PatchTypeJSONPatch)
		resp.Patch = count(strings.TrimPrefix(r.URL.Path, "/"), review.Request.Object.Raw)
	}
	review.Response = resp
	_ = json.NewEncoder(w).Encode(review) // a client that has gone sees no answer
}

// count is a patch that adds an x to an annotation.
func count(annotation string, object []byte) []byte {
	var cm corev1.ConfigMap
	_ = json.Unmarshal(object, &cm) // what the API server sends is one
	patch, _ := json.Marshal([]map[string]any{{"op": "add", "path": "/metadata/annotations/" + annotation, "value": cm.Annotations[annotation] + "x"}})
	return patch
}

// webhookRules proves the fields of webhooks: each ConfigMap is seen by the
// webhooks that its label asks for.
func webhookRules(t *testing.T, c kubernetes.Interface) {
	namespace(t, c, "hooks", nil)
	server := httptest.NewTLSServer(http.HandlerFunc(hooked))
	defer server.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	hook := func(label, path string, change func(*admissionregistrationv1.ValidatingWebhook)) admissionregistrationv1.ValidatingWebhook {
		h := admissionregistrationv1.ValidatingWebhook{
			Name: label + ".example.com", ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: new(server.URL + path), CABundle: ca},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{"CREATE"},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
			}},
			ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"hook": label}},
			SideEffects:    new(admissionregistrationv1.SideEffectClassNone), AdmissionReviewVersions: []string{"v1"}, TimeoutSeconds: new(int32(1)),
		}
		change(&h)
		return h
	}
	as := func(policy admissionregistrationv1.FailurePolicyType) func(*admissionregistrationv1.ValidatingWebhook) {
		return func(h *admissionregistrationv1.ValidatingWebhook) { h.FailurePolicy = &policy }
	}
	mutating := func(label, path string, again admissionregistrationv1.ReinvocationPolicyType) admissionregistrationv1.MutatingWebhook {
		h := hook("again", path, func(*admissionregistrationv1.ValidatingWebhook) {})
		return admissionregistrationv1.MutatingWebhook{
			Name: label + ".example.com", ClientConfig: h.ClientConfig, Rules: h.Rules, ObjectSelector: h.ObjectSelector, SideEffects: h.SideEffects,
			AdmissionReviewVersions: h.AdmissionReviewVersions, ReinvocationPolicy: &again,
		}
	}
	_, err := c.AdmissionregistrationV1().MutatingWebhookConfigurations().Create(t.Context(), &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "again"}, Webhooks: []admissionregistrationv1.MutatingWebhook{
			mutating("first", "/first", admissionregistrationv1.IfNeededReinvocationPolicy),
			mutating("second", "/second", admissionregistrationv1.NeverReinvocationPolicy),
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(t.Context(), &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "rules"}, Webhooks: []admissionregistrationv1.ValidatingWebhook{
			hook("deny", "/deny", as(admissionregistrationv1.Ignore)),
			hook("slow", "/slow", as(admissionregistrationv1.Fail)),
			hook("slow-ignored", "/slow", as(admissionregistrationv1.Ignore)),
			hook("broken", "/broken", as(admissionregistrationv1.Fail)),
			hook("broken-ignored", "/broken", as(admissionregistrationv1.Ignore)),
			hook("effects", "/admit", func(h *admissionregistrationv1.ValidatingWebhook) {
				h.SideEffects = new(admissionregistrationv1.SideEffectClassNoneOnDryRun)
			}),
			hook("condition", "/deny", func(h *admissionregistrationv1.ValidatingWebhook) {
				h.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "named", Expression: "object.metadata.name == 'denied' && request.operation == 'CREATE'"}}
			}),
			hook("condition-fails", "/deny", func(h *admissionregistrationv1.ValidatingWebhook) {
				h.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "absent", Expression: "object.nothing == 'x'"}}
			}),
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	create := func(label, name string, dryRun ...string) (*corev1.ConfigMap, error) {
		cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"hook": label}, Annotations: map[string]string{"a": "b"}}}
		return c.CoreV1().ConfigMaps("hooks").Create(t.Context(), cm, metav1.CreateOptions{DryRun: dryRun})
	}
	eventually(t, func() (bool, error) { // both configurations are known
		_, err := create("deny", "probe", metav1.DryRunAll)
		if err == nil {
			return false, nil
		}
		cm, also := create("again", "probe", metav1.DryRunAll)
		return also == nil && cm.Annotations["first"] != "", err
	})
	tests := map[string]struct {
		label, name string
		dryRun      []string
		want        string
	}{
		"a refusal is not a failure":      {"deny", "a", nil, `admission webhook "deny.example.com" denied the request: denied`},
		"a timeout fails":                 {"slow", "a", nil, `failed calling webhook "slow.example.com"`},
		"a timeout is ignored":            {"slow-ignored", "b", nil, ""},
		"an error fails":                  {"broken", "a", nil, `failed calling webhook "broken.example.com": failed to call webhook: an error on the server ("broken") has prevented the request from succeeding`},
		"an error is ignored":             {"broken-ignored", "c", nil, ""},
		"side effects spare dry runs":     {"effects", "d", []string{metav1.DryRunAll}, ""},
		"a condition holds":               {"condition", "denied", nil, "denied the request"},
		"a condition does not hold":       {"condition", "e", nil, ""},
		"a condition that fails, refuses": {"condition-fails", "f", nil, `configmaps "f" is forbidden: expression 'object.nothing == 'x'' resulted in error: no such key: nothing`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := create(tt.label, tt.name, tt.dryRun...)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if strings.Contains(tt.want, "failed calling") && !apierrors.IsInternalError(err) {
				t.Errorf("got %v, want an internal error", err)
			}
		})
	}
	t.Run("a webhook sees what later ones changed", func(t *testing.T) {
		cm, err := create("again", "again")
		if err != nil {
			t.Fatal(err)
		}
		if cm.Annotations["first"] != "xx" || cm.Annotations["second"] != "x" {
			t.Errorf("seen %v", cm.Annotations)
		}
	})
}
