package evidence_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/evidence"
	"github.com/seatrial/seatrial/steps/client"
)

func objects(t *testing.T, text string) []map[string]any {
	t.Helper()
	var list []map[string]any
	if err := yaml.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestFindNamesTheCause(t *testing.T) {
	const pod = "[{metadata: {name: web}, spec: {nodeName: n1}, status: {phase: Pending, "
	for _, c := range []struct {
		name, pods, events, want string
		blocks                   bool
	}{
		{
			name: "nothing", want: "",
		},
		{
			name: "image", blocks: true,
			pods: pod + "containerStatuses: [{name: main, image: r/x:1, state: {waiting: {reason: ErrImagePull, message: 'no such\n  host.'}}}]}}]",
			want: `The image "r/x:1" of Pod "web" cannot be pulled: no such host.`,
		},
		{
			name: "quota", blocks: true,
			events: "[{reason: FailedCreate, message: 'pods \"a\" is forbidden: exceeded quota', involvedObject: {kind: ReplicaSet, name: web}}]",
			want:   `ReplicaSet "web" may not create Pods: pods "a" is forbidden: exceeded quota.`,
		},
		{
			name: "scheduling",
			pods: "[{metadata: {name: web}, status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', message: '0/1 nodes are available: 1 Insufficient cpu.'}]}}]",
			want: `Pod "web" fits on no Node: 0/1 nodes are available: 1 Insufficient cpu.`,
		},
		{
			name: "no scheduler", pods: "[{metadata: {name: web}, status: {phase: Pending}}]",
			want: `Pod "web" has not been given a Node: the scheduler says nothing about it.`,
		},
		{
			name: "crash", pods: pod + "containerStatuses: [{name: main, lastState: {terminated: {exitCode: 3}}}]}}]",
			want: `Container "main" of Pod "web" ended with exit code 3, its last words: panic.`,
		},
		{
			name: "mount", pods: pod + "}}]", events: "[{reason: FailedMount, message: 'configmap \"x\" not found', involvedObject: {kind: Pod, name: web}}]",
			want: `Pod "web" meets FailedMount: configmap "x" not found.`,
		},
	} {
		e := evidence.Evidence{Pods: objects(t, c.pods), Events: objects(t, c.events), LastLines: map[string]string{"web/main": "panic"}}
		if got := e.Find(); got.Sentence != c.want || got.Blocks != c.blocks {
			t.Errorf("%s: got %q, %v", c.name, got.Sentence, got.Blocks)
		}
	}
}

func TestRedactTakesSecretsOut(t *testing.T) {
	text := "token: eyJhbGciOiJSUzI1NiIs.eyJpc3MiOiJrdWJlcm5l.c2lnbmF0dXJl\nAuthorization: Bearer abcdefghijklmnop1234\n" +
		"-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----\nplain"
	got := evidence.Redact(text)
	for _, secret := range []string{"eyJ", "abcdefghij", "MHcCAQ"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q is still there: %s", secret, got)
		}
	}
	if !strings.Contains(got, "plain") {
		t.Errorf("the rest is gone: %s", got)
	}
}

// TestGather reads a small stand-in of an API server.
func TestGatherKeepsObjectsEventsAndLogsButNoSecrets(t *testing.T) {
	answers := map[string]string{
		"/api":                               `{"kind":"APIVersions","versions":["v1"]}`,
		"/apis":                              `{"kind":"APIGroupList","groups":[]}`,
		"/api/v1":                            `{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods","kind":"Pod","namespaced":true,"verbs":["list"]},{"name":"secrets","kind":"Secret","namespaced":true,"verbs":["list"]}]}`,
		"/api/v1/namespaces/ns/events":       `{"items":[{"reason":"Killing","message":"bye","involvedObject":{"kind":"Pod","name":"web"}}]}`,
		"/api/v1/namespaces/ns/pods":         `{"items":[{"metadata":{"name":"web","managedFields":[{}]},"status":{"containerStatuses":[{"name":"main","restartCount":0}]}}]}`,
		"/api/v1/namespaces/ns/secrets":      `{"items":[{"metadata":{"name":"s"},"data":{"password":"aHVzaA=="}}]}`,
		"/api/v1/namespaces/ns/pods/web/log": "one\ntwo\n",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	cluster, err := client.Open(&rest.Config{Host: server.URL}, client.ImagesFrom(""))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	e := evidence.Gather(t.Context(), cluster, "ns", []string{"Secret", "Widget"})
	for _, file := range e.Files {
		got[file.Name] = file.Text
	}
	if !strings.Contains(got["pod-web.yaml"], "name: web") || strings.Contains(got["pod-web.yaml"], "managedFields") {
		t.Errorf("pod: %s", got["pod-web.yaml"])
	}
	if !strings.Contains(got["secret-s.yaml"], "password: (redacted)") || strings.Contains(got["secret-s.yaml"], "aHVzaA") {
		t.Errorf("secret: %s", got["secret-s.yaml"])
	}
	if !strings.Contains(got["events.txt"], "bye") || got["log-web-main.txt"] != "one\ntwo\n" || e.LastLines["web/main"] != "two" {
		t.Errorf("got %v", got)
	}
}
