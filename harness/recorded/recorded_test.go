package recorded_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/recorded"
	"github.com/seatrial/seatrial/harness/spec"
)

func built(t *testing.T) (recorded.Recording, []spec.Scenario) {
	t.Helper()
	recording, err := recorded.Built()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := spec.Load(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	return recording, spec.Scenarios(pages)
}

// A behaviour that was changed or added is not known to the recording until somebody runs it. That is no fault of who changes one, but
// the recording must not rot: rights and coverage are told from it.
func TestTheRecordingIsOfTheSpecification(t *testing.T) {
	recording, scenarios := built(t)
	stale := recording.Stale(scenarios)
	const share = 20
	if len(stale)*share > len(scenarios) {
		t.Errorf("%d of %d behaviours are not recorded as they read now: make conformance; go run ./harness/recorded/update reports/latest\n%s",
			len(stale), len(scenarios), strings.Join(stale, "\n"))
	}
	t.Logf("not recorded: %v", stale)
	if _, ok := recording[recorded.Kit]; !ok {
		t.Error("nothing is recorded of the kit itself")
	}
}

// The tags decide what takes part in the profiles; the calls that were seen show whether they are true.
func TestTheTagsAreTrue(t *testing.T) {
	recording, scenarios := built(t)
	stale := recording.Stale(scenarios)
	judged := 0
	for _, s := range scenarios {
		if slices.Contains(stale, s.ID) {
			continue
		}
		judged++
		entry := recording[s.ID]
		if crosses := entry.CrossesNamespaces(); crosses != s.Has("@needs:cluster-scope") {
			t.Errorf("%s: writes beyond its Namespace: %v, has the tag @needs:cluster-scope: %v", s.ID, crosses, s.Has("@needs:cluster-scope"))
		}
		if entry.EntersPods() && !s.Has("@needs:nodes") && !s.Has("@needs:two-nodes") && !s.Has("@needs:dns") {
			t.Errorf("%s: speaks with containers, and has no tag @needs:nodes", s.ID)
		}
	}
	if judged < len(scenarios)/2 {
		t.Errorf("only %d of %d behaviours are recorded", judged, len(scenarios))
	}
}

func calls() []journal.Call {
	return []journal.Call{
		{Method: "GET", Template: "/api/v1/namespaces/{namespace}/pods/{name}/log", Verb: "get", Version: "v1", Resource: "pods", Subresource: "log", Namespaced: true, Count: 1},
		{Method: "GET", Template: "/apis/apps/v1/namespaces/{namespace}/deployments", Verb: "watch", Group: "apps", Version: "v1", Resource: "deployments", Namespaced: true, Namespace: "kube-system", Name: "web", As: "ServiceAccount robot", Count: 1},
		{Method: "GET", Template: "/api/v1/namespaces/{name}", Verb: "get", Version: "v1", Resource: "namespaces", Name: "${ns}", Count: 1},
		{Method: "GET", Template: "/version", Path: "/version", Verb: "get", Count: 1},
		{Verb: "bind", Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles", Name: "view", Count: 1},
		{Verb: "create", Version: "v1", Resource: "pods", Subresource: "exec", Namespaced: true, Count: 1},
	}
}

func TestARecordingIsReadAsWritten(t *testing.T) {
	want := recorded.Recording{"a.b.c": {Digest: "0123456789", Calls: calls()}, "a.b.d[x]": {Digest: "abc"}}
	var text bytes.Buffer
	if err := want.Write(&text); err != nil {
		t.Fatal(err)
	}
	got, err := recorded.Read(&text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, broken := range []string{"\tGET get /version\n", "a b\n\tGET get\n", "a b\n\tGET get /version colour=red\n"} {
		if _, err := recorded.Read(strings.NewReader(broken)); err == nil {
			t.Errorf("%q is read", broken)
		}
	}
}

func TestARecordingIsRenewed(t *testing.T) {
	doc := "a: 1"
	scenario := spec.Scenario{ID: "a.b.c", Title: "X", Line: 3, Steps: []spec.Step{{Text: "I act:", Doc: &doc}}}
	j := journal.New()
	j.Pages = []spec.Feature{{Rules: []spec.Rule{{Scenarios: []spec.Scenario{scenario, {ID: "a.b.none"}}}}}}
	j.Calls["a.b.c"] = append(calls(), calls()...)
	j.Calls[""] = calls()[:1]
	newer := recorded.Of(j)
	if len(newer) != 2 || len(newer["a.b.c"].Calls) != len(calls()) || newer["a.b.c"].Calls[0].Count != 2 || len(newer[recorded.Kit].Calls) != 1 {
		t.Fatalf("got %+v", newer)
	}
	old := recorded.Recording{"a.b.c": {Digest: "old"}, "a.b.kept": {Digest: "kept"}, "a.b.gone": {Digest: "gone"}}
	updated := old.Update(newer, []spec.Scenario{scenario, {ID: "a.b.kept"}})
	if len(updated) != 3 || updated["a.b.kept"].Digest != "kept" || updated["a.b.c"].Digest != recorded.Digest(scenario) {
		t.Errorf("got %+v", updated)
	}
	moved := scenario
	moved.Title, moved.Line = "Y", 9
	changed := scenario
	changed.Steps = []spec.Step{{Text: "I act:"}}
	if stale := updated.Stale([]spec.Scenario{moved}); len(stale) != 0 {
		t.Errorf("a new title makes it stale: %v", stale)
	}
	if stale := updated.Stale([]spec.Scenario{changed, {ID: "a.b.new"}}); len(stale) != 2 {
		t.Errorf("stale: %v", stale)
	}
}

func TestWhatCrossesNamespaces(t *testing.T) {
	for name, c := range map[string]struct {
		call journal.Call
		want bool
	}{
		"a write in the own Namespace":    {journal.Call{Verb: "create", Resource: "pods", Namespaced: true}, false},
		"a write in another Namespace":    {journal.Call{Verb: "create", Resource: "pods", Namespaced: true, Namespace: "x"}, true},
		"a read of another Namespace":     {journal.Call{Verb: "list", Resource: "pods", Namespaced: true, Namespace: "x"}, false},
		"a read of a Node":                {journal.Call{Verb: "get", Resource: "nodes"}, false},
		"a write of a Node":               {journal.Call{Verb: "patch", Resource: "nodes"}, true},
		"a review of others":              {journal.Call{Verb: "create", Resource: "subjectaccessreviews"}, true},
		"a review of oneself":             {journal.Call{Verb: "create", Resource: "selfsubjectaccessreviews"}, false},
		"impersonation":                   {journal.Call{Verb: "impersonate", Resource: "users"}, true},
		"a write by another user":         {journal.Call{Verb: "create", Resource: "nodes", As: "jane"}, false},
		"something that is not an object": {journal.Call{Verb: "get", Path: "/version"}, false},
	} {
		if got := (recorded.Entry{Calls: []journal.Call{c.call}}).CrossesNamespaces(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
