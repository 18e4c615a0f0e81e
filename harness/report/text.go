package report

import (
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
	s.troubles(with(all, wrong, broken))
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

// troubles tells all about the first ones; where much is wrong, there are few causes, and the site groups them.
func (s *summary) troubles(all []entry) {
	const most = 20
	for _, e := range all[:min(len(all), most)] {
		s.trouble(e)
	}
	if len(all) <= most {
		return
	}
	s.line("")
	for _, e := range all[most:] {
		s.line("%s  %s: %s", s.paint.word(string(e.Result.Verdict), standingColour(e.Standing)), printable(e.ID), oneLine(e.Result.Why))
	}
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
