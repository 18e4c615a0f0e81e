package auth_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest/recording"
)

// answer is one line of testdata/reviews.jsonl: what upstream v1.36.3 answered
// to a review of a user in system:masters.
type answer struct {
	Review  json.RawMessage
	Code    int
	Status  map[string]any
	Causes  [][]string // field, reason, message
	Message string
}

// reviewsAnswerAsUpstream posts the recorded reviews again.
func reviewsAnswerAsUpstream(t *testing.T, admin *rest.Config) {
	c := client(t, admin).Discovery().RESTClient()
	for _, want := range recording.Read[answer](t, "testdata/reviews.jsonl") {
		var review struct {
			metav1.TypeMeta
			Spec json.RawMessage
		}
		if err := json.Unmarshal(want.Review, &review); err != nil {
			t.Fatal(err)
		}
		path := "/apis/" + review.APIVersion + "/"
		if strings.HasPrefix(review.Kind, "Local") {
			path += "namespaces/default/"
		}
		var code int
		result := c.Post().AbsPath(path+strings.ToLower(review.Kind)+"s").SetHeader("Content-Type", "application/json").
			SetHeader("Accept", "application/json").Body([]byte(want.Review)).Do(t.Context()).StatusCode(&code)
		body, _ := result.Raw() // the status says it all
		if diff := cmp.Diff(want, readAnswer(t, body, want, code), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s %s (- upstream, + ours):\n%s", review.Kind, review.Spec, diff)
		}
	}
}

func readAnswer(t *testing.T, body []byte, want answer, code int) answer {
	t.Helper()
	got := answer{Review: want.Review, Code: code}
	if code < 300 {
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		got.Review = want.Review
		return got
	}
	var status metav1.Status
	if err := json.Unmarshal(body, &status); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if status.Details == nil || len(status.Details.Causes) == 0 {
		got.Message = status.Message
		return got
	}
	for _, c := range status.Details.Causes {
		if c.Field == "metadata" {
			c.Message = "" // shows the time of the request
		}
		got.Causes = append(got.Causes, []string{c.Field, string(c.Type), c.Message})
	}
	return got
}
