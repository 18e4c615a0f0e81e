package steps_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/steps/standin"
)

// YAML cannot say a field twice, and would put the fields in another order.
func TestABodyThatIsJSONIsSentUnchanged(t *testing.T) {
	const path = "/api/v1/namespaces/ns-1/configmaps"
	for text, want := range map[string]string{
		`{"metadata":{"name":"a"},"data":{"x":"1","x":"2"}}`: `{"metadata":{"name":"a"},"data":{"x":"1","x":"2"}}`,
		`{"b":1.0, "a":1e3}`:            `{"b":1.0, "a":1e3}`,
		"metadata: {name: a}":           `{"metadata":{"name":"a"}}`,
		`{metadata: {name: "${ns}-a"}}`: `{"metadata":{"name":"ns-1-a"}}`,
	} {
		server, sent := standin.Start(t), ""
		server.Refuse = func(r *http.Request) *metav1.Status {
			if r.Method != http.MethodPost || r.URL.Path != path {
				return nil
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			sent = string(body)
			return standin.Status(http.StatusBadRequest, metav1.StatusReasonBadRequest, "seen")
		}
		if _, err := play(t, server, "I try to send POST \""+path+"\":\n"+text+"\n\nit is refused with 400 BadRequest"); err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(sent) != want {
			t.Errorf("%s: sent %s, want %s", text, sent, want)
		}
	}
}
