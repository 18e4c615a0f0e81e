package cli_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/cli"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// command runs a command line.
func command(args ...string) (out, stderr string, code int) {
	var o, e bytes.Buffer
	code = cli.Main(args, &o, &e)
	return o.String(), e.String(), code
}

// recordedRun is the folder of a run whose only behaviour made the calls.
func recordedRun(t *testing.T, calls ...journal.Call) string {
	t.Helper()
	dir := t.TempDir()
	w, err := journal.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	page := spec.Feature{Path: "a/x.feature", Rules: []spec.Rule{{Scenarios: []spec.Scenario{{ID: "api.lists.pages[first]"}}}}}
	for _, r := range []journal.Record{{Run: &journal.Run{ID: "r1"}}, {Page: &page}, {Calls: &journal.Calls{ID: "api.lists.pages[first]", Calls: calls}}} {
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCoverageTellsWhatIsTouched(t *testing.T) {
	dir := recordedRun(t, journal.Call{Method: "GET", Template: "/api/v1/nodes", Verb: "list", Version: "v1", Resource: "nodes", Count: 1})
	out, _, code := command("coverage", dir)
	if code != verdict.ExitSuccess || !strings.Contains(out, "1 of 565 eligible operations (0.2 %) are touched by 1 behaviours of the run r1, 1 of them by a single one.") {
		t.Errorf("%d: %s", code, out[max(0, len(out)-300):])
	}
	out, _, _ = command("coverage", "--untouched", dir)
	if lines := strings.Count(out, "\n"); lines != 564 || strings.Contains(out, "listCoreV1Node ") {
		t.Errorf("%d operations are listed as untouched", lines)
	}
	out, _, _ = command("coverage", "--output", "json", dir)
	var parsed struct {
		Kind       string
		Eligible   struct{ Touched, All int }
		Operations []struct{ By []string }
	}
	if err := json.Unmarshal([]byte(out), &parsed); err != nil || parsed.Kind != "Coverage" || parsed.Eligible.Touched != 1 || len(parsed.Operations) != 666 {
		t.Errorf("%v: %+v", err, parsed.Eligible)
	}
}

func TestExitCodesOfCoverage(t *testing.T) {
	dir := recordedRun(t, journal.Call{Method: "GET", Template: "/api/v1/nodes", Count: 1})
	empty := recordedRun(t)
	for want, lines := range map[int][][]string{
		verdict.ExitSuccess: {{"coverage"}, {"coverage", "--min", "5"}, {"coverage", "--min", "0.1", dir}},
		verdict.ExitFailure: {{"coverage", "--min", "0.2", dir}, {"coverage", "--min", "100"}},
		verdict.ExitInvalid: {{"coverage", empty}},
		verdict.ExitUsage:   {{"coverage", "/nonexistent"}, {"coverage", "--output", "xml"}, {"coverage", "--min", "101"}, {"coverage", "a", "b"}},
	} {
		for _, line := range lines {
			if _, stderr, code := command(line...); code != want {
				t.Errorf("%v exits with %d (%s), want %d", line, code, stderr, want)
			}
		}
	}
}

func TestRightsArePrintedForAProfile(t *testing.T) {
	out, _, code := command("rbac", "--profile", "namespaced", "--namespace", "a,b", "--service-account", "ci/runner")
	for _, want := range []string{"profile namespaced", "kind: Role\n", "namespace: a\n", "namespace: b\n", "kind: ServiceAccount", "--namespace a,b"} {
		if code != verdict.ExitSuccess || !strings.Contains(out, want) {
			t.Errorf("%d: there is no %q", code, want)
		}
	}
	out, _, _ = command("rbac", "--profile", "core")
	if strings.Contains(out, "RoleBinding\n") || !strings.Contains(out, "kind: ClusterRole\n") || !strings.Contains(out, "may act as any user") {
		t.Errorf("got %.600s", out)
	}
	dir := recordedRun(t, journal.Call{Method: "GET", Template: "/api/v1/nodes", Verb: "list", Version: "v1", Resource: "nodes", Count: 1})
	out, stderr, code := command("rbac", "--from", dir, "--tags", "api.lists.*")
	if code != verdict.ExitUsage || !strings.Contains(stderr, "is in the run r1") {
		t.Errorf("%d: %s%s", code, out, stderr)
	}
	for _, line := range [][]string{
		{"rbac", "--profile", "nothing"},
		{"rbac", "--tags", "@a and"},
		{"rbac", "--tags", "@nothing"},
		{"rbac", "--from", "/nonexistent"},
		{"rbac", "--user", "a", "--service-account", "b/c"},
		{"rbac", "--service-account", "b"},
		{"rbac", "x"},
	} {
		if _, stderr, code := command(line...); code != verdict.ExitUsage {
			t.Errorf("%v exits with %d (%s)", line, code, stderr)
		}
	}
}

func TestProfilesAreListed(t *testing.T) {
	out, _, code := command("profiles")
	if code != verdict.ExitSuccess || strings.Count(out, "\n") != 5 || !strings.HasPrefix(out, "PROFILE ") || !strings.Contains(out, "\napi-only ") {
		t.Errorf("%d: %s", code, out)
	}
	var parsed []struct {
		Name       string
		Behaviours int
	}
	out, _, _ = command("profiles", "-o", "json")
	if err := json.Unmarshal([]byte(out), &parsed); err != nil || len(parsed) != 4 || parsed[3].Behaviours < 400 {
		t.Errorf("%v: %s", err, out)
	}
	for _, line := range [][]string{{"profiles", "./missing.yaml"}, {"profiles", "-o", "xml"}, {"run", "--profile", "nothing"}} {
		if _, stderr, code := command(line...); code != verdict.ExitUsage {
			t.Errorf("%v exits with %d (%s)", line, code, stderr)
		}
	}
}
