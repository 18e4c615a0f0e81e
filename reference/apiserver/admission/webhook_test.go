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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// webhooks proves that a mutating webhook changes and a validating one refuses.
func webhooks(t *testing.T, c kubernetes.Interface) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		review.Response = answer(r.URL.Path, review.Request)
		_ = json.NewEncoder(w).Encode(review) // a client that has gone sees no answer
	}))
	defer server.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	at := func(path string) admissionregistrationv1.WebhookClientConfig {
		return admissionregistrationv1.WebhookClientConfig{URL: new(server.URL + path), CABundle: ca}
	}
	onServices := []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{"CREATE"},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"services"}},
	}}
	api := c.AdmissionregistrationV1()
	_, err := api.MutatingWebhookConfigurations().Create(t.Context(), &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "label"},
		Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name: "label.example.com", ClientConfig: at("/mutate"), Rules: onServices,
			SideEffects: new(admissionregistrationv1.SideEffectClassNone), AdmissionReviewVersions: []string{"v1"},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.ValidatingWebhookConfigurations().Create(t.Context(), &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "deny"},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: "deny.example.com", ClientConfig: at("/validate"), Rules: onServices,
			SideEffects: new(admissionregistrationv1.SideEffectClassNone), AdmissionReviewVersions: []string{"v1"},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	service := func(name string) *corev1.Service {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{GenerateName: name}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}}}
	}
	eventually(t, func() (bool, error) {
		s, err := c.CoreV1().Services("blue").Create(t.Context(), service("good-"), metav1.CreateOptions{})
		return err == nil && s.Labels["seen"] == "yes", err
	})
	eventually(t, func() (bool, error) {
		_, err := c.CoreV1().Services("blue").Create(t.Context(), service("bad-"), metav1.CreateOptions{})
		return err != nil && strings.Contains(err.Error(), `admission webhook "deny.example.com" denied the request: not this one`), err
	})
}

func answer(path string, r *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
	resp := &admissionv1.AdmissionResponse{UID: r.UID, Allowed: true}
	var svc corev1.Service
	if err := json.Unmarshal(r.Object.Raw, &svc); err != nil {
		return &admissionv1.AdmissionResponse{UID: r.UID, Result: &metav1.Status{Message: err.Error()}}
	}
	switch {
	case path == "/mutate":
		resp.Patch = []byte(`[{"op":"add","path":"/metadata/labels","value":{"seen":"yes"}}]`)
		resp.PatchType = new(admissionv1.PatchTypeJSONPatch)
	case strings.HasPrefix(svc.GenerateName, "bad-"):
		resp.Allowed, resp.Result = false, &metav1.Status{Message: "not this one"}
	}
	return resp
}
