package admission_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// answers is a webhook that answers what the path says, and keeps the requests by path.
type answers struct {
	mu   sync.Mutex
	seen map[string][]admissionv1.AdmissionRequest
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, fmt.Sprintf("read review: %v", err), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	a.seen[r.URL.Path] = append(a.seen[r.URL.Path], *review.Request)
	a.mu.Unlock()
	resp := &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	if bad, patch := wrong(r.URL.Path, &review, resp); bad {
		resp.Patch = []byte(patch)
	}
	review.Response, review.Request = resp, nil
	_ = json.NewEncoder(w).Encode(review) // a client that has gone sees no answer
}

// wrong makes the answer that the path asks for, and says whether it has a patch.
func wrong(path string, review *admissionv1.AdmissionReview, resp *admissionv1.AdmissionResponse) (patched bool, patch string) {
	const label = `[{"op":"add","path":"/metadata/labels/seen","value":"yes"}]`
	switch path {
	case "/patch":
		resp.PatchType = new(admissionv1.PatchTypeJSONPatch)
		return true, label
	case "/patch-without-type":
		return true, label
	case "/patch-of-another-type":
		resp.PatchType = new(admissionv1.PatchType("Merge"))
		return true, label
	case "/patch-that-fails":
		resp.PatchType = new(admissionv1.PatchTypeJSONPatch)
		return true, `[{"op":"remove","path":"/data/none"}]`
	case "/patch-no-json":
		resp.PatchType = new(admissionv1.PatchTypeJSONPatch)
		return true, `[{`
	case "/other-uid":
		resp.UID = "other"
	case "/other-version":
		review.APIVersion = "admission.k8s.io/v1beta1"
	case "/other-kind":
		review.Kind = "Review"
	case "/warn":
		resp.Warnings = []string{"first", "second"}
		resp.AuditAnnotations = map[string]string{"a": "b"}
	case "/refuse":
		resp.Allowed = false
		resp.Result = &metav1.Status{Code: http.StatusTeapot, Message: "short and stout", Reason: "Teapot"}
	case "/refuse-without-result":
		resp.Allowed = false
	}
	return false, ""
}

func (a *answers) of(path string) []admissionv1.AdmissionRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.seen[path])
}

// TestWebhookAnswers holds the plugins to https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response.
func TestWebhookAnswers(t *testing.T) { webhookAnswers(t, apiservertest.Start(t)) }

