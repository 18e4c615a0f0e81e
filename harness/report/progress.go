package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// progress is what is known of a run that goes on. It keeps only what it needs, so that it can be drawn while the journal grows.
type progress struct {
	begin    time.Time
	parallel int
	total    int
	counts   verdict.Counts
	ended    map[string]bool
	waiting  map[string]bool
	running  map[string]time.Time
	estimate map[string]float64
	// worked is how long the scenarios took that ran to an end, and tried how many they are.
	worked time.Duration
	tried  int
	// foretold is how long the estimates say that those took for which there is one; took is how long they did.
	foretold, took time.Duration
}

// newProgress begins with what the journal already holds, which is something when a run is resumed.
func newProgress(j *journal.Journal) *progress {
	p := &progress{
		begin: j.Last, parallel: max(j.Run.Parallel, 1), total: len(j.Order) - len(j.Unfit), counts: verdict.Counts{}, ended: map[string]bool{},
		waiting: map[string]bool{}, running: map[string]time.Time{}, estimate: j.Estimate,
	}
	for _, id := range j.Order {
		p.waiting[id] = true
	}
	for _, id := range j.Unfit {
		delete(p.waiting, id)
	}
	for _, id := range j.Order {
		if result, ok := j.Results[id]; ok {
			p.end(result)
		}
	}
	return p
}

func (p *progress) start(id string, now time.Time) {
	delete(p.waiting, id)
	p.running[id] = now
}

func (p *progress) end(r journal.Result) {
	if !p.waiting[r.ID] && p.running[r.ID].IsZero() {
		return // it has no part in the run, or ended before
	}
	delete(p.waiting, r.ID)
	delete(p.running, r.ID)
	p.ended[r.ID] = true
	p.counts[r.Verdict]++
	switch r.Verdict {
	case verdict.Unsupported, verdict.NotRun:
	default:
		p.worked += duration(r.Seconds)
		p.tried++
		if seconds, ok := p.estimate[r.ID]; ok {
			p.foretold += duration(seconds)
			p.took += duration(r.Seconds)
		}
	}
}

// remaining forecasts how long the run goes on: the work that is left shared by all who work, but never less than the longest piece. What
// a scenario takes is known from the run before, corrected by how much slower or faster this run is, or else thought to be the mean of
// this run. It is false while there is neither.
func (p *progress) remaining(now time.Time) (time.Duration, bool) {
	var mean time.Duration
	if p.tried > 0 {
		mean = p.worked / time.Duration(p.tried)
	}
	pace := p.pace()
	var work, longest time.Duration
	count := func(id string, spent time.Duration) bool {
		expected, known := mean, p.tried > 0
		if seconds, ok := p.estimate[id]; ok {
			expected, known = time.Duration(pace*float64(duration(seconds))), true
		}
		left := max(expected-spent, 0)
		work += left
		longest = max(longest, left)
		return known
	}
	for id := range p.waiting {
		if !count(id, 0) {
			return 0, false
		}
	}
	for id, since := range p.running {
		if !count(id, now.Sub(since)) {
			return 0, false
		}
	}
	return max(work/time.Duration(p.parallel), longest), true
}

// pace is how many times as long as foretold the scenarios take; 1 as long as too few have ended to tell.
func (p *progress) pace() float64 {
	const few = 3
	if p.tried < few || p.foretold <= 0 {
		return 1
	}
	return float64(p.took) / float64(p.foretold)
}

// line tells all in one line that is no wider than the terminal: what is done, with what verdicts, how long it goes on, and what runs,
// the longest first, since that is what one waits for.
func (p *progress) line(now time.Time, width int, paint painter) string {
	type part struct {
		text   string
		colour colour
	}
	parts := []part{{fmt.Sprintf("%d/%d", len(p.ended), p.total), bold}}
	for _, v := range verdict.All() {
		if p.counts[v] > 0 {
			parts = append(parts, part{fmt.Sprintf("%d %s", p.counts[v], v), verdictColour(v)})
		}
	}
	parts = append(parts, part{text: p.times(now)})
	if len(p.running) > 0 {
		parts = append(parts, part{"running " + p.names(now), dim})
	}
	var out strings.Builder
	room := width - 1 // in the last column, some terminals go to the next line
	for i, each := range parts {
		text := each.text
		if i > 0 {
			text = "  " + text
		}
		text = cut(text, room)
		room -= utf8.RuneCountInString(text)
		out.WriteString(paint.word(text, each.colour))
	}
	return out.String()
}

// times is how long the run has gone on, and how long it will.
func (p *progress) times(now time.Time) string {
	text := clock(now.Sub(p.begin))
	if len(p.waiting)+len(p.running) == 0 {
		return text + ", cleaning up"
	}
	if left, ok := p.remaining(now); ok {
		text += ", " + clock(left) + " to go"
	}
	return text
}

func (p *progress) names(now time.Time) string {
	ids := slices.SortedFunc(maps.Keys(p.running), func(a, b string) int {
		return cmp.Or(p.running[a].Compare(p.running[b]), cmp.Compare(a, b))
	})
	for i, id := range ids {
		ids[i] = fmt.Sprintf("%s (%s)", printable(id), clock(now.Sub(p.running[id])))
	}
	return strings.Join(ids, " ")
}

// clock writes a duration as people do: "45s", "3m05s", "1h02m".
func clock(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.1fs", max(d, 0).Seconds())
	}
	whole := int(d.Round(time.Second).Seconds())
	switch {
	case whole < 60:
		return fmt.Sprintf("%ds", whole)
	case whole < 3600:
		return fmt.Sprintf("%dm%02ds", whole/60, whole%60)
	}
	return fmt.Sprintf("%dh%02dm", whole/3600, whole/60%60)
}

// cut shortens the text to so many characters.
func cut(text string, width int) string {
	if width <= 0 {
		return ""
	}
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}
