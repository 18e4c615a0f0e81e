package run_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps/standin"
)

const head = "Feature: F\n\n  Lead.\n\n  Documentation: https://kubernetes.io/docs/x\n\n  Rule: R\n"

// page makes a feature file of scenarios, each a list of lines after its tags and id.
func page(scenarios ...string) fs.FS {
	var text strings.Builder
	text.WriteString(head)
	for _, s := range scenarios {
		lines := strings.Split(s, "\n")
		text.WriteString("\n    @id:api.test." + lines[0] + "\n    Scenario: " + lines[0] + "\n      The hint.\n\n")
		for _, line := range lines[1:] {
			text.WriteString("      " + line + "\n")
		}
	}
	return fstest.MapFS{"api/test.feature": {Data: []byte(text.String())}}
}

const (
	passes  = "passes\nGiven a ConfigMap \"a\"\nWhen I delete ConfigMap \"a\"\nThen ConfigMap \"a\" is gone"
	fails   = "fails\nGiven a ConfigMap \"a\"\nWhen I get ConfigMap \"a\"\nThen within 1 second, ConfigMap \"a\" is gone"
	unknown = "unknown\nGiven a thing that nobody knows"
	needs   = "needs @needs:nodes\nGiven a ConfigMap \"a\""
	hangs   = "hangs\nGiven within 5 minutes, ConfigMap \"a\" exists"
)

func start(t *testing.T, server *standin.Server, features fs.FS) (run.Result, *journal.Journal, string) {
	t.Helper()
	return startIn(t.Context(), t, server, features, nil)
}

func startIn(ctx context.Context, t *testing.T, server *standin.Server, features fs.FS, progress *notifier) (run.Result, *journal.Journal, string) {
	t.Helper()
	if progress == nil {
		progress = &notifier{}
	}
	result, err := run.Run(ctx, run.Options{Config: server.Config(), Features: features, ReportDir: t.TempDir(), Progress: progress})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Read(result.ReportDir)
	if err != nil {
		t.Fatal(err)
	}
	return result, j, progress.text.String()
}

// notifier is a place for progress that can act on a line.
type notifier struct {
	mu   sync.Mutex
	text bytes.Buffer
	on   string
	do   func()
}

func (n *notifier) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.on != "" && strings.Contains(string(p), n.on) {
		n.do()
	}
	return n.text.Write(p)
}

func TestEveryVerdictIsGiven(t *testing.T) {
	server := standin.Start(t)
	server.Refuse = func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/secrets") {
			return standin.Status(http.StatusForbidden, metav1.StatusReasonForbidden, "exceeded quota")
		}
		return nil
	}
	blocked := "blocked\nGiven a Secret \"a\""
	result, j, progress := start(t, server, page(passes, fails, unknown, needs, blocked))
	for id, want := range map[string]verdict.Verdict{
		"passes": verdict.Passed, "fails": verdict.Failed, "unknown": verdict.Error, "needs": verdict.Unsupported, "blocked": verdict.Blocked,
	} {
		if got := j.Result("api.test." + id); got.Verdict != want {
			t.Errorf("%s: got %s (%s), want %s", id, got.Verdict, got.Why, want)
		}
	}
	if result.Outcome != verdict.Failure || result.ExitCode() != verdict.ExitFailure {
		t.Errorf("got %+v", result)
	}
	for _, want := range []string{"FAILED", "The hint.", `Then within 1 second, ConfigMap "a" is gone`, "exceeded quota", "1 passed, 1 failed, 1 unsupported, 1 blocked, 1 error"} {
		if !strings.Contains(progress, want) {
			t.Errorf("the progress lacks %q:\n%s", want, progress)
		}
	}
	if left := server.Objects(); len(left) > 0 {
		t.Errorf("left in the cluster: %v", left)
	}
	for _, name := range []string{"junit.xml", "index.html", "journal.ndjson", "evidence/api.test.fails"} {
		if _, err := os.Stat(filepath.Join(result.ReportDir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestARunOfNothingIsInvalid(t *testing.T) {
	server := standin.Start(t)
	result, err := run.Run(t.Context(), run.Options{Config: server.Config(), Features: page(passes), Selection: "@id:no.such"})
	if err != nil || result.Outcome != verdict.Invalid || result.Reason != "invalid run: no behaviour matched" || result.ExitCode() != verdict.ExitInvalid {
		t.Errorf("got %+v, %v", result, err)
	}
	result, _, _ = start(t, server, page(needs))
	if result.Outcome != verdict.Invalid || result.ExitCode() != verdict.ExitInvalid || result.Reason == "" {
		t.Errorf("only unsupported: got %+v", result)
	}
}

func TestAnInterruptedRunCleansUpAndReports(t *testing.T) {
	server := standin.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	progress := &notifier{on: "passed", do: cancel}
	result, j, text := startIn(ctx, t, server, page(hangs, passes), progress)
	if !result.Interrupted || result.ExitCode() != verdict.ExitInterrupted {
		t.Errorf("got %+v", result)
	}
	if got := j.Result("api.test.hangs"); got.Verdict != verdict.NotRun {
		t.Errorf("hangs: %s (%s)", got.Verdict, got.Why)
	}
	if j.End == nil || !strings.Contains(text, "the run was interrupted") {
		t.Errorf("the end is %+v\n%s", j.End, text)
	}
	if left := server.Objects(); len(left) > 0 {
		t.Errorf("left in the cluster: %v", left)
	}
	if _, err := os.Stat(filepath.Join(result.ReportDir, "junit.xml")); err != nil {
		t.Error(err)
	}
}

func TestAClusterThatDiesEndsTheRun(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the patience of the heartbeat")
	}
	server := standin.Start(t)
	progress := &notifier{on: "passed", do: server.Kill}
	result, j, text := startIn(t.Context(), t, server, page(hangs, passes), progress)
	if !result.ClusterLost || result.ExitCode() != verdict.ExitCluster || !strings.Contains(text, "the cluster has stopped answering") {
		t.Errorf("got %+v\n%s", result, text)
	}
	if got := j.Result("api.test.hangs"); got.Verdict != verdict.NotRun {
		t.Errorf("hangs: %s (%s)", got.Verdict, got.Why)
	}
}

func TestNoClusterIsOneClearError(t *testing.T) {
	_, err := run.Run(t.Context(), run.Options{Config: &rest.Config{Host: "http://127.0.0.1:1"}, Features: page(passes), ReportDir: t.TempDir()})
	var unreachable *run.Unreachable
	if !errors.As(err, &unreachable) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	if _, err := run.Connect("/nonexistent", ""); !errors.As(err, &unreachable) || !strings.Contains(err.Error(), "/nonexistent") {
		t.Errorf("got %v", err)
	}
}

func TestAWrongTagExpressionIsAnError(t *testing.T) {
	if _, _, err := run.List(run.Options{Features: page(passes), Selection: "@a and"}); err == nil {
		t.Error("no error")
	}
}
