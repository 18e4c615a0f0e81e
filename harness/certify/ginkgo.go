package certify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Tools are upstream's programs.
type Tools struct {
	E2E    string // e2e.test
	Ginkgo string // ginkgo, of the version that e2e.test was built with
	// Kubectl is what the tests of kubectl run.
	Kubectl string
}

// logName is the name of Ginkgo's output, junitName that of its report, in the folder of a part and in a submission.
const (
	logName   = "e2e.log"
	junitName = "junit_01.xml"
)

// How long Ginkgo gets to clean up after an interrupt, and after the second one.
const (
	cleanUpBound  = 90 * time.Second // Ginkgo itself gives a test 30 s, and each of its clean-ups as much
	shutdownBound = 10 * time.Second
)

// List asks e2e.test for its version and the names of its conformance tests.
func (t Tools) List(ctx context.Context) (version string, names []string, err error) {
	out, err := t.ask(ctx, "-version")
	if err != nil {
		return "", nil, err
	}
	version = strings.TrimSpace(string(out))
	if Minor(version) == "" {
		return "", nil, fmt.Errorf("ask %q for its version: it says %q", t.E2E, firstLine(version))
	}
	if out, err = t.ask(ctx, "-list-conformance-tests"); err != nil {
		return "", nil, err
	}
	if names, err = codenames(out); err != nil {
		return "", nil, fmt.Errorf("ask %q for its tests: %w", t.E2E, err)
	}
	return version, names, nil
}

func (t Tools) ask(ctx context.Context, flag string) ([]byte, error) {
	const bound = time.Minute
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, t.E2E, flag) //nolint:gosec // the user names it
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s %s: %w%s", t.E2E, flag, err, quoteTail(complaint.String()))
	}
	return out, nil
}

// quoteTail appends the last line of a program's complaint to an error.
func quoteTail(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return ": " + text[strings.LastIndexByte(text, '\n')+1:]
}

// command is the command line of one part. With all conformance tests it is what the CNCF's instructions ask for: focus on
// [Conformance] and no skip. Ginkgo runs tests that are marked serial by themselves, after all others.
func (r *runner) command(p part, tests []string) []string {
	focus := exactly(tests)
	if r.begin.All && len(tests) == len(r.begin.Selected) {
		focus = `\[Conformance\]`
	}
	args := []string{r.Tools.Ginkgo, "-v", "--no-color", "--timeout=" + r.Timeout.String(), "--focus=" + focus}
	if p.Procs > 1 {
		args = append(args, "--procs="+strconv.Itoa(p.Procs))
	}
	args = append(args, r.Tools.E2E, "--", "--kubeconfig="+r.Kubeconfig)
	if r.Context != "" {
		args = append(args, "--context="+r.Context)
	}
	args = append(
		args, "--provider=skeleton", "--kubectl-path="+r.Tools.Kubectl, "--report-dir="+r.folder(p.Number),
		"--disable-log-dump", "--node-schedulable-timeout=5m",
	)
	return append(args, r.Arguments...)
}

// execute runs a part to its end and returns how the process ended, in words. When the context ends, it asks Ginkgo to clean up; when
// Ginkgo does not end, or Abandon is closed, it ends all of its processes.
func (r *runner) execute(ctx context.Context, p part) (exit string, err error) {
	file, err := os.Create(filepath.Join(r.folder(p.Number), logName))
	if err != nil {
		return "", fmt.Errorf("write log: %w", err)
	}
	defer file.Close()
	lines := &lineWriter{line: r.line}
	cmd := exec.Command(p.Command[0], p.Command[1:]...) //nolint:gosec,noctx // the user names it; see interrupt
	cmd.Stdout = io.MultiWriter(file, lines)            // a pipe: Ginkgo cannot outlive this process
	cmd.Stderr = cmd.Stdout
	cmd.WaitDelay = shutdownBound
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start %q: %w", cmd.Path, err)
	}
	r.mu.Lock() // lines may come already
	r.keep(entry{Process: cmd.Process.Pid})
	r.mu.Unlock()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = r.interrupt(cmd, ended)
	}
	lines.end()
	return cmd.ProcessState.String(), errors.Join(ignoreExit(err), killGroup(cmd))
}

// interrupt ends Ginkgo: gently, once more, and then by force.
func (r *runner) interrupt(cmd *exec.Cmd, ended <-chan error) error {
	r.mu.Lock()
	r.progress.say("ending: the tests that run clean up, for up to %s; interrupt again to end them at once", cleanUpBound)
	r.mu.Unlock()
	for _, bound := range []time.Duration{cleanUpBound, shutdownBound} {
		if err := interruptGroup(cmd); err != nil {
			return errors.Join(err, killGroup(cmd), <-ended)
		}
		patience := time.NewTimer(bound)
		select {
		case err := <-ended:
			patience.Stop()
			return err
		case <-r.Abandon:
			patience.Stop()
			return errors.Join(killGroup(cmd), <-ended)
		case <-patience.C:
		}
	}
	return errors.Join(killGroup(cmd), <-ended)
}

// ignoreExit drops the errors that only say that the program ended badly: which tests failed is known better.
func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// lineWriter hands lines without their ends to a function.
type lineWriter struct {
	line func(string)
	rest []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		i := bytes.IndexByte(w.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		w.line(strings.TrimSuffix(string(w.rest[:i]), "\r"))
		w.rest = w.rest[i+1:]
	}
}

// end hands out a last line that has no end.
func (w *lineWriter) end() {
	if len(w.rest) > 0 {
		w.line(string(w.rest))
		w.rest = nil
	}
}
