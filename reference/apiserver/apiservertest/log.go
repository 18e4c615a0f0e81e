package apiservertest

import (
	"bytes"
	"context"
	"flag"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/klog/v2"
)

// told is how many entries of the log a failed test shows at most.
const told = 60

// HoldLog keeps what klog writes out of the output of the tests, where it would
// bury their messages, unless they run with -v. When t fails, the last warnings
// and errors since this call follow its own messages. The log is that of the
// process: with tests that run in parallel, also that of their servers. Run
// calls HoldLog; it is for tests that start a server by themselves.
func HoldLog(t testing.TB) {
	t.Helper()
	if testing.Verbose() {
		return
	}
	recent := held()
	before := recent.count()
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		if log := recent.takeSince(before); log != "" {
			t.Logf("the last warnings and errors in the log (all of it: go test -v):\n%s", log)
		}
	})
}

// held redirects klog, once: a change of its output in the middle of a test
// would lose what servers that run say. What ends the process stays on stderr.
var held = sync.OnceValue(func() *tail {
	flags := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(flags)
	_ = flags.Set("stderrthreshold", "FATAL") // a panic if it is no severity
	recent := &tail{}
	klog.SetOutput(io.Discard)
	klog.SetOutputBySeverity("WARNING", recent) // klog writes an error here too
	klog.LogToStderr(false)
	return recent
})

// tail remembers the last entries that were written to it.
type tail struct {
	mu      sync.Mutex
	entries []entry
	written int // all entries ever
}

type entry struct {
	number int
	text   string
}

// Write takes one entry of the log, as klog gives it. What the end of a server
// cancels is no news: each of its informers complains.
func (l *tail) Write(text []byte) (int, error) {
	if bytes.Contains(text, []byte(context.Canceled.Error())) {
		return len(text), nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entry{l.written, string(text)})
	l.written++
	if len(l.entries) > told {
		l.entries = l.entries[1:]
	}
	return len(text), nil
}

func (l *tail) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written
}

// takeSince returns what follows the first n entries, and forgets it: two
// servers of one test do not tell the same.
func (l *tail) takeSince(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all strings.Builder
	l.entries = slices.DeleteFunc(l.entries, func(e entry) bool {
		if e.number >= n {
			all.WriteString(e.text)
		}
		return e.number >= n
	})
	return all.String()
}
