//go:build unix

package run_test

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps/standin"
)

// used is the CPU time of this process so far.
func used(tb testing.TB) time.Duration {
	tb.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// noops makes pages of scenarios that do nothing but note a variable, 25 on each page.
func noops(number int) fstest.MapFS {
	pages := fstest.MapFS{}
	for n := range number / 25 {
		text := head
		for i := range 25 {
			text += fmt.Sprintf("\n    @id:api.page-%d.noop-%d\n    Scenario: Nothing %d\n      No hint.\n\n      Given I act as user \"nobody-%d\"\n", n, i, i, i)
		}
		pages[fmt.Sprintf("api/page-%d.feature", n)] = &fstest.MapFile{Data: []byte(text)}
	}
	return pages
}

// cost runs scenarios that do nothing, and returns the CPU time of the whole run: reading the pages, Namespaces, the journal and all
// reports. The API server is in this process and part of it.
func cost(tb testing.TB, number int) time.Duration {
	tb.Helper()
	features, server, dir := noops(number), standin.Start(tb), tb.TempDir()
	before := used(tb)
	result, err := run.Run(tb.Context(), run.Options{Config: server.Config(), Features: features, ReportDir: dir, Parallel: 32})
	if err != nil || result.Counts[verdict.Passed] != number {
		tb.Fatal(result, err)
	}
	return used(tb) - before
}

// The promise is 2 seconds for 500 scenarios. CPU time does not depend on what else the machine does, but for caches and the clock.
func TestFiveHundredScenariosThatDoNothingCostLittle(t *testing.T) {
	const bound = 2 * time.Second
	if took := cost(t, 500); took > bound {
		t.Errorf("500 scenarios that do nothing took %v of CPU, want at most %v", took, bound)
	} else {
		t.Logf("500 scenarios that do nothing took %v of CPU", took)
	}
}

func BenchmarkScenarioThatDoesNothing(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(float64(cost(b, 500).Microseconds())/500, "cpu-µs/scenario")
	}
}
