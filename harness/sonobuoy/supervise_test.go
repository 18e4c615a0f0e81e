//go:build unix

package sonobuoy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/seatrial/seatrial/harness/verdict"
)

// plays makes this program play a run of the kit when it is set; see TestMain.
const plays = "SEATRIAL_TEST_PLAYS"

func TestMain(m *testing.M) {
	switch os.Getenv(plays) {
	case "":
		os.Exit(m.Run())
	case "failure":
		os.Exit(verdict.ExitFailure)
	case "crash":
		broken := make(chan struct{})
		go func() { panic("a bug in a goroutine") }()
		<-broken
	case "lost cluster":
		_, _ = fmt.Fprintln(os.Stderr, "error: no cluster answers")
		os.Exit(verdict.ExitCluster)
	case "killed":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "waits for SIGTERM":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		_, _ = fmt.Fprintln(os.Stderr, "ready")
		<-signals
		os.Exit(verdict.ExitInterrupted)
	}
}

// play is the command that plays a run.
func play(what string) *exec.Cmd {
	command := exec.CommandContext(context.Background(), os.Args[0])
	command.Env = append(os.Environ(), plays+"="+what)
	return command
}

func TestARunThatBreaksIsHandedOver(t *testing.T) {
	for what, want := range map[string]string{
		"crash": "panic: a bug in a goroutine", "lost cluster": "exit status 5: error: no cluster answers", "killed": "signal: killed",
	} {
		w := Worker{Dir: t.TempDir()}
		code, err := w.Supervise(t.Context(), play(what), io.Discard)
		if err == nil || code == verdict.ExitSuccess || code == verdict.ExitFailure {
			t.Errorf("%s: code %d, error %v", what, code, err)
		}
		item := manual(t, received(t, w))
		if item.Status != failed || !strings.Contains(item.Items[0].Details["error"].(string), want) {
			t.Errorf("%s: got %+v, want %q", what, item, want)
		}
	}
}

func TestTheCodeIsThatOfTheRun(t *testing.T) {
	w := Worker{Dir: t.TempDir()}
	leave(t, w)
	if code, err := w.Supervise(t.Context(), play("failure"), io.Discard); code != verdict.ExitFailure || err != nil {
		t.Errorf("got %d, %v", code, err)
	}
	if item := manual(t, received(t, w)); item.Status != passed {
		t.Errorf("got %+v", item)
	}
}

// ready cancels the context as soon as something is written.
type ready struct{ cancel context.CancelFunc }

func (r ready) Write(p []byte) (int, error) {
	r.cancel()
	return len(p), nil
}

func TestASignalEndsTheRunKindly(t *testing.T) {
	w := Worker{Dir: t.TempDir()}
	leave(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	if code, err := w.Supervise(ctx, play("waits for SIGTERM"), ready{cancel}); code != verdict.ExitInterrupted || err != nil {
		t.Errorf("got %d, %v", code, err)
	}
	received(t, w)
}

func TestTheLastWordsAreKept(t *testing.T) {
	var kept tail
	for i := range 1000 {
		_, _ = fmt.Fprintf(&kept, "line %d\n", i)
	}
	if text := kept.String(); !strings.HasSuffix(text, "line 999") || !strings.HasPrefix(text, "line ") || len(text) > lastWords || len(text) < lastWords-20 {
		t.Errorf("kept %d bytes: %q", len(text), text)
	}
	var short tail
	_, _ = io.Copy(&short, bytes.NewReader([]byte("one\ntwo\n")))
	if short.String() != "one\ntwo" {
		t.Errorf("kept %q", short.String())
	}
}
