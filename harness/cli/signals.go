package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/seatrial/seatrial/harness/verdict"
)

// interrupts makes the first SIGINT or SIGTERM the end of the context, so that the verb cleans up and reports. The second one ends the
// process at once, unless the verb has something else to end first.
func (e *env) interrupts() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go e.heed(ctx, signals, cancel)
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}

// heed waits for two signals, and for a third one when the second only abandons what the verb does.
func (e *env) heed(ctx context.Context, signals <-chan os.Signal, cancel func()) {
	select {
	case <-signals:
	case <-ctx.Done():
		return
	}
	if e.remains.Text() != "" {
		e.say("\ninterrupted: starting nothing more and cleaning up; once more ends at once")
	}
	cancel()
	<-signals
	if abandon := e.abandon.Load(); abandon != nil {
		(*abandon)()
		<-signals
	}
	if left := e.remains.Text(); left != "" {
		e.say("\nended at once, without reports\n%s", left)
	}
	e.exit(verdict.ExitInterrupted)
}
