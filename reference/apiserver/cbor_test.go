package apiserver_test

import (
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer/cbor/direct"
	"k8s.io/apiserver/pkg/features"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/kubernetes"
	featuregatetesting "k8s.io/component-base/featuregate/testing"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#cbor-encoding
// It runs alone: the gate is one of the process.
func TestCBORIsSpokenWhereItsGateSaysSo(t *testing.T) {
	for _, on := range []bool{false, true} {
		featuregatetesting.SetFeatureGateDuringTest(t, utilfeature.DefaultFeatureGate, features.CBORServingAndStorage, on)
		s := apiservertest.Run(t, apiserver.Options{})
		client := kubernetes.NewForConfigOrDie(s.ClientConfig("admin", "system:masters")).CoreV1().RESTClient()
		body := must[[]byte](t)(direct.Marshal(map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a"}, "data": map[string]any{"colour": "blue"},
		}))
		var code int
		answer, _ := client.Post().Resource("configmaps").Namespace(metav1.NamespaceDefault).Body(body).
			SetHeader("Content-Type", "application/cbor").SetHeader("Accept", "application/cbor").Do(t.Context()).StatusCode(&code).Raw()
		if !on {
			if code != http.StatusNotAcceptable {
				t.Errorf("without the gate the answer is %d, want %d", code, http.StatusNotAcceptable)
			}
			continue
		}
		var got corev1.ConfigMap
		if err := direct.Unmarshal(answer, &got); err != nil || code != http.StatusCreated || got.Data["colour"] != "blue" || got.UID == "" {
			t.Errorf("%d %v, %v: %q", code, err, got, answer)
		}
	}
}
