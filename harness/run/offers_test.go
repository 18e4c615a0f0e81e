package run_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps/standin"
)

const balanced = "balanced @needs:load-balancer\nGiven a ConfigMap \"a\""

func TestWhatIsNotOfferedIsUnsupportedForAReason(t *testing.T) {
	for name, c := range map[string]struct {
		scenario string
		claims   run.Claims
		want     verdict.Verdict
		why      string
	}{
		"it is not seen":    {needs, run.Claims{}, verdict.Unsupported, "It needs nodes: there are no Nodes."},
		"the user knows of": {needs, run.Claims{Offer: []string{"nodes"}}, verdict.Passed, ""},
		"the user denies":   {"plain @needs:api:v1\nGiven a ConfigMap \"a\"", run.Claims{Lack: []string{"api:v1"}}, verdict.Unsupported, "It needs api:v1: --lack says so."},
		"an API":            {"plain @needs:api:apps/v1\nGiven a ConfigMap \"a\"", run.Claims{}, verdict.Unsupported, "It needs api:apps/v1: the cluster does not serve apps/v1."},
		"a trial fails":     {balanced, run.Claims{}, verdict.Unsupported, "It needs load-balancer: it cannot be tried: POST"},
		"no trial":          {balanced, run.Claims{Offer: []string{"load-balancer"}}, verdict.Passed, ""},
	} {
		server := standin.Start(t)
		server.Refuse = noServices
		_, j := with(t, server, run.Options{Features: page(passes, c.scenario), Claims: c.claims})
		id := "api.test." + strings.Fields(c.scenario)[0]
		if got := j.Result(id); got.Verdict != c.want || !strings.HasPrefix(got.Why, c.why) {
			t.Errorf("%s: got %s: %s", name, got.Verdict, got.Why)
		}
		if left := server.Objects(); len(left) > 0 {
			t.Errorf("%s: left in the cluster: %v", name, left)
		}
		if offered := slices.Contains(j.Run.Capabilities, "nodes"); offered == (j.Run.Absent["nodes"] != "") {
			t.Errorf("%s: offered %v, absent %v", name, j.Run.Capabilities, j.Run.Absent)
		}
	}
}

// noServices refuses to make Services, which trials do.
func noServices(r *http.Request) *metav1.Status {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/services") {
		return standin.Status(http.StatusForbidden, metav1.StatusReasonForbidden, "nobody may")
	}
	return nil
}

func TestAClaimOfNothingKnownIsRefused(t *testing.T) {
	_, err := run.Run(t.Context(), run.Options{
		Config: standin.Start(t).Config(), Features: page(passes), ReportDir: t.TempDir(), Claims: run.Claims{Offer: []string{"magic"}},
	})
	if err == nil || !strings.Contains(err.Error(), `"magic" is not known`) {
		t.Errorf("got %v", err)
	}
}

func TestWhatAProfileCallsOptionalMayBeMissing(t *testing.T) {
	profile := run.Profile{
		Name:     "mine",
		Selects:  func(spec.Scenario) bool { return true },
		Optional: func(s spec.Scenario) bool { return s.ID == "api.test.needs" },
	}
	result, j := with(t, standin.Start(t), run.Options{Features: page(passes, needs), Profile: profile})
	if result.Outcome != verdict.Success || len(j.Order) != 2 || len(j.Required) != 1 {
		t.Errorf("got %+v, order %v, required %v", result, j.Order, j.Required)
	}
}

func TestCallsAreInTheJournal(t *testing.T) {
	server := standin.Start(t)
	failed := false
	server.Refuse = func(r *http.Request) *metav1.Status {
		if strings.HasSuffix(r.URL.Path, "/events") {
			failed = true // evidence is looked for
		}
		return nil
	}
	_, j := with(t, server, run.Options{Features: page(passes, fails)})
	has := func(id, verb, resource string) bool {
		return slices.ContainsFunc(j.Calls[id], func(c journal.Call) bool { return c.Verb == verb && c.Resource == resource })
	}
	if !has("api.test.passes", "create", "configmaps") || !has("api.test.passes", "delete", "configmaps") || has("api.test.passes", "create", "namespaces") {
		t.Errorf("the scenario's calls are %+v", j.Calls["api.test.passes"])
	}
	if !has("", "create", "namespaces") || !has("", "delete", "namespaces") || !has("", "list", "nodes") {
		t.Errorf("the kit's calls are %+v", j.Calls[""])
	}
	if !failed || has("api.test.fails", "list", "events") {
		t.Errorf("looking for evidence counts as a call of the scenario: %+v", j.Calls["api.test.fails"])
	}
}
