package sonobuoy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

const (
	// lastWords is how many bytes of the standard error of a run are kept for the case that it breaks.
	lastWords = 4 << 10
	// farewell is how long a run may take to clean up when it is told to end. Sonobuoy gives its plugins 60 s.
	farewell = 50 * time.Second
)

// Supervise runs the command, whose standard error also goes to log, and hands its results over however it ends: a panic in one of its
// goroutines, too, would otherwise leave Sonobuoy waiting. When the context ends, the command gets SIGTERM and a while to clean up. The
// code is that of the command, or that of an error of the kit; the error is one that kept results from being made or handed over.
func (w Worker) Supervise(ctx context.Context, command *exec.Cmd, log io.Writer) (code int, err error) {
	last := &tail{}
	command.Stderr = io.MultiWriter(log, last)
	command.SysProcAttr = ownGroup()
	ended := make(chan struct{})
	code = verdict.ExitKit
	err = w.Do(ctx, func(ctx context.Context) error {
		if err := command.Start(); err != nil {
			return fmt.Errorf("start the run: %w", err)
		}
		var ending sync.WaitGroup
		ending.Go(func() { end(ctx, command, ended) })
		err := command.Wait()
		close(ended)
		ending.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return fmt.Errorf("run: %w", err)
		}
		if command.ProcessState.Exited() {
			code = command.ProcessState.ExitCode()
		}
		if w.told(code) {
			return nil
		}
		return &BrokenError{State: command.ProcessState.String(), LastWords: last.String()}
	})
	return code, err
}

// BrokenError is a run that ended without having told how it went.
type BrokenError struct {
	// State tells how the process ended, such as "signal: killed".
	State string
	// LastWords is the end of what it wrote to its standard error.
	LastWords string
}

func (e *BrokenError) Error() string {
	return strings.TrimSuffix("the run ended with "+e.State+": "+e.LastWords, ": ")
}

// told reports whether the journal says how the run went. The code alone does not tell: 2 is that of a partial run and of a Go program
// that panics.
func (w Worker) told(code int) bool {
	switch code {
	case verdict.ExitSuccess, verdict.ExitFailure, verdict.ExitPartial, verdict.ExitInvalid, verdict.ExitInterrupted:
		j, err := journal.Read(w.ReportDir())
		return err == nil && j.End != nil
	}
	return false
}

// end makes the command end when the context does: at first kindly.
func end(ctx context.Context, command *exec.Cmd, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	if command.Process.Signal(syscall.SIGTERM) == nil {
		select {
		case <-ended:
			return
		case <-time.After(farewell):
		}
	}
	_ = command.Process.Kill() // an error says that it has ended
}

// tail keeps the end of what is written.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - lastWords; extra > 0 {
		t.text = slices.Delete(t.text, 0, extra)
	}
	return len(p), nil
}

// String is the text without a broken first line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.text
	if len(text) == lastWords {
		if _, rest, ok := bytes.Cut(text, []byte("\n")); ok {
			text = rest
		}
	}
	return strings.TrimSpace(strings.ToValidUTF8(string(text), "?"))
}
