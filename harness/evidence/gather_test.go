package evidence_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/harness/evidence"
	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/wait"
)

// answers are those of a small stand-in of an API server.
func answers() map[string]string {
	return map[string]string{
		"/api":     `{"kind":"APIVersions","versions":["v1"]}`,
		"/apis":    `{"kind":"APIGroupList","groups":[]}`,
		"/version": `{"gitVersion":"v1.36.3"}`,
		"/api/v1": `{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods","kind":"Pod","namespaced":true,"verbs":["list"]},` +
			`{"name":"secrets","kind":"Secret","namespaced":true,"verbs":["list"]}]}`,
		"/api/v1/namespaces/ns":         `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ns"}}`,
		"/api/v1/namespaces/ns/events":  `{"items":[{"reason":"Killing","count":3,"message":"bye","involvedObject":{"kind":"Pod","name":"web"}}]}`,
		"/api/v1/namespaces/ns/secrets": `{"apiVersion":"v1","items":[{"metadata":{"name":"s"},"data":{"password":"aHVzaA=="}}]}`,
		"/api/v1/namespaces/ns/pods": `{"apiVersion":"v1","items":[{"metadata":{"name":"web","managedFields":[{}]},"spec":{"containers":[{"name":"main","env":[{"name":"DB_PASSWORD","value":"hunter2"}]}]},` +
			`"status":{"phase":"Pending","containerStatuses":[{"name":"main","restartCount":1,"state":{"terminated":{"exitCode":2}}}]}}]}`,
		"/api/v1/namespaces/ns/pods/web/log":                "one\ntoken=abcdef123456\n",
		"/api/v1/nodes":                                     `{"apiVersion":"v1","items":[{"metadata":{"name":"n1"},"status":{"allocatable":{"cpu":"2"},"conditions":[{"type":"Ready","status":"True"}]}}]}`,
		"/apis/authentication.k8s.io/v1/selfsubjectreviews": `{"status":{"userInfo":{"username":"jane"}}}`,
	}
}

// standIn answers like that and remembers what it was asked.
func standIn(t *testing.T) (*client.Cluster, func() string) {
	t.Helper()
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.URL.String())
		mu.Unlock()
		body, ok := answers()[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	cluster, err := client.Open(&rest.Config{Host: server.URL}, client.ImagesFrom(""))
	if err != nil {
		t.Fatal(err)
	}
	return cluster, func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(asked, "\n")
	}
}

func TestGatherKeepsObjectsEventsAndLogsButNoSecrets(t *testing.T) {
	cluster, _ := standIn(t)
	failure := &wait.Failure{
		Bound: "within 1s", Last: "no", History: []wait.Observation{{What: "no"}},
		Changes: []wait.Change{{After: time.Second, Object: "Pod web", What: "changes", Fields: []string{"status.phase: Pending -> Running"}}},
	}
	e := evidence.Gather(t.Context(), cluster, evidence.Subject{Namespace: "ns", Kinds: []string{"Secret", "Widget"}, Failure: failure})
	got := map[string]string{}
	for _, file := range e.Files {
		got[file.Name] = file.Text
	}
	for name, parts := range map[string][]string{
		"pod-web.yaml":              {"name: web", "!managedFields", "value: (redacted)", "!hunter2"},
		"secret-s.yaml":             {"password: (redacted)", "!aHVzaA"},
		"events.txt":                {"bye", "(3 times)"},
		"log-web-main.txt":          {"one\n", "!abcdef123456"},
		"log-web-main-previous.txt": {"one\n"},
		"nodes.txt":                 {"n1", "allocatable cpu=2"},
		"timeline.txt":              {"    0.00  no", "    1.00  Pod web changes\n          status.phase: Pending -> Running"},
	} {
		for _, part := range parts {
			absent, negative := strings.CutPrefix(part, "!")
			if strings.Contains(got[name], absent) == negative {
				t.Errorf("%s: want %q in\n%s", name, part, got[name])
			}
		}
	}
	if e.Logs["web/main"] == "" || e.Ahead < 59*time.Minute {
		t.Errorf("logs %v, ahead %v", e.Logs, e.Ahead)
	}
}

func TestGatherAsksWhoWasRefused(t *testing.T) {
	cluster, asked := standIn(t)
	failure := errors.New(`pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "ns"`)
	e := evidence.Gather(t.Context(), cluster, evidence.Subject{Namespace: "ns", Failure: failure})
	if none := evidence.Gather(t.Context(), cluster, evidence.Subject{Failure: failure}); !none.Find().Blocks || strings.Contains(asked(), "namespaces//") {
		t.Errorf("without a Namespace: %+v\n%s", none.Find(), asked())
	}
	if e.User != "jane" || !e.Find().Blocks {
		t.Errorf("user %q, cause %+v", e.User, e.Find())
	}
	if strings.Contains(asked(), "webhook") || strings.Contains(asked(), "apiservices") {
		t.Errorf("it looks at what has nothing to do with it:\n%s", asked())
	}
	failure = errors.New(`failed calling webhook "a": x`)
	evidence.Gather(t.Context(), cluster, evidence.Subject{Namespace: "ns", Failure: failure})
	if !strings.Contains(asked(), "validatingwebhookconfigurations") {
		t.Errorf("it does not look for the webhook:\n%s", asked())
	}
}

func TestWhyNotGone(t *testing.T) {
	cluster, _ := standIn(t)
	if got := evidence.WhyNotGone(t.Context(), cluster, "ns"); got != `Namespace "ns" is there and is not being deleted.` {
		t.Error(got)
	}
	if got := evidence.WhyNotGone(t.Context(), cluster, "other"); got != "" {
		t.Error(got)
	}
}
