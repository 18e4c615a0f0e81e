package steps_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/standin"
)

// play runs lines of a scenario; what is indented below a line is its text, and a line that begins with a bar is a row of its table.
func play(t *testing.T, server *standin.Server, script string) (*steps.World, error) {
	t.Helper()
	cluster, err := client.Open(server.Config(), client.ImagesFrom("mirror.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	world, err := steps.NewWorld(t.Context(), steps.Options{Cluster: cluster, Run: "r", Scenario: "s", Namespace: "ns-1"})
	if err != nil {
		return world, err
	}
	for block := range strings.SplitSeq(strings.TrimSpace(script), "\n\n") {
		match, text, table := understand(t, block)
		if err := world.Perform(t.Context(), match, text, table); err != nil {
			return world, err
		}
	}
	return world, nil
}

// understand reads one line of a script with what stands below it.
func understand(t *testing.T, block string) (match steps.Match, text *string, table [][]string) {
	t.Helper()
	line, rest, _ := strings.Cut(strings.TrimSpace(block), "\n")
	if rest = strings.ReplaceAll(rest, "\t", ""); strings.HasPrefix(rest, "|") {
		for row := range strings.Lines(rest) {
			table = append(table, strings.Fields(strings.Trim(row, "|\n")))
		}
	} else if rest != "" {
		text = &rest
	}
	matches := steps.NewVocabulary().Match(line, text != nil, table != nil)
	if len(matches) != 1 {
		t.Fatalf("%q matches %d steps", line, len(matches))
	}
	return matches[0], text, table
}

func TestAWorldIsMadeActedOnAndObserved(t *testing.T) {
	_, err := play(t, standin.Start(t), `
		a ConfigMap "settings":
		metadata: {labels: {colour: red}}
		data: {size: small}

		I watch ConfigMap objects

		data.size of ConfigMap "settings" is noted as "size"

		I patch ConfigMap "settings":
		data: {shape: "${size}"}

		ConfigMap "settings" matches:
		metadata: {namespace: "${ns}", labels: {seatrial.dev/run: r}}
		data: {size: small, shape: small}

		I list ConfigMap objects with label "colour=red"

		the answer lists "settings"

		I try to create ConfigMap "settings"

		it is refused with 409 AlreadyExists

		the message contains "already exists"

		I delete ConfigMap "settings"

		within 5 seconds, the watch has seen:
		| MODIFIED settings |
		| DELETED settings |

		ConfigMap "settings" is gone

		there are exactly 0 ConfigMap objects`)
	if err != nil {
		t.Fatal(err)
	}
}

func TestAStepThatDoesNotHoldSaysWhatItSaw(t *testing.T) {
	for script, want := range map[string]string{
		"a ConfigMap \"a\":\ndata: {x: \"1\"}\n\ndata.x of ConfigMap \"a\" is \"2\"":                   `data.x is "1", want "2"`,
		"a ConfigMap \"a\":\ndata: {x: \"1\"}\n\nConfigMap \"a\" matches:\ndata: {x: \"2\", z: <any>}": `data.x: want 2, got 1; data.z: want <any>, got nothing`,
		"ConfigMap \"a\" exists":                                                        `ConfigMap "a" does not exist`,
		"a ConfigMap \"a\"\n\nConfigMap \"a\" is gone":                                  `ConfigMap "a" is there, not being deleted`,
		"a ConfigMap \"a\"\n\nfor 1 second, ConfigMap \"a\" is gone":                    `for 1s: ConfigMap "a" is there, not being deleted`,
		"there are at least 1 ConfigMap objects":                                        "there are 0, want at least 1",
		"I get ConfigMap \"a\"":                                                         `get ConfigMap "a": refused with 404 NotFound`,
		"a ConfigMap \"a\"\n\nI get ConfigMap \"a\"\n\nit is refused with 404 NotFound": "it is accepted with 200 OK",
	} {
		_, err := play(t, standin.Start(t), script)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", script, err, want)
		}
	}
}

func TestAFaultOfTheFeatureFileIsNotTheClusters(t *testing.T) {
	for _, script := range []string{
		`it is refused with 404 NotFound`,
		"a ConfigMap \"a\":\ndata: [",
		`ConfigMap "${unknown}" exists`,
		`the output is "x"`,
		`I run "sh -c 'x" in Pod "a"`,
		`I call "ls"`,
	} {
		_, err := play(t, standin.Start(t), script)
		if _, ok := errors.AsType[*steps.Broken](err); !ok {
			t.Errorf("%s: got %v", script, err)
		}
	}
}

func TestARefusedGivenBlocksTheScenario(t *testing.T) {
	server := standin.Start(t)
	server.Refuse = func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/configmaps") {
			return standin.Status(http.StatusForbidden, metav1.StatusReasonForbidden, "exceeded quota")
		}
		return nil
	}
	world, err := play(t, server, `a ConfigMap "a"`)
	var blocked *steps.Blocked
	if !errors.As(err, &blocked) || !strings.Contains(err.Error(), "exceeded quota") {
		t.Errorf("got %v", err)
	}
	if err := world.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err = play(t, server, `I create ConfigMap "a"`); err == nil || errors.As(err, &blocked) {
		t.Errorf("an action that is refused must fail, got %v", err)
	}
}

