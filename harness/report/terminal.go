package report

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// Detail is how much of a run is told while it goes on. Its end is always told.
type Detail int

// The details.
const (
	// Normal tells the results: on a terminal only those that are worth a look, above a live line; elsewhere all.
	Normal Detail = iota
	// Quiet tells nothing before the end.
	Quiet
	// Verbose tells all results and every step.
	Verbose
)

// TerminalOptions say how a run is told.
type TerminalOptions struct {
	Detail Detail
	// Dir is the directory of the run, to lead people to evidence and reports.
	Dir string
	// Width gives the columns of the terminal; nil means those of the writer, which is no terminal when it is no file of that kind.
	Width func() int
	// Getenv reads the environment: NO_COLOR, TERM, GITHUB_ACTIONS; nil means os.Getenv.
	Getenv func(string) string
}

// Terminal tells a run as it goes on: a line for each scenario that ends, and on a terminal, a last line with what runs now. Elsewhere a
// line a minute shows that the run is alive.
type Terminal struct {
	TerminalOptions
	mu       sync.Mutex
	out      io.Writer
	paint    painter
	progress *progress
	spoke    time.Time // when the last line was written
}

// How often the live line is drawn anew, and how long a log without one stays silent.
const (
	redraw  = time.Second
	silence = time.Minute
)

// NewTerminal writes to a terminal, or plain lines to what is none.
func NewTerminal(out io.Writer, o TerminalOptions) *Terminal {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if file, ok := out.(*os.File); ok && o.Width == nil && o.Getenv("TERM") != "dumb" && openTerminal(file) {
		o.Width = func() int {
			width, _, err := term.GetSize(int(file.Fd())) //nolint:gosec // a file descriptor
			if err != nil || width <= 0 {
				return usualWidth
			}
			return width
		}
	}
	return &Terminal{TerminalOptions: o, out: out, paint: painter{o.Width != nil && o.Getenv("NO_COLOR") == ""}, spoke: time.Now()}
}

// usualWidth is how many columns a terminal has that does not tell.
const usualWidth = 80

// Run keeps the live line, or a log, alive until the context ends.
func (t *Terminal) Run(ctx context.Context) {
	if t.Detail == Quiet {
		return
	}
	ticker := time.NewTicker(redraw)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			t.tick(now)
		}
	}
}

func (t *Terminal) tick(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.progress == nil {
		return
	}
	var b strings.Builder
	switch {
	case t.Width != nil:
		t.draw(&b, now)
	case now.Sub(t.spoke) >= silence:
		const width = 160
		b.WriteString("... " + t.progress.line(now, width, t.paint) + "\n")
		t.spoke = now
	}
	t.write(&b)
}

// Show tells one record. The journal holds all records up to it. Nobody else may change the journal meanwhile.
func (t *Terminal) Show(r journal.Record, j *journal.Journal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.progress == nil && len(j.Order) > 0 {
		t.progress = newProgress(j)
	}
	var b strings.Builder
	switch {
	case r.Selected != nil:
		t.begin(&b, j)
	case r.Resumed != nil:
		t.say(&b, "resumed: %d of %d left", r.Resumed.Left, len(j.Order))
	case r.Started != nil && t.progress != nil:
		t.progress.start(r.Started.ID, r.Time)
	case r.Step != nil:
		t.step(&b, *r.Step, j)
	case r.Result != nil && t.progress != nil:
		t.progress.end(*r.Result)
		t.result(&b, *r.Result)
	case r.End != nil:
		t.end(&b, j)
	}
	if b.Len() > 0 {
		t.spoke = r.Time
	}
	if t.progress != nil && r.Step == nil {
		t.draw(&b, r.Time)
	}
	t.write(&b)
}

// write puts all out at once, above the live line.
func (t *Terminal) write(b *strings.Builder) {
	if b.Len() == 0 {
		return
	}
	text := b.String()
	if t.Width != nil {
		text = "\r\x1b[K" + text
	}
	fmt.Fprint(t.out, text)
}

