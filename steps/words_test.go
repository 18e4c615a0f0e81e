package steps_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/standin"
)

// labelling serves a cluster that adds a label to every ConfigMap.
func labelling(t *testing.T) *standin.Server {
	t.Helper()
	server := standin.Start(t)
	server.Created = func(resource string, object map[string]any) {
		metadata, _ := object["metadata"].(map[string]any)
		if labels, ok := metadata["labels"].(map[string]any); ok && resource == "configmaps" {
			labels["added"] = "yes"
		}
	}
	return server
}

func TestWhatCreatingWouldMake(t *testing.T) {
	for script, want := range map[string]string{
		"creating ConfigMap \"a\" would make:\nmetadata: {name: a, labels: {added: \"yes\"}}": "",
		"creating ConfigMap \"a\" would make:\nmetadata: {labels: {added: \"no\"}}":           "metadata.labels.added: want no, got yes",
	} {
		server := labelling(t)
		_, err := play(t, server, script+"\n\nConfigMap \"a\" does not exist")
		if want == "" && err != nil {
			t.Errorf("%s: %v", script, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %s", script, err, want)
		}
	}
}

func TestARefusalWithoutAReasonIsToldByItsCode(t *testing.T) {
	for line, want := range map[string]string{
		"it is refused with 400":            "",
		"it is refused with 400 BadRequest": "it is refused with 400 Bad Request: no",
		"it is refused with 403":            "it is refused with 400 Bad Request: no",
		"it is accepted":                    "it is refused with 400 Bad Request: no",
	} {
		server := standin.Start(t)
		server.Refuse = func(r *http.Request) *metav1.Status {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/configmaps") {
				return standin.Status(http.StatusBadRequest, "", "no")
			}
			return nil
		}
		_, err := play(t, server, "I try to create ConfigMap \"a\"\n\n"+line)
		if want == "" && err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %s", line, err, want)
		}
	}
}

func TestAnAnswerWithoutAWarningWarnsOfNothing(t *testing.T) {
	_, err := play(t, standin.Start(t), "I create ConfigMap \"a\"\n\nthe answer warns of \"something\"")
	if err == nil || !strings.Contains(err.Error(), "the answer has no warning") {
		t.Errorf("got %v", err)
	}
}

func TestAFieldIsNotedWhenItHasAValue(t *testing.T) {
	server := standin.Start(t)
	cluster, err := client.Open(server.Config(), client.ImagesFrom(""))
	if err != nil {
		t.Fatal(err)
	}
	const path = "/api/v1/namespaces/ns-1/configmaps/a"
	var reads atomic.Int32
	server.Refuse = func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodGet && r.URL.Path == path && reads.Add(1) == 1 { // a controller sets it a moment later
			go func() {
				request := client.Request{Method: http.MethodPatch, Path: path, Body: []byte(`{"data":{"colour":"red"}}`), ContentType: "application/merge-patch+json"}
				_, _ = cluster.Send(context.Background(), request)
			}()
		}
		return nil
	}
	world, err := play(t, server, "a ConfigMap \"a\"\n\ndata.colour of ConfigMap \"a\" is noted as \"colour\"")
	if err != nil || world.Variables()["colour"] != "red" {
		t.Errorf("got %v, %v", world.Variables(), err)
	}
}

func TestWhatTheAnswerDoesNotHaveCannotBeNoted(t *testing.T) {
	_, err := play(t, standin.Start(t), "I create ConfigMap \"a\"\n\ndata.size of the answer is noted as \"size\"")
	if err == nil || !strings.Contains(err.Error(), "data.size has no value") {
		t.Errorf("got %v", err)
	}
}
