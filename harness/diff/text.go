package diff

import (
	"fmt"
	"io"
	"strings"

	"github.com/seatrial/seatrial/harness/verdict"
)

// Heading names a kind of change for people.
func (k Kind) Heading() string {
	switch k {
	case Broken:
		return "Broken"
	case Unjudged:
		return "No longer judged"
	case NowUnsupported:
		return "Now unsupported"
	case NowFlaky:
		return "Now flaky"
	case Slower:
		return "Slower"
	case Vanished:
		return "Vanished"
	case Fixed:
		return "Fixed"
	case NowSupported:
		return "Now supported"
	case NoLongerFlaky:
		return "No longer flaky"
	case New:
		return "New"
	case Renamed:
		return "Renamed"
	}
	return string(k)
}

// manyLines is how many changes of a kind the text tells when they are no bad news. JSON and HTML have all.
const manyLines = 20

// worse reports whether a change of the kind is bad news.
func (k Kind) worse() bool {
	switch k {
	case Broken, Unjudged, NowUnsupported, NowFlaky, Slower:
		return true
	}
	return false
}

// Of lists the changes of a kind.
func (d Diff) Of(kind Kind) []Change {
	var list []Change
	for _, change := range d.Changes {
		if change.Kind == kind {
			list = append(list, change)
		}
	}
	return list
}

// Text writes the difference for people: what broke first, each with the reason.
func (d Diff) Text(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "before  %s\nafter   %s\n", d.Before.line(), d.After.line())
	if len(d.Lost) > 0 {
		fmt.Fprintf(&out, "the cluster no longer offers %s\n", strings.Join(d.Lost, ", "))
	}
	if len(d.Gained) > 0 {
		fmt.Fprintf(&out, "the cluster now offers %s\n", strings.Join(d.Gained, ", "))
	}
	for _, kind := range Kinds() {
		changes := d.Of(kind)
		if len(changes) == 0 {
			continue
		}
		fmt.Fprintf(&out, "\n%s: %d\n", kind.Heading(), len(changes))
		for i, change := range changes {
			if i == manyLines && len(changes) > manyLines+1 && !kind.worse() {
				fmt.Fprintf(&out, "  ... and %d more\n", len(changes)-i)
				break
			}
			change.text(&out)
		}
	}
	fmt.Fprintf(&out, "\n%s\n", d.Summary())
	_, err := io.WriteString(w, out.String())
	return err
}

// line tells what ran.
func (r Run) line() string {
	parts := []string{r.ID, r.Version, string(r.Outcome) + " (" + tally(r.Counts) + ")"}
	if r.Kit != "" {
		parts = append(parts, "kit "+r.Kit)
	}
	if r.Profile != "" {
		parts = append(parts, "profile "+r.Profile)
	}
	if r.Selection != "" {
		parts = append(parts, "tags "+r.Selection)
	}
	return strings.Join(parts, "  ")
}

// text takes one line, and more where there is a reason to tell.
func (c Change) text(out *strings.Builder) {
	fmt.Fprintf(out, "  %s  %s  (%s)\n", c.ID, c.Title, c.Difference())
	for line := range strings.Lines(c.Why) {
		fmt.Fprintf(out, "      %s\n", strings.TrimRight(line, "\n"))
	}
	if c.Step != "" {
		fmt.Fprintf(out, "      at: %s\n", c.Step)
	}
	if c.Kind == Broken && c.Documentation != "" {
		fmt.Fprintf(out, "      see: %s\n", c.Documentation)
	}
}

// Difference says in a few words what was and what is.
func (c Change) Difference() string {
	switch c.Kind {
	case Slower:
		return fmt.Sprintf("%.1f s -> %.1f s", c.SecondsBefore, c.SecondsAfter)
	case Renamed:
		return "was: " + c.OldTitle
	case Vanished:
		return "was " + string(c.Before)
	case New:
		if c.Before == "" {
			return string(c.After)
		}
	}
	text := string(c.Before) + " -> " + string(c.After)
	if c.Expected != "" {
		text += " (" + c.Expected + ")"
	}
	return text
}

// Headline counts the changes in one line.
func (d Diff) Headline() string {
	var parts []string
	for _, kind := range Kinds() {
		if n := d.Counts[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ToLower(kind.Heading())))
		}
	}
	headline := strings.Join(parts, ", ")
	if headline == "" {
		headline = "nothing has changed"
	}
	if d.Outcome() == verdict.Invalid {
		headline = "invalid: a run that judged nothing cannot be compared; " + headline
	}
	return headline
}

// Unchanged counts what has the same verdict in both runs.
func (d Diff) Unchanged() string { return tally(d.Same) }

// Summary is the headline with what has not changed.
func (d Diff) Summary() string {
	if same := d.Unchanged(); same != "" {
		return d.Headline() + "; as before: " + same
	}
	return d.Headline()
}

func tally(counts verdict.Counts) string {
	var parts []string
	for _, v := range verdict.All() {
		if n := counts[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return strings.Join(parts, ", ")
}
