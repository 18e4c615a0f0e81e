package report

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// slowest is how many scenarios the end of a run names for their time.
const slowest = 5

// Text writes what a person wants to know at the end of a run: the verdict and the reason for it, what to look at and how to run it
// again. The directory is that of the run; it may be empty, and then no file is named.
func Text(w io.Writer, j *journal.Journal, dir string) error {
	s := &summary{out: w, journal: j, dir: dir}
	s.write()
	return s.err
}

// summary writes the end of a run in sections.
type summary struct {
	out     io.Writer
	paint   painter
	journal *journal.Journal
	dir     string
	err     error
}

func (s *summary) line(format string, args ...any) {
	if _, err := fmt.Fprintf(s.out, format+"\n", args...); err != nil && s.err == nil {
		s.err = fmt.Errorf("write summary: %w", err)
	}
}

// detail writes a word and what it is about below a scenario; nothing when there is nothing to say.
func (s *summary) detail(word, text string) {
	if text != "" {
		s.line("  %8s  %s", word, strings.ReplaceAll(printable(text), "\n", "\n            "))
	}
}

func (s *summary) write() {
	all := entries(s.journal)
	for _, e := range with(all, wrong, broken) {
		s.trouble(e)
	}
	for _, e := range with(all, surprise) {
		s.head("unexpected pass", e)
		s.detail("why", e.why())
		s.detail("issue", e.Result.ExpectedIssue)
	}
	s.blocked(all)
	s.flaky(all)
	s.known(all)
	s.unsupported(all)
	s.notRun(all)
	s.isolation()
	s.slowest(all)
	s.verdict(all)
}

func (s *summary) head(word string, e entry) {
	s.line("\n%s  %s", s.paint.word(word, standingColour(e.Standing)), printable(e.ID))
	s.detail("what", place(e))
}

// place is page, rule and title, as far as there are any.
func place(e entry) string {
	parts := slices.DeleteFunc([]string{e.Page.Name, e.Rule, e.Title}, func(p string) bool { return p == "" })
	return strings.Join(parts, " / ")
}

// trouble tells all about a scenario that failed, or at which the kit did.
func (s *summary) trouble(e entry) {
	s.head(string(e.Result.Verdict), e)
	s.detail("why", e.Result.Why)
	s.detail("step", e.step())
	if first, _, _ := strings.Cut(e.Result.Error, "\n"); first != e.Result.Why {
		s.detail("seen", first)
	}
	s.detail("hint", strings.ReplaceAll(e.Hint, "\n", " "))
	if e.Result.Attempts > 1 {
		s.detail("attempts", fmt.Sprint(e.Result.Attempts))
	}
	s.detail("docs", e.Page.Link)
	s.detail("evidence", s.evidence(e))
	s.detail("again", again(s.journal, e))
}

// evidence is the folder of the files, or the file when it is one.
func (s *summary) evidence(e entry) string {
	files := e.Result.Evidence
	if len(files) == 0 || s.dir == "" {
		return ""
	}
	name := files[0]
	if len(files) > 1 {
		name = path.Dir(name)
	}
	return filepath.Join(s.dir, filepath.FromSlash(name))
}

// again is the command that runs only this scenario.
func again(j *journal.Journal, e entry) string {
	command := j.Run.Command
	if command == "" {
		command = "seatrial run"
	}
	return command + " --tags '@id:" + e.ID + "'"
}

func (s *summary) section(title string, n int) {
	s.line("\n%s (%d)", s.paint.word(title, bold), n)
}

func (s *summary) blocked(all []entry) {
	blocked := slices.DeleteFunc(of(all, verdict.Blocked), func(e entry) bool { return e.Standing != undecided })
	if len(blocked) == 0 {
		return
	}
	s.section("blocked: kept from being tried by something that is not their fault", len(blocked))
	for _, e := range blocked {
		s.line("  %s", printable(e.ID))
		s.detail("why", e.Result.Why)
		s.detail("evidence", s.evidence(e))
	}
}

