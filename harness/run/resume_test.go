package run_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/standin"
)

// awaits passes once somebody has made the ConfigMap.
const awaits = "awaits\nGiven within 5 minutes, ConfigMap \"default/go\" exists"

// The environment of a process that runs until it is killed.
const (
	victimServer = "SEATRIAL_TEST_SERVER"
	victimDir    = "SEATRIAL_TEST_DIR"
)

// victimPages is what the process that is killed runs.
func victimPages() fs.FS { return page(append(named("first", "second"), awaits)...) }

// TestVictim is no test: it is the process that TestAKilledRunIsResumed kills.
func TestVictim(t *testing.T) {
	if os.Getenv(victimServer) == "" {
		t.Skip("only in a process of its own")
	}
	_, err := run.Run(t.Context(), run.Options{
		Config: &rest.Config{Host: os.Getenv(victimServer)}, Features: victimPages(), ReportDir: os.Getenv(victimDir), Selection: "@id:api.*",
	})
	t.Errorf("it was not killed: %v", err)
}

// put makes an object in the server.
func put(t *testing.T, server *standin.Server, path, metadata string) {
	t.Helper()
	cluster, err := client.Open(server.Config(), client.Images{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := cluster.Send(t.Context(), client.Request{Method: http.MethodPost, Path: path, Body: []byte(`{"metadata":` + metadata + `}`)})
	if err != nil || answer.Refused() {
		t.Fatal(answer, err)
	}
}

// killed runs the victim until all but the last of its scenarios have a result, and kills it as kill -9 does.
func killed(t *testing.T, server *standin.Server) (dir string) {
	t.Helper()
	dir = t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	victim := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), victimServer+"="+server.Config().Host, victimDir+"="+dir)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		if j, err := journal.Read(dir); err == nil && len(j.Results) == 2 && j.Started["api.test.awaits"].ID != "" {
			break
		}
		select {
		case <-ctx.Done():
			t.Fatal("the victim does not come to its last scenario")
		case <-ticker.C:
		}
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // it was killed
	return dir
}

func TestAKilledRunIsResumed(t *testing.T) {
	server := standin.Start(t)
	dir := killed(t, server)
	left := server.Objects()
	if !slices.ContainsFunc(left, func(path string) bool { return strings.HasPrefix(path, "/api/v1/namespaces/seatrial-") }) {
		t.Fatalf("the killed process has left nothing to clean up: %v", left)
	}
	put(t, server, "/api/v1/namespaces/default/configmaps", `{"name":"go","namespace":"default"}`)
	before, err := journal.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	result, j := with(t, server, run.Options{Features: victimPages(), Choice: run.Choice{Resume: true, From: dir}})
	if result.Outcome != verdict.Success || result.Counts[verdict.Passed] != 3 || result.ReportDir != dir {
		t.Errorf("got %+v", result)
	}
	if j.Run.ID != before.Run.ID || j.Resumes != 1 || len(j.Order) != 3 || j.End == nil {
		t.Errorf("the journal: %+v", j)
	}
	for id, attempts := range j.Attempts {
		if want := map[string]int{"api.test.awaits": 2}[id]; len(attempts) != max(want, 1) {
			t.Errorf("%s began %d times", id, len(attempts))
		}
	}
	if left := server.Objects(); !slices.Equal(left, []string{"/api/v1/namespaces/default/configmaps/go"}) {
		t.Errorf("left in the cluster: %v", left)
	}
	if _, err := os.Stat(dir + "/junit.xml"); err != nil {
		t.Error(err)
	}
	_, err = run.NewPlan(run.Options{Features: victimPages(), Choice: run.Choice{Resume: true, From: dir}})
	if err == nil || !strings.Contains(err.Error(), "there is nothing left to do") {
		t.Errorf("resumed once more: %v", err)
	}
}

// interrupted is a run of one scenario with a result and one without, against a server that tells who it is.
func interrupted(t *testing.T) (*standin.Server, string) {
	t.Helper()
	server := standin.Start(t)
	put(t, server, "/api/v1/namespaces", `{"name":"kube-system","uid":"one"}`)
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	_, err := run.Run(ctx, run.Options{
		Config: server.Config(), Features: page(hangs, passes), ReportDir: dir, Progress: &notifier{on: "passed", do: cancel}, Selection: "@id:api.*", Kit: "v1",
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, dir
}

func TestARunIsNotResumedWhereTheReportWouldLie(t *testing.T) {
	server, dir := interrupted(t)
	good := func() run.Options {
		return run.Options{Config: server.Config(), Features: page(hangs, passes), Kit: "v1", Choice: run.Choice{Resume: true, From: dir}}
	}
	for name, c := range map[string]struct {
		change func(*run.Options)
		want   string
	}{
		"another selection": {func(o *run.Options) { o.Selection = "@id:api.test.p*" }, `it selected "@id:api.*" and not "@id:api.test.p*"`},
		"another kit":       {func(o *run.Options) { o.Kit = "v2" }, `it was begun by version "v1" of the kit and this is "v2"`},
		"another page": {
			func(o *run.Options) { o.Features = page(hangs, strings.Replace(passes, "I delete", "I get", 1)) },
			"the specification of api.test.passes has changed since",
		},
		"a page less":   {func(o *run.Options) { o.Features = page(hangs) }, "the specification of api.test.passes has changed since"},
		"more rounds":   {func(o *run.Options) { o.Repeat = 3 }, "leave --repeat and --retries out"},
		"a budget":      {func(o *run.Options) { o.Budget = time.Minute }, "leave --budget out"},
		"two verbs":     {func(o *run.Options) { o.RerunFailed = true }, "use one of them"},
		"another place": {func(o *run.Options) { o.ReportDir = "elsewhere" }, "leave --report out"},
		"no run":        {func(o *run.Options) { o.From = t.TempDir() }, "no run before"},
	} {
		o := good()
		c.change(&o)
		if _, err := run.NewPlan(o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARunIsResumedOnlyAgainstItsCluster(t *testing.T) {
	_, dir := interrupted(t)
	other := standin.Start(t)
	o := run.Options{Config: other.Config(), Features: page(hangs, passes), Kit: "v1", Choice: run.Choice{Resume: true, From: dir}}
	var refused *run.Refused
	if _, err := run.Run(t.Context(), o); !errors.As(err, &refused) || !strings.Contains(err.Error(), "it ran against http") {
		t.Errorf("a cluster that does not tell who it is: %v", err)
	}
	put(t, other, "/api/v1/namespaces", `{"name":"kube-system","uid":"two"}`)
	if _, err := run.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "the UID of the Namespace kube-system was one and is two") {
		t.Errorf("another cluster: %v", err)
	}
	if j, err := journal.Read(dir); err != nil || j.Resumes != 0 {
		t.Errorf("the refused runs are in the journal: %+v, %v", j, err)
	}
}

func TestARunThatGoesOnIsNotResumed(t *testing.T) {
	server, dir := interrupted(t)
	w, _, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	_, err = run.Run(t.Context(), run.Options{Config: server.Config(), Features: page(hangs, passes), Kit: "v1", Choice: run.Choice{Resume: true, From: dir}})
	if err == nil || !strings.Contains(err.Error(), "the run still goes on") {
		t.Errorf("got %v", err)
	}
}
