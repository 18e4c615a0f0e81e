package report

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// Terminal tells a run as it goes on: a line for each scenario that ends, and on a terminal, a last line with what runs now.
type Terminal struct {
	out     io.Writer
	live    bool
	width   int
	running []string
	shown   int
}

// NewTerminal writes plain lines, and the live line only when the output is a terminal.
func NewTerminal(out io.Writer) *Terminal {
	t := &Terminal{out: out}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) { //nolint:gosec // a file descriptor
		t.live = true
		t.width, _, _ = term.GetSize(int(file.Fd())) //nolint:gosec // a file descriptor
	}
	return t
}

// Show tells one record. The journal holds all records up to it.
func (t *Terminal) Show(r journal.Record, j *journal.Journal) {
	t.clear()
	switch {
	case r.Selected != nil:
		fmt.Fprintf(t.out, "%d behaviours against %s, Kubernetes %s\n", len(r.Selected.IDs), j.Run.Cluster, j.Run.Version)
	case r.Started != nil:
		t.running = append(t.running, r.Started.ID)
	case r.Result != nil:
		t.running = slices.DeleteFunc(t.running, func(id string) bool { return id == r.Result.ID })
		t.result(*r.Result, j)
	case r.End != nil:
		t.running = nil
		t.end(*r.End, j)
	}
	t.draw(j)
}

func (t *Terminal) result(r journal.Result, j *journal.Journal) {
	word := string(r.Verdict)
	if r.Verdict == verdict.Failed || r.Verdict == verdict.Error {
		word = strings.ToUpper(word)
	}
	t.shown++
	fmt.Fprintf(t.out, "%4d/%d  %-11s %6.1fs  %s\n", t.shown, len(j.Order), word, r.Seconds, r.ID)
	switch r.Verdict {
	case verdict.Passed, verdict.Unsupported, verdict.NotRun:
		return
	}
	s, _ := find(j, r.ID)
	t.detail("what", s.Title)
	if r.FailedStep >= 0 && r.FailedStep < len(s.Steps) {
		t.detail("step", s.Steps[r.FailedStep].Keyword+" "+s.Steps[r.FailedStep].Text)
	}
	t.detail("why", r.Why)
	if first, _, _ := strings.Cut(r.Error, "\n"); first != r.Why {
		t.detail("seen", first)
	}
	t.detail("hint", strings.ReplaceAll(s.Hint, "\n", " "))
}

func (t *Terminal) detail(word, text string) {
	if text != "" {
		fmt.Fprintf(t.out, "           %4s: %s\n", word, text)
	}
}

func (t *Terminal) end(e journal.End, j *journal.Journal) {
	fmt.Fprintf(t.out, "%s: %s in %.1fs\n", e.Outcome, Summary(e.Counts), e.Seconds)
	if e.Reason != "" {
		fmt.Fprintln(t.out, e.Reason)
	}
	if len(e.Left) > 0 {
		fmt.Fprintf(t.out, "not gone yet: %s (to look again: kubectl get namespaces -l seatrial.dev/run=%s)\n", several(e.Left), j.Run.ID)
	}
}

// Summary writes counts as "40 passed, 1 failed".
func Summary(counts verdict.Counts) string {
	var parts []string
	for _, v := range verdict.All() {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	if len(parts) == 0 {
		return "nothing ran"
	}
	return strings.Join(parts, ", ")
}

// several names a few things and counts the others.
func several(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

func (t *Terminal) clear() {
	if t.live {
		fmt.Fprint(t.out, "\r\x1b[K")
	}
}

func (t *Terminal) draw(j *journal.Journal) {
	if !t.live || len(t.running) == 0 {
		return
	}
	line := fmt.Sprintf("%d/%d done, running: %s", len(j.Results), len(j.Order), strings.Join(t.running, " "))
	fmt.Fprint(t.out, line[:min(len(line), max(t.width-1, 20))])
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