func (s *summary) flaky(all []entry) {
	flaky := of(all, verdict.Flaky)
	if len(flaky) == 0 {
		return
	}
	s.section("flaky: passed, but not at the first attempt", len(flaky))
	for _, e := range flaky {
		s.line("  %s  %d attempts", printable(e.ID), e.Result.Attempts)
		for _, why := range e.Result.Failures {
			s.detail("failed", why)
		}
		s.detail("evidence", s.evidence(e))
	}
}

func (s *summary) known(all []entry) {
	known := with(all, excused)
	if len(known) == 0 {
		return
	}
	s.section("known: did not pass, as the list of known failures says", len(known))
	for _, e := range known {
		s.line("  %s  %s, %s: %s", printable(e.ID), e.Result.Verdict, e.Result.Expected, oneLine(e.Result.ExpectedReason))
	}
}

// unsupported tells of each capability that is missed why it counts as absent and how many scenarios need it.
func (s *summary) unsupported(all []entry) {
	groups := absences(s.journal, all)
	n := 0
	for _, g := range groups {
		n += len(g.ids)
	}
	if n == 0 {
		return
	}
	s.section("unsupported: the cluster does not offer what they need", n)
	for _, g := range groups {
		s.line("  %-20s %4d  %s", printable(g.capability), len(g.ids), oneLine(g.reason))
	}
}

// absence is what the lack of a capability keeps from being judged.
type absence struct {
	capability, reason string
	ids                []string
}

// absences groups the unsupported scenarios by what they lack, the greatest group first.
func absences(j *journal.Journal, all []entry) []absence {
	var groups []absence
	for _, e := range of(all, verdict.Unsupported) {
		lacks := e.lacks(j.Run.Capabilities)
		name := strings.Join(lacks, ", ")
		i := slices.IndexFunc(groups, func(g absence) bool { return g.capability == name })
		if i < 0 {
			i = len(groups)
			groups = append(groups, absence{capability: name, reason: absenceReason(j, lacks, e)})
		}
		groups[i].ids = append(groups[i].ids, e.ID)
	}
	slices.SortStableFunc(groups, func(a, b absence) int { return cmp.Compare(len(b.ids), len(a.ids)) })
	return groups
}

func absenceReason(j *journal.Journal, lacks []string, e entry) string {
	var reasons []string
	for _, capability := range lacks {
		if reason := j.Run.Absent[capability]; reason != "" && !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	if len(reasons) == 0 {
		return e.Result.Why
	}
	return strings.Join(reasons, "; ")
}

func (s *summary) notRun(all []entry) {
	never := of(all, verdict.NotRun)
	if len(never) == 0 {
		return
	}
	s.section("not run", len(never))
	var reasons []string
	count := map[string]int{}
	for _, e := range never {
		if count[e.Result.Why] == 0 {
			reasons = append(reasons, e.Result.Why)
		}
		count[e.Result.Why]++
	}
	for _, reason := range reasons {
		s.line("  %4d  %s", count[reason], oneLine(reason))
	}
}

func (s *summary) slowest(all []entry) {
	ran := slices.DeleteFunc(slices.Clone(all), func(e entry) bool { return e.Result.Seconds < 1 })
	slices.SortStableFunc(ran, func(a, b entry) int { return cmp.Compare(b.Result.Seconds, a.Result.Seconds) })
	if len(ran) <= 1 {
		return
	}
	ran = ran[:min(len(ran), slowest)]
	s.section("slowest", len(ran))
	for _, e := range ran {
		s.line("  %7.1fs  %s", e.Result.Seconds, printable(e.ID))
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

// printable keeps what a text cannot do to a terminal: of control and format characters only line ends and tabs remain.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

func oneLine(text string) string { return strings.Join(strings.Fields(printable(text)), " ") }
