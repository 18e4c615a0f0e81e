package report

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

var start = time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)

// planned is the progress of a run with scenarios that took so many seconds in the run before; a negative number means that nobody knows.
func planned(parallel int, seconds map[string]float64) *progress {
	j := journal.New()
	selected := journal.Selected{Estimate: map[string]float64{}}
	for id, s := range seconds {
		selected.IDs = append(selected.IDs, id)
		if s >= 0 {
			selected.Estimate[id] = s
		}
	}
	j.Add(journal.Record{Time: start, Run: &journal.Run{Parallel: parallel}})
	j.Add(journal.Record{Time: start, Selected: &selected})
	return newProgress(j)
}

func passed(id string, seconds float64) journal.Result {
	return journal.Result{ID: id, Verdict: verdict.Passed, Seconds: seconds}
}

func TestTheForecastSharesTheWorkThatIsLeft(t *testing.T) {
	for name, c := range map[string]struct {
		p    *progress
		do   func(*progress)
		at   time.Duration
		want time.Duration
	}{
		"work over workers":               {planned(2, map[string]float64{"a": 10, "b": 10, "c": 20}), func(*progress) {}, 0, 20 * time.Second},
		"never less than the longest":     {planned(8, map[string]float64{"a": 10, "b": 10, "c": 60}), func(*progress) {}, 0, time.Minute},
		"less what has been done of it":   {planned(1, map[string]float64{"a": 10, "b": 5}), func(p *progress) { p.start("a", start) }, 4 * time.Second, 11 * time.Second},
		"one that is late holds no more":  {planned(1, map[string]float64{"a": 10, "b": 5}), func(p *progress) { p.start("a", start) }, time.Minute, 5 * time.Second},
		"the mean where nothing is known": {planned(1, map[string]float64{"a": -1, "b": -1, "c": -1}), func(p *progress) { p.end(passed("a", 3)) }, 0, 6 * time.Second},
		"slower than the run before": {planned(1, map[string]float64{"a": 1, "b": 1, "c": 1, "d": 10}), func(p *progress) {
			for _, id := range []string{"a", "b", "c"} {
				p.end(passed(id, 2))
			}
		}, 0, 20 * time.Second},
		"nothing left": {planned(1, map[string]float64{"a": 1}), func(p *progress) { p.end(passed("a", 1)) }, 0, 0},
	} {
		c.do(c.p)
		if got, ok := c.p.remaining(start.Add(c.at)); !ok || got != c.want {
			t.Errorf("%s: got %s (%t), want %s", name, got, ok, c.want)
		}
	}
	if got, ok := planned(1, map[string]float64{"a": -1, "b": 3}).remaining(start); ok {
		t.Errorf("a forecast of %s out of nothing", got)
	}
}

func TestWhatIsUnsupportedTellsNothingOfThePace(t *testing.T) {
	p := planned(1, map[string]float64{"a": -1, "b": -1})
	p.end(journal.Result{ID: "a", Verdict: verdict.Unsupported})
	if got, ok := p.remaining(start); ok {
		t.Errorf("a forecast of %s out of nothing", got)
	}
}

func TestAResumedRunBeginsWithWhatIsDone(t *testing.T) {
	j := journal.New()
	for _, r := range []journal.Record{
		{Time: start, Run: &journal.Run{}},
		{Time: start, Selected: &journal.Selected{IDs: []string{"a", "b", "c", "d"}, Unfit: []string{"d"}}},
		{Time: start, Started: &journal.Started{ID: "a"}},
		{Time: start, Result: &journal.Result{ID: "a", Verdict: verdict.Failed}},
		{Time: start.Add(time.Hour), Resumed: &journal.Resumed{Left: 2}},
	} {
		j.Add(r)
	}
	if got := newProgress(j).line(start.Add(time.Hour+5*time.Second), 80, painter{}); got != "1/3  1 failed  5s, 0.0s to go" {
		t.Errorf("got %q", got)
	}
}

func TestTheLiveLineIsNeverWiderThanTheTerminal(t *testing.T) {
	p := planned(4, map[string]float64{"a.long.id.of.a.scenario": 1, "another.long.id": 2, "c": 3})
	p.end(passed("c", 3))
	p.start("a.long.id.of.a.scenario", start)
	p.start("another.long.id", start.Add(time.Second))
	for width := range 120 {
		line := p.line(start.Add(90*time.Second), width, painter{})
		if n := utf8.RuneCountInString(line); n > max(width-1, 0) {
			t.Errorf("width %d: %d characters: %q", width, n, line)
		}
	}
	whole := p.line(start.Add(90*time.Second), 200, painter{})
	if whole != "1/3  1 passed  1m30s, 0.0s to go  running a.long.id.of.a.scenario (1m30s) another.long.id (1m29s)" {
		t.Errorf("got %q", whole)
	}
	if coloured := p.line(start, 60, painter{true}); !strings.Contains(coloured, "\x1b[32m  1 passed\x1b[0m") {
		t.Errorf("no colour in %q", coloured)
	}
}

func TestClockReadsAsPeopleDo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0s", 340 * time.Millisecond: "0.3s", 59*time.Second + 700*time.Millisecond: "1m00s", 185 * time.Second: "3m05s", 62 * time.Minute: "1h02m",
		time.Hour - 100*time.Millisecond: "1h00m", 26 * time.Hour: "26h00m",
	} {
		if got := clock(d); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}
