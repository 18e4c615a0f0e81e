//go:build unix

package certify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/harness/verdict"
)

// api is a server that has a version and Namespaces of tests, which end when they are deleted.
type api struct {
	*httptest.Server
	version string
	mu      sync.Mutex
	names   []string
	deleted []string
}

func newAPI(t *testing.T, version string, namespaces ...string) *api {
	t.Helper()
	a := &api{version: version, names: namespaces}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/version":
			fmt.Fprintf(w, `{"gitVersion":%q}`, a.version)
		case r.Method == http.MethodDelete:
			name := filepath.Base(r.URL.Path)
			a.deleted = append(a.deleted, name)
			a.names = slices.DeleteFunc(a.names, func(n string) bool { return n == name })
			fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Success"}`)
		default:
			var items []string
			for _, name := range a.names {
				items = append(items, fmt.Sprintf(`{"metadata":{"name":%q}}`, name))
			}
			fmt.Fprintf(w, `{"kind":"NamespaceList","apiVersion":"v1","items":[%s]}`, strings.Join(items, ","))
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) leave(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names = append(a.names, name)
}

// options runs the fake of this test against the server.
func options(t *testing.T, mode string, a *api) Options {
	t.Helper()
	t.Setenv(fakeMode, mode)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Tools:  Tools{E2E: program, Ginkgo: program, Kubectl: "kubectl"},
		Config: &rest.Config{Host: a.URL}, Kubeconfig: "kubeconfig", Dir: filepath.Join(t.TempDir(), "run"), Product: "turbo",
	}
}

// states is what a report says of the fake's tests, in their order.
func states(r Report) []State {
	var all []State
	for _, test := range r.Results {
		all = append(all, test.State)
	}
	return all
}

func TestRunOfAllTestsYieldsTheFourFiles(t *testing.T) {
	o := options(t, modePass, newAPI(t, "v1.36.3+turbo"))
	var progress bytes.Buffer
	o.Progress, o.Arguments = &progress, []string{"--num-nodes=2"}
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if report.Outcome != verdict.Success || report.ExitCode() != 0 || report.Counts[verdict.Passed] != 4 {
		t.Errorf("the report is %+v", report)
	}
	entries, err := os.ReadDir(filepath.Join(o.Dir, "v1.36", "turbo"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if want := []string{productName, readmeName, logName, junitName}; !slices.Equal(names, want) {
		t.Errorf("the submission has %q, want %q", names, want)
	}
	readme, err := os.ReadFile(filepath.Join(report.Submission, readmeName))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`--focus='\[Conformance\]'`, "--procs=3", "--num-nodes=2", "v1.36.3+turbo", "--kubeconfig=$KUBECONFIG"} {
		if !strings.Contains(string(readme), want) {
			t.Errorf("the README does not tell %q: %s", want, readme)
		}
	}
	for _, want := range []string{"4 conformance tests of v1.36.3", "3 by 3, then 1 one after another", "   4/4  passed       1.5s  ", "success: 4 passed"} {
		if !strings.Contains(progress.String(), want) {
			t.Errorf("the progress does not tell %q:\n%s", want, progress.String())
		}
	}
	// The fake has 4 of the 446 tests, which must not go unnoticed.
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "lacks 446 of the 446") {
		t.Errorf("the notes are %q", report.Notes)
	}
}

func TestRunTellsWhyTestsDidNotPass(t *testing.T) {
	o := options(t, modeFail, newAPI(t, "v1.36.3"))
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]State{Failed, Passed, Skipped, Passed}, states(report)); diff != "" {
		t.Error(diff)
	}
	if report.Outcome != verdict.Failure || report.ExitCode() != verdict.ExitFailure {
		t.Errorf("the outcome is %s", report.Outcome)
	}
	summary, err := os.ReadFile(filepath.Join(o.Dir, SummaryName))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Conformance tests: failure", "2 passed, 1 failed, 1 skipped of 4 tests", "### it does not roll (1)", "### 2 nodes required (1)"} {
		if !strings.Contains(string(summary), want) {
			t.Errorf("the summary does not tell %q:\n%s", want, summary)
		}
	}
}

func TestRunOfSomeTestsIsATrial(t *testing.T) {
	o := options(t, modePass, newAPI(t, "v1.35.1"))
	o.Focus, o.Skip = "Pods", `\[Serial\]`
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Results) != 1 || report.Results[0].Name != fakeTests()[2] || report.Results[0].State != Passed {
		t.Errorf("the results are %v", report.Results)
	}
	notes := strings.Join(report.Notes, "\n")
	if !strings.Contains(notes, "a trial: only 1 tests") || !strings.Contains(notes, "the cluster is Kubernetes v1.35.1") {
		t.Errorf("the notes are %q", notes)
	}
	o.Focus = "nothing at all"
	o.Dir += "2"
	if _, err := Run(t.Context(), o); !errors.Is(err, ErrNothingSelected) {
		t.Errorf("no test: %v", err)
	}
}

func TestRunTellsThatTheSuiteDidNotBegin(t *testing.T) {
	for mode, want := range map[string]string{modePrepare: "[SynchronizedBeforeSuite] failed: no node is ready", modeRefuse: "ginkgo did not begin (exit status 1)"} {
		report, err := Run(t.Context(), options(t, mode, newAPI(t, "v1.36.3")))
		if err != nil {
			t.Fatal(err)
		}
		if report.Outcome != verdict.Invalid || !strings.Contains(report.Reason, want) || report.Counts[verdict.NotRun] != 4 {
			t.Errorf("%s: %s, %q, %v", mode, report.Outcome, report.Reason, report.Counts)
		}
	}
}

