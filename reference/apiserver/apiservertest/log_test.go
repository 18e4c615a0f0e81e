package apiservertest

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestTailKeepsTheLastEntries(t *testing.T) {
	for _, tt := range []struct {
		name          string
		before, after int
		first, last   int // of what a test is told that starts after the first entries; last < first is nothing
	}{
		{"nothing", 3, 0, 3, 2},
		{"only what came since", 3, 2, 3, 4},
		{"the last of many", 3, 100, 103 - told, 102},
		{"after many", 100, 1, 100, 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			recent := &tail{}
			for i := range tt.before {
				fmt.Fprintln(recent, i)
			}
			since := recent.count()
			for i := range tt.after {
				fmt.Fprintln(recent, tt.before+i)
			}
			var want strings.Builder
			for i := tt.first; i <= tt.last; i++ {
				fmt.Fprintln(&want, i)
			}
			if got := recent.takeSince(since); got != want.String() {
				t.Errorf("got %q, want %q", got, want.String())
			}
			if again := recent.takeSince(since); again != "" {
				t.Errorf("told twice: %q", again)
			}
		})
	}
}

// What one of two tests that run in parallel tells, the other does not repeat; what only concerns the other stays.
func TestTailOfAnotherTestIsKept(t *testing.T) {
	recent := &tail{}
	first := recent.count()
	_, _ = io.WriteString(recent, "a")
	second := recent.count()
	_, _ = io.WriteString(recent, "b")
	if got := recent.takeSince(second); got != "b" {
		t.Errorf("the second sees %q", got)
	}
	_, _ = io.WriteString(recent, "watch: context canceled")
	_, _ = io.WriteString(recent, "c")
	if got := recent.takeSince(first); got != "ac" {
		t.Errorf("the first sees %q", got)
	}
}
