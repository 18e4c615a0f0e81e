package partial_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/steps/partial"
)

const pod = `
metadata: {name: web, labels: {app: web, a.b/c: d}, annotations: {}}
spec:
  containers:
  - {name: main, image: x, args: [a, b]}
  - {name: side, image: z}
status:
  phase: Running
  ready: 2
  conditions:
  - {type: Ready, status: "True"}
  - {type: Initialized, status: "False"}
`

func parse(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDifferences(t *testing.T) {
	object := parse(t, pod)
	for want, lines := range map[string]string{
		"status: {phase: Running, ready: 2}":                                 "",
		"status: {phase: Pending}":                                           "status.phase: want Pending, got Running",
		"status: {conditions: [{type: Ready, status: 'True'}]}":              "",
		"status: {conditions: [{type: Initialized, status: 'True'}]}":        "status.conditions[Initialized].status: want True, got False",
		"status: {conditions: [{type: Gone}]}":                               `status.conditions[Gone]: want {"type":"Gone"}, got none among 2`,
		"status: {conditions: [{status: 'True'}, {status: 'True'}]}":         "status.conditions[1].status: want True, got False",
		"spec: {containers: [{name: side}, {name: main, args: [a, b]}]}":     "",
		"spec: {containers: [{name: main, args: [a]}]}":                      `spec.containers[main].args: want ["a"], got ["a","b"]`,
		"spec: {containers: [{name: side, args: <none>}], nodeName: <none>}": "",
		"spec: {nodeName: <any>}":                                            "spec.nodeName: want <any>, got nothing",
		"metadata: {annotations: <none>, labels: {a.b/c: d}}":                "",
		"metadata: {labels: <none>}":                                         `metadata.labels: want <none>, got {"a.b/c":"d","app":"web"}`,
		"status: {ready: <at least 2>}":                                      "",
		"status: {ready: <at most 1>}":                                       "status.ready: want <at most 1>, got 2",
		"status: {phase: </Run.*/>}":                                         "",
		"status: {phase: </Run/>}":                                           "status.phase: want </Run/>, got Running",
		"status: {phase: <not Running>}":                                     "status.phase: want <not Running>, got Running",
		"status: {phase: <not Failed>}":                                      "",
		"status: {reason: <not Failed>}":                                     "status.reason: want <not Failed>, got nothing",
		"status: {phase: {x: 1}}":                                            `status.phase: want {"x":1}, got Running`,
		"spec: {containers: []}":                                             `spec.containers: want [], got [{"args":["a","b"],"image":"x","name":"main"},{"image":"z","name":"side"}]`,
		"spec: {containers: [{name: </ma.*/>, image: x}, {name: </s.*/>}]}":  "",
		"metadata: {name: db}\nstatus: {ready: 3}":                           "metadata.name: want db, got web; status.ready: want 3, got 2",
	} {
		if got := strings.Join(partial.Differences(parse(t, want), object), "; "); got != lines {
			t.Errorf("%s:\n got %s\nwant %s", want, got, lines)
		}
	}
}

func TestField(t *testing.T) {
	object := parse(t, pod)
	for path, want := range map[string]string{
		"status.phase":                     "Running",
		"status.ready":                     "2",
		"metadata.labels['a.b/c']":         "d",
		"spec.containers[1].name":          "side",
		"spec.containers[name=main].image": "x",
		"spec.containers[name=none].image": "",
		"spec.containers[7].image":         "",
		"spec.containers[0].args":          `["a","b"]`,
		"status.nothing.there":             "",
	} {
		got, err := partial.Field(object, path)
		if err != nil || partial.Text(got) != want {
			t.Errorf("%s: got %q, %v; want %q", path, partial.Text(got), err, want)
		}
	}
	if _, err := partial.Field(object, "spec.containers[x]"); err == nil {
		t.Error("a bad index is no error")
	}
}
