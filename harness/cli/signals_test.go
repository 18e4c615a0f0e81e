package cli

import (
	"bytes"
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestTheSecondSignalEndsAtOnceAndSaysWhatIsLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var text bytes.Buffer
	code := 0
	e := &env{err: &text, exit: func(c int) { code = c }}
	e.remains.Cluster("run-x")
	signals := make(chan os.Signal, 2)
	signals <- os.Interrupt
	signals <- syscall.SIGTERM
	e.heed(ctx, signals, cancel)
	if ctx.Err() == nil || code != 130 {
		t.Errorf("context %v, code %d", ctx.Err(), code)
	}
	if !strings.Contains(text.String(), "once more ends at once") || !strings.Contains(text.String(), "seatrial down --name run-x") {
		t.Errorf("said %q", text.String())
	}
}

func TestTheFirstSignalOnlyEndsTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e := &env{err: &bytes.Buffer{}, exit: func(int) { t.Error("the process has ended") }}
	signals := make(chan os.Signal, 2)
	go e.heed(ctx, signals, cancel)
	signals <- os.Interrupt
	<-ctx.Done()
}

func TestTheSecondSignalAbandonsWhatTheVerbDoes(t *testing.T) {
	_, cancel := context.WithCancel(t.Context())
	var steps []string
	e := &env{err: &bytes.Buffer{}, exit: func(int) { steps = append(steps, "exit") }}
	abandon := func() { steps = append(steps, "abandon") }
	e.abandon.Store(&abandon)
	signals := make(chan os.Signal, 3)
	for range 3 {
		signals <- os.Interrupt
	}
	e.heed(t.Context(), signals, cancel)
	if strings.Join(steps, " ") != "abandon exit" {
		t.Errorf("the steps are %q", steps)
	}
}