func TestAReadyPodIsWaitedFor(t *testing.T) {
	server := standin.Start(t)
	server.Created = func(resource string, object map[string]any) {
		if resource == "pods" {
			object["status"] = map[string]any{"phase": "Running", "conditions": []any{map[string]any{"type": "Ready", "status": "True"}}}
		}
	}
	world, err := play(t, server, "a ServiceAccount \"default\"\n\na ready Pod \"web\"\n\nPod \"web\" matches:\n"+
		"spec: {containers: [{name: main, image: \"mirror.example.com/agnhost:2.63.0\"}], terminationGracePeriodSeconds: 1}")
	if err != nil {
		t.Fatal(err)
	}
	if err := world.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCloseRemovesWhatTheScenarioMade(t *testing.T) {
	server := standin.Start(t)
	world, err := play(t, server, "a Namespace \"${ns}-other\"\n\na ConfigMap \"${ns}-other/a\"\n\na ConfigMap \"b\":\nmetadata: {finalizers: [example.com/x]}")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(server.Objects()); n != 4 {
		t.Fatalf("%d objects before, want 4", n)
	}
	// A scenario that was interrupted is cleaned up as well.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := world.Close(context.WithoutCancel(ctx)); err != nil {
		t.Error(err)
	}
	if left := server.Objects(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// A cluster converts what it deletes; the server of the webhook may be gone by then.
func TestCloseTakesWebhooksOffWhatTheyConvert(t *testing.T) {
	for strategy, want := range map[string]string{"Webhook": "PATCH DELETE GET", "None": "DELETE"} {
		server := standin.Start(t)
		world, err := play(t, server, "a CustomResourceDefinition \"gates.example.com\":\n"+
			"spec: {group: example.com, names: {kind: Gate, plural: gates}, versions: [], conversion: {strategy: "+strategy+", webhook: {}}}")
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		server.Refuse = func(r *http.Request) *metav1.Status {
			if strings.HasSuffix(r.URL.Path, "/gates.example.com") {
				seen = append(seen, r.Method)
			}
			return nil
		}
		if err := world.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := strings.Join(seen, " "); got != want {
			t.Errorf("%s: %s, want %s", strategy, got, want)
		}
	}
}

// Nobody looks again at the objects of a custom kind that could not be listed, until its definition changes.
func TestCloseTouchesACustomKindThatStays(t *testing.T) {
	server := standin.Start(t)
	world, err := play(t, server, "a CustomResourceDefinition \"gates.example.com\":\n"+
		"spec: {group: example.com, names: {kind: Gate, plural: gates}, versions: [], conversion: {strategy: Webhook, webhook: {}}}")
	if err != nil {
		t.Fatal(err)
	}
	kept := standin.Status(http.StatusOK, "", "")
	var deleted, touched bool
	server.Refuse = func(r *http.Request) *metav1.Status {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/gates.example.com"):
		case r.Method == http.MethodDelete:
			deleted = true
		case r.Method == http.MethodPatch && deleted:
			touched = true
		case r.Method == http.MethodGet && deleted && !touched:
			return kept
		}
		return nil
	}
	if err := world.Close(t.Context()); err != nil || !touched {
		t.Errorf("touched: %v, %v", touched, err)
	}
}

func TestCloseTellsWhatItCouldNotRemove(t *testing.T) {
	server := standin.Start(t)
	world, err := play(t, server, `a ConfigMap "a"`)
	if err != nil {
		t.Fatal(err)
	}
	server.Refuse = func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodDelete {
			return standin.Status(http.StatusForbidden, metav1.StatusReasonForbidden, "no")
		}
		return nil
	}
	if err := world.Close(t.Context()); err == nil || !strings.Contains(err.Error(), "remove Namespace ns-1: refused with 403") {
		t.Errorf("got %v", err)
	}
}

func TestAWaitSeesAChangeAtOnce(t *testing.T) {
	server := standin.Start(t)
	cluster, err := client.Open(server.Config(), client.ImagesFrom(""))
	if err != nil {
		t.Fatal(err)
	}
	// The object comes once the watch runs, long before the bound.
	server.Refuse = func(r *http.Request) *metav1.Status {
		if r.URL.Query().Get("watch") == "true" {
			go func() {
				_, _ = cluster.Send(context.Background(), client.Request{
					Method: http.MethodPost, Path: "/api/v1/namespaces/ns-1/configmaps", Body: []byte(`{"metadata":{"name":"late"}}`),
				})
			}()
		}
		return nil
	}
	start := time.Now()
	if _, err := play(t, server, `within 30 seconds, ConfigMap "late" exists`); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