func webhookAnswers(t *testing.T, config *rest.Config) {
	hook := &answers{seen: map[string][]admissionv1.AdmissionRequest{}}
	server := httptest.NewTLSServer(hook)
	t.Cleanup(server.Close)
	warnings := &warned{}
	config = rest.CopyConfig(config)
	config.WarningHandler, config.WarningHandlerWithContext = warnings, nil
	c, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	namespace(t, c, "answers", map[string]string{"hooked": "yes"})
	namespace(t, c, "free", nil)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	paths := []string{
		"allow", "patch", "patch-without-type", "patch-of-another-type", "patch-that-fails", "patch-no-json",
		"other-uid", "other-version", "other-kind", "warn", "refuse", "refuse-without-result", "last",
	}
	configuration := &admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "answers"}}
	for _, path := range paths {
		configuration.Webhooks = append(configuration.Webhooks, admissionregistrationv1.MutatingWebhook{
			Name: path + ".example.com", AdmissionReviewVersions: []string{"v1"}, SideEffects: new(admissionregistrationv1.SideEffectClassNoneOnDryRun),
			ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: new(server.URL + "/" + path), CABundle: ca},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.OperationAll},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{"*"}, APIVersions: []string{"*"}, Resources: []string{"*/*"}},
			}},
			ObjectSelector:    &metav1.LabelSelector{MatchLabels: map[string]string{"case": path}},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"hooked": "yes"}},
		})
	}
	if _, err := c.AdmissionregistrationV1().MutatingWebhookConfigurations().Create(t.Context(), configuration, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	create := func(namespace, label string) (*corev1.ConfigMap, error) {
		cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: label, Labels: map[string]string{"case": label}}}
		return c.CoreV1().ConfigMaps(namespace).Create(t.Context(), cm, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: "me"})
	}
	eventually(t, func() (bool, error) {
		_, err := create("answers", "last")
		return err == nil && len(hook.of("/last")) > 0, err
	})
	warnings.taken()
	for name, tt := range map[string]struct {
		label, want string
		code        int32
		warns       []string
	}{
		"consent":                     {label: "allow"},
		"a patch":                     {label: "patch"},
		"a patch without a type":      {label: "patch-without-type", want: "webhook returned response.patch but not response.patchType", code: http.StatusInternalServerError},
		"a patch of another type":     {label: "patch-of-another-type", want: `unsupported patch type "Merge"`, code: http.StatusInternalServerError},
		"a patch that does not apply": {label: "patch-that-fails", want: "remove operation does not apply: doc is missing path", code: http.StatusInternalServerError},
		"a patch that is no JSON":     {label: "patch-no-json", want: "unexpected end of JSON input", code: http.StatusInternalServerError},
		"the uid of another request":  {label: "other-uid", want: `expected response.uid=`, code: http.StatusInternalServerError},
		"another version":             {label: "other-version", want: "converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion", code: http.StatusInternalServerError},
		"another kind":                {label: "other-kind", want: `no kind "Review" is registered for version "admission.k8s.io/v1"`, code: http.StatusInternalServerError},
		"warnings":                    {label: "warn", warns: []string{"first", "second"}},
		"a refusal with its code":     {label: "refuse", want: `admission webhook "refuse.example.com" denied the request: short and stout`, code: http.StatusTeapot},
		"a refusal without a result":  {label: "refuse-without-result", want: `admission webhook "refuse-without-result.example.com" denied the request without explanation`, code: http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			cm, err := create("answers", tt.label)
			if warns := warnings.taken(); !slices.Equal(warns, tt.warns) {
				t.Errorf("warned %q, want %q", warns, tt.warns)
			}
			switch {
			case tt.want != "":
				refused(t, err, tt.want, tt.code)
			case err != nil:
				t.Error(err)
			case (cm.Labels["seen"] == "yes") != (tt.label == "patch"):
				t.Errorf("labels %v", cm.Labels)
			}
		})
	}
	t.Run("what a webhook is told", func(t *testing.T) {
		seen := hook.of("/allow")
		if len(seen) == 0 {
			t.Fatal("no request")
		}
		r := seen[len(seen)-1]
		var options metav1.CreateOptions
		if err := json.Unmarshal(r.Options.Raw, &options); err != nil {
			t.Fatal(err)
		}
		if r.DryRun == nil || !*r.DryRun || options.FieldManager != "me" || options.Kind != "CreateOptions" || r.Operation != admissionv1.Create || r.Name != "allow" ||
			r.Namespace != "answers" || r.Resource.Resource != "configmaps" || r.RequestKind.Kind != "ConfigMap" || r.UserInfo.Username != "kubernetes-admin" ||
			string(r.OldObject.Raw) != "null" && len(r.OldObject.Raw) > 0 || r.UID == "" {
			t.Errorf("got %+v, options %+v", r, options)
		}
	})
	t.Run("another namespace is left alone", func(t *testing.T) {
		before := len(hook.of("/refuse"))
		if _, err := create("free", "refuse"); err != nil || len(hook.of("/refuse")) != before {
			t.Errorf("got %v", err)
		}
	})
	t.Run("webhooks are not asked about webhooks and policies", func(t *testing.T) {
		labels := map[string]string{"case": "refuse"}
		api, dry := c.AdmissionregistrationV1(), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
		_, first := api.ValidatingWebhookConfigurations().Create(t.Context(), &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "x", Labels: labels}}, dry)
		_, second := api.MutatingAdmissionPolicyBindings().Create(t.Context(), &admissionregistrationv1.MutatingAdmissionPolicyBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "x", Labels: labels}, Spec: admissionregistrationv1.MutatingAdmissionPolicyBindingSpec{PolicyName: "p"},
		}, dry)
		if first != nil || second != nil {
			t.Errorf("got %v, %v", first, second)
		}
		_, err := c.CoordinationV1().Leases("answers").Create(t.Context(), lease(labels), dry)
		if err == nil || !strings.Contains(err.Error(), "short and stout") {
			t.Errorf("a lease: %v", err)
		}
	})
}

func lease(labels map[string]string) *coordinationv1.Lease {
	return &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "x", Labels: labels}}
}
