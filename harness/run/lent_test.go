package run_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps/standin"
)

// villages makes a server in which nobody may make or delete Namespaces, with two of them.
func villages(t *testing.T) *standin.Server {
	t.Helper()
	server := standin.Start(t)
	for _, name := range []string{"one", "two"} {
		put(t, server, "/api/v1/namespaces", `{"name":"`+name+`"}`)
		put(t, server, "/api/v1/namespaces/"+name+"/configmaps", `{"name":"kube-root-ca.crt","namespace":"`+name+`"}`)
		put(t, server, "/api/v1/namespaces/"+name+"/serviceaccounts", `{"name":"default","namespace":"`+name+`"}`)
	}
	server.Refuse = func(r *http.Request) *metav1.Status {
		if (r.Method == http.MethodPost && r.URL.Path == "/api/v1/namespaces") || (r.Method == http.MethodDelete && len(strings.Split(r.URL.Path, "/")) == 5) {
			return standin.Status(http.StatusForbidden, metav1.StatusReasonForbidden, "no cluster-scoped writes")
		}
		return nil
	}
	return server
}

func TestScenariosShareExistingNamespacesOneAfterTheOther(t *testing.T) {
	server := villages(t)
	before := slices.Sorted(slices.Values(server.Objects()))
	leaves := "leaves\nWhen I create ConfigMap \"a\"\nThen ConfigMap \"a\" exists"
	features := page(leaves, strings.Replace(leaves, "leaves", "second", 1), strings.Replace(leaves, "leaves", "third", 1), passes)
	result, j := with(t, server, run.Options{Features: features, Parallel: 8, Namespaces: []string{"one", "two"}})
	if result.Counts[verdict.Passed] != 4 || j.Run.Parallel != 2 || len(j.End.Left) > 0 {
		t.Errorf("got %+v, %+v", result, j.End)
	}
	for id, started := range j.Started {
		if !slices.Contains([]string{"one", "two"}, started.Namespace) {
			t.Errorf("%s ran in %s", id, started.Namespace)
		}
	}
	if after := slices.Sorted(slices.Values(server.Objects())); !slices.Equal(before, after) {
		t.Errorf("before %v\nafter %v", before, after)
	}
}

func TestANamespaceThatIsUsedIsNotLent(t *testing.T) {
	server := villages(t)
	put(t, server, "/api/v1/namespaces/two/secrets", `{"name":"precious","namespace":"two"}`)
	for name, want := range map[string]string{"two": "it is not empty, and the run removes what is in it: there is Secret two/precious", "none": "it does not exist"} {
		_, err := run.Run(t.Context(), run.Options{Config: server.Config(), Features: page(passes), ReportDir: t.TempDir(), Namespaces: []string{"one", name}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !slices.Contains(server.Objects(), "/api/v1/namespaces/two/secrets/precious") {
		t.Error("the Secret of somebody else is gone")
	}
}

func TestANamespaceThatCannotBeEmptiedIsNotUsedAgain(t *testing.T) {
	server := villages(t)
	refuse := server.Refuse
	server.Refuse = func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, "/a") {
			return standin.Status(http.StatusForbidden, metav1.StatusReasonForbidden, "it stays")
		}
		return refuse(r)
	}
	leaves := "leaves\nWhen I create ConfigMap \"a\"\nThen ConfigMap \"a\" exists"
	result, j := with(t, server, run.Options{Features: page(leaves, strings.Replace(leaves, "leaves", "next", 1)), Namespaces: []string{"one"}})
	if result.Counts[verdict.Passed] != 1 || result.Counts[verdict.Blocked] != 1 {
		t.Errorf("got %+v: %+v", result, j.Results)
	}
	if len(j.End.Left) != 1 || !strings.Contains(j.End.Left[0], "it stays") {
		t.Errorf("left %v", j.End.Left)
	}
}

// Events are no remains that anybody waits for, but the next scenario may make one of the same name.
func TestEventsOfALentNamespaceAreDeleted(t *testing.T) {
	server := villages(t)
	refuse := server.Refuse
	var deleted atomic.Int64
	server.Refuse = func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodDelete && r.URL.Path == "/api/v1/namespaces/one/events" {
			deleted.Add(1)
		}
		return refuse(r)
	}
	result, _ := with(t, server, run.Options{Features: page(passes, named("another")[0]), Namespaces: []string{"one"}})
	if result.Counts[verdict.Passed] != 2 || deleted.Load() != 2 {
		t.Errorf("got %+v; the Events were deleted %d times", result, deleted.Load())
	}
}
