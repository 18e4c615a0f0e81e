package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// mostInSummary bounds the scenarios that a section of the summary names: GitHub refuses a summary of more than 1 MiB.
const mostInSummary = 100

// Markdown writes the run as a page that GitHub shows as the summary of a step: the verdict and its reasons, what failed and why.
func Markdown(w io.Writer, j *journal.Journal) error {
	m := markdown{bufio.NewWriter(w)}
	judged, _ := outcome(j)
	m.line("## Seatrial: %s", judged)
	m.line("")
	m.line("%s in %s, against Kubernetes %s", Summary(j.Counts()), clock(duration(seconds(j))), inline(j.Run.Version))
	m.line("")
	for _, reason := range Reasons(j) {
		m.line("- %s", inline(reason))
	}
	m.counts(j)
	all := entries(j)
	m.troubles("Failed", with(all, wrong), j)
	m.troubles("Passed unexpectedly", with(all, surprise), j)
	m.troubles("Errors of the kit", with(all, broken), j)
	m.list("Blocked", of(with(all, undecided), verdict.Blocked))
	m.list("Flaky", of(all, verdict.Flaky))
	m.list("Known failures", with(all, excused))
	m.absences(j, all)
	m.isolation(j.Isolation)
	m.line("")
	m.line("Run %s, kit %s", code(j.Run.ID), code(j.Run.Kit))
	if err := m.Flush(); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

type markdown struct{ *bufio.Writer }

func (m markdown) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

func (m markdown) counts(j *journal.Journal) {
	counts := j.Counts()
	head, rule, row := "|", "|", "|"
	for _, v := range verdict.All() {
		head += " " + string(v) + " |"
		rule += " ---: |"
		row += fmt.Sprintf(" %d |", counts[v])
	}
	m.line("\n%s\n%s\n%s", head, rule, row)
}

// troubles tells each scenario with all that helps to find the cause.
func (m markdown) troubles(title string, all []entry, j *journal.Journal) {
	if len(all) == 0 {
		return
	}
	m.line("\n### %s (%d)\n", title, len(all))
	for _, e := range all[:min(len(all), mostInSummary)] {
		m.line("- **%s** (%s)", inline(e.ID), inline(place(e)))
		m.line("  %s", inline(e.why()))
		if step := e.step(); step != "" {
			m.line("  - at: %s", inline(step))
		}
		for _, file := range e.Result.Evidence {
			m.line("  - evidence: %s", code(file))
		}
		m.line("  - again: %s", code(again(j, e)))
	}
	m.rest(len(all))
}

func (m markdown) list(title string, all []entry) {
	if len(all) == 0 {
		return
	}
	m.line("\n### %s (%d)\n", title, len(all))
	for _, e := range all[:min(len(all), mostInSummary)] {
		why := e.why()
		if e.Standing == fine {
			why = e.Result.Why
		}
		m.line("- **%s**: %s", inline(e.ID), inline(why))
	}
	m.rest(len(all))
}

func (m markdown) rest(n int) {
	if n > mostInSummary {
		m.line("- and %d more", n-mostInSummary)
	}
}

func (m markdown) absences(j *journal.Journal, all []entry) {
	groups := absences(j, all)
	if len(groups) == 0 {
		return
	}
	m.line("\n### Unsupported\n\n| the cluster lacks | behaviours | because |\n| --- | ---: | --- |")
	for _, g := range groups {
		m.line("| %s | %d | %s |", inline(g.capability), len(g.ids), inline(g.reason))
	}
}

func (m markdown) isolation(i *journal.Isolation) {
	if i == nil {
		return
	}
	m.line("\n### Isolation\n\n%d objects of %d kinds were compared: %d left behind, %d touched.\n", i.Objects, i.Kinds, len(i.Left), len(i.Touched))
	for _, o := range i.Left[:min(len(i.Left), mostInSummary)] {
		m.line("- left: %s", inline(objectLine(o)))
	}
	for _, o := range i.Touched[:min(len(i.Touched), mostInSummary)] {
		m.line("- touched: %s", inline(objectLine(o)))
	}
}

// inline makes one line of a text in which Markdown and HTML find nothing of theirs. A long one is cut.
func inline(text string) string {
	const longest = 1000
	var out strings.Builder
	for _, r := range cut(oneLine(text), longest) {
		switch {
		case r == '&':
			out.WriteString("&amp;")
		case r == '<':
			out.WriteString("&lt;")
		case strings.ContainsRune("\\`*_{}[]()#+!|~@>", r):
			out.WriteByte('\\')
			fallthrough
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// code makes one line of code of a text.
func code(text string) string {
	text = strings.ReplaceAll(oneLine(text), "`", "'")
	if text == "" {
		return "-"
	}
	return "`" + text + "`"
}