// A run that was killed left no JUnit file: its record and its log tell.
func TestResumeRunsOnlyTheRest(t *testing.T) {
	a := newAPI(t, "v1.36.3")
	o := options(t, modeDie, a)
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]State{Passed, Passed, NotRun, NotRun}, states(report)); diff != "" {
		t.Error(diff)
	}
	if report.Outcome != verdict.Partial {
		t.Errorf("the outcome is %s", report.Outcome)
	}
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "has a run") {
		t.Errorf("a second run in the same folder: %v", err)
	}
	// a line that a killed process could not finish
	file, err := os.OpenFile(filepath.Join(o.Dir, RecordName), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"time":"20`); err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	t.Setenv(fakeMode, modePass)
	o.Resume = true
	if report, err = Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]State{Passed, Passed, Passed, Passed}, states(report)); diff != "" {
		t.Error(diff)
	}
	log, err := os.ReadFile(filepath.Join(report.Submission, logName))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range fakeTests() {
		if count := strings.Count(string(log), name+" [labels]"); count != 1 {
			t.Errorf("%q ran %d times", name, count)
		}
	}
	if !strings.Contains(strings.Join(report.Notes, "\n"), "the run was resumed") {
		t.Errorf("the notes are %q", report.Notes)
	}
	if report, err = Run(t.Context(), o); err != nil || report.Outcome != verdict.Success {
		t.Errorf("a resume of what has ended: %v, %v", report.Outcome, err)
	}
	a.version = "v1.36.4"
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "it was of Kubernetes v1.36.3") {
		t.Errorf("a resume against another version: %v", err)
	}
	o.Dir = t.TempDir()
	if _, err := Run(t.Context(), o); !errors.Is(err, ErrNoRun) {
		t.Errorf("a resume of nothing: %v", err)
	}
}

func TestResumeEndsGinkgoOfAKilledRun(t *testing.T) {
	t.Setenv(fakeMode, modeChild)
	const mark = "--report-dir=/nowhere/parts/01"
	for _, c := range []struct {
		mark string
		ends bool
	}{{"--report-dir=/elsewhere", false}, {mark, true}} {
		other := exec.Command(os.Args[0], mark)
		ownGroup(other)
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		if err := endLeftover(other.Process.Pid, c.mark); err != nil {
			t.Error(err)
		}
		if !c.ends {
			if err := other.Process.Signal(syscall.Signal(0)); err != nil {
				t.Errorf("another program has been ended: %v", err)
			}
			if err := killGroup(other); err != nil {
				t.Fatal(err)
			}
		}
		_ = other.Wait() // says that it was killed
	}
}

// waitWriter calls a function once, when a text has been written.
type waitWriter struct {
	text string
	then func()
	once sync.Once
	all  bytes.Buffer
}

func (w *waitWriter) Write(p []byte) (int, error) {
	w.all.Write(p)
	if strings.Contains(w.all.String(), w.text) {
		w.once.Do(w.then)
	}
	return len(p), nil
}

func TestInterruptLetsTestsCleanUp(t *testing.T) {
	a := newAPI(t, "v1.36.3", "somebody-elses")
	o := options(t, modeWait, a)
	ctx, interrupt := context.WithCancel(t.Context())
	o.Progress = &waitWriter{text: "2/4", then: func() { a.leave("pods-1234"); interrupt() }}
	report, err := Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]State{Passed, Passed, Interrupted, NotRun}, states(report)); diff != "" {
		t.Error(diff)
	}
	if !report.Interrupted || report.Reason != "interrupted" || report.ExitCode() != verdict.ExitInterrupted {
		t.Errorf("the report is %+v", report)
	}
	if !slices.Equal(a.deleted, []string{"pods-1234"}) {
		t.Errorf("deleted namespaces are %q", a.deleted)
	}
	if _, err := os.Stat(filepath.Join(report.Submission, junitName)); err != nil {
		t.Error(err)
	}
	// What was interrupted has no verdict: it runs again.
	t.Setenv(fakeMode, modePass)
	o.Resume, o.Progress = true, nil
	if report, err = Run(t.Context(), o); err != nil || report.Outcome != verdict.Success || report.Counts[verdict.Passed] != 4 {
		t.Errorf("the resumed run: %v, %v, %v", report.Outcome, report.Counts, err)
	}
}

func TestSecondInterruptEndsAllProcesses(t *testing.T) {
	o := options(t, modeStubborn, newAPI(t, "v1.36.3"))
	ctx, interrupt := context.WithCancel(t.Context())
	abandon := make(chan struct{})
	o.Abandon = abandon
	file := filepath.Join(o.Dir, "parts", "01", childFileName)
	o.Progress = &waitWriter{text: "2/4", then: func() {
		go func() {
			defer close(abandon)
			defer interrupt()
			for ticker := time.NewTicker(time.Millisecond); t.Context().Err() == nil; <-ticker.C {
				if _, err := os.Stat(file); err == nil {
					return
				}
			}
		}()
	}}
	report, err := Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]State{Passed, Passed, NotRun, NotRun}, states(report)); diff != "" {
		t.Error(diff)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	// It was killed with its group, which takes a moment.
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ticker := time.NewTicker(time.Millisecond); !ended(pid); <-ticker.C {
		if ctx.Err() != nil {
			t.Fatalf("process %d goes on", pid)
		}
	}
}

// ended tells that a process is gone, or only a remainder that whoever adopted it has to reap.
func ended(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil {
		return true
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && (strings.Contains(string(status), ") Z ") || strings.Contains(string(status), ") X "))
}

func TestRunWithoutAClusterIsUnreachable(t *testing.T) {
	a := newAPI(t, "v1.36.3")
	o := options(t, modePass, a)
	a.Close()
	var unreachable *Unreachable
	if _, err := Run(t.Context(), o); !errors.As(err, &unreachable) {
		t.Errorf("the error is %v", err)
	}
}