// draw adds the live line; it stays the last one, without an end.
func (t *Terminal) draw(b *strings.Builder, now time.Time) {
	if t.Width != nil && t.Detail != Quiet {
		b.WriteString(t.progress.line(now, t.Width(), t.paint))
	}
}

func (t *Terminal) say(b *strings.Builder, format string, args ...any) {
	if t.Detail != Quiet {
		fmt.Fprintf(b, format+"\n", args...)
	}
}

func (t *Terminal) begin(b *strings.Builder, j *journal.Journal) {
	what := "behaviours"
	if len(j.Order) == 1 {
		what = "behaviour"
	}
	text := fmt.Sprintf("%d %s against %s, Kubernetes %s", len(j.Order), what, oneLine(j.Run.Cluster), oneLine(j.Run.Version))
	if j.Run.Profile != "" {
		text += fmt.Sprintf(", profile %q", j.Run.Profile)
	}
	if j.Run.Parallel > 0 {
		text += fmt.Sprintf(", %d at a time", j.Run.Parallel)
	}
	if j.Run.Seed != 0 {
		text += fmt.Sprintf(", shuffled with seed %d", j.Run.Seed)
	}
	if left, ok := t.progress.remaining(t.progress.begin); ok && left > 0 {
		text += ", about " + clock(left)
	}
	t.say(b, "%s", text)
	if n := len(j.Unfit); n > 0 {
		t.say(b, "the budget has no room for %d of them", n)
	}
}

func (t *Terminal) result(b *strings.Builder, r journal.Result) {
	s := standingOf(r)
	word, shade := string(r.Verdict), verdictColour(r.Verdict)
	switch s {
	case wrong, broken:
		word = strings.ToUpper(word)
	case surprise:
		word, shade = "UNEXPECTED", standingColour(s)
	case excused:
		word, shade = "known", dim
	}
	dull := r.Verdict == verdict.Passed && s == fine || r.Verdict == verdict.Unsupported || r.Verdict == verdict.NotRun
	if dull && t.Width != nil && t.Detail == Normal {
		return
	}
	t.say(b, "%5d/%d  %s %7.1fs  %s", len(t.progress.ended), t.progress.total, t.paint.word(fmt.Sprintf("%-11s", word), shade), r.Seconds, printable(r.ID))
	switch {
	case s == surprise:
		t.say(b, "      passed, though it is listed as known-failing")
	case !dull && r.Why != "":
		t.say(b, "      why: %s", oneLine(r.Why))
	}
}

func (t *Terminal) step(b *strings.Builder, r journal.Step, j *journal.Journal) {
	if t.Detail != Verbose {
		return
	}
	s, _ := find(j, r.ID)
	text := fmt.Sprintf("step %d", r.Index+1)
	if r.Index >= 0 && r.Index < len(s.Steps) {
		text = s.Steps[r.Index].Keyword + " " + s.Steps[r.Index].Text
	}
	t.say(b, "      %7.2fs  %s: %s", r.Seconds, printable(r.ID), oneLine(text))
	if r.Error != "" {
		t.say(b, "        error: %s", strings.ReplaceAll(printable(r.Error), "\n", "\n               "))
	}
	if t.Width != nil && t.progress != nil {
		t.draw(b, t.spoke)
	}
}

// end tells the whole result, whatever the detail, and to the runner of GitHub what it shows beside the code.
func (t *Terminal) end(b *strings.Builder, j *journal.Journal) {
	t.progress = nil
	s := &summary{out: b, paint: t.paint, journal: j, dir: t.Dir}
	s.write()
	if t.Getenv("GITHUB_ACTIONS") == "true" {
		annotate(b, j)
	}
}

// find returns the scenario with this id.
func find(j *journal.Journal, id string) (spec.Scenario, bool) {
	for _, page := range j.Pages {
		for _, rule := range page.Rules {
			for _, s := range rule.Scenarios {
				if s.ID == id {
					return s, true
				}
			}
		}
	}
	return spec.Scenario{}, false
}
