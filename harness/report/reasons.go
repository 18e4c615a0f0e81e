package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/site"
	"github.com/seatrial/seatrial/harness/verdict"
)

// isolation tells what the run left in the cluster, and what it touched that was not its own.
func (s *summary) isolation() {
	if end := s.journal.End; end != nil && len(end.Left) > 0 {
		s.section("not gone yet when the run ended", len(end.Left))
		for _, name := range few(end.Left) {
			s.line("  %s", oneLine(name))
		}
		s.detail("remove", "seatrial cleanup --run "+s.journal.Run.ID)
	}
	i := s.journal.Isolation
	if i == nil {
		return
	}
	s.objects("left behind in the cluster", i.Left)
	s.objects("touched, though it was there before", i.Touched)
	if len(i.Unlisted) > 0 {
		s.section("not looked at: kinds that could not be listed", len(i.Unlisted))
		for _, kind := range few(i.Unlisted) {
			s.line("  %s", oneLine(kind))
		}
	}
}

func (s *summary) objects(title string, objects []journal.Object) {
	if len(objects) == 0 {
		return
	}
	s.section(title, len(objects))
	lines := make([]string, len(objects))
	for i, o := range objects {
		lines[i] = objectLine(o)
	}
	for _, line := range few(lines) {
		s.line("  %s", line)
	}
}

func objectLine(o journal.Object) string {
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + o.Name
	}
	line := fmt.Sprintf("%s %s: %s", o.Kind, name, o.What)
	if o.Scenario != "" {
		line += " (by " + o.Scenario + ")"
	}
	return oneLine(line)
}

// few shortens a list that nobody reads to its end.
func few(lines []string) []string {
	const most = 10
	if len(lines) <= most {
		return lines
	}
	return append(slices.Clone(lines[:most]), fmt.Sprintf("and %d more", len(lines)-most))
}

// verdict is the last thing on the screen: the outcome, why it is so, and where the reports are.
func (s *summary) verdict(all []entry) {
	judged, _ := outcome(s.journal)
	s.line("\n%s: %s in %s", s.paint.word(string(judged), outcomeColour(judged)), Summary(s.journal.Counts()), clock(duration(seconds(s.journal))))
	for _, reason := range Reasons(s.journal) {
		s.line("  %s", oneLine(reason))
	}
	if i := s.journal.Isolation; i != nil && len(i.Left)+len(i.Touched) == 0 {
		s.line("  isolation: nothing left, nothing touched among %d objects of %d kinds", i.Objects, i.Kinds)
	}
	if len(with(all, wrong)) > 1 && s.dir != "" {
		command := s.journal.Run.Command
		if command == "" {
			command = "seatrial run"
		}
		s.line("  to run those that failed: %s --rerun-failed --from %s", command, s.dir)
	}
	if s.dir != "" {
		s.line("  reports: %s (start with %s)", s.dir, site.IndexName)
	}
}

// Reasons says in sentences why the outcome of the run is what it is. What its end says of that comes first, and is not repeated.
func Reasons(j *journal.Journal) []string {
	var reasons []string
	if _, reason := outcome(j); reason != "" {
		reasons = append(reasons, reason)
	}
	all := entries(j)
	tell := func(n int, one, many string) {
		switch {
		case n == 1:
			reasons = append(reasons, "1 behaviour "+one)
		case n > 1:
			reasons = append(reasons, fmt.Sprintf("%d behaviours %s", n, many))
		}
	}
	tell(len(with(all, wrong)), "failed", "failed")
	if j.End == nil {
		tell(len(j.UnexpectedPasses()), "passed that is listed as known-failing", "passed that are listed as known-failing")
	}
	tell(len(with(all, broken)), "met an error of the kit", "met an error of the kit")
	tell(len(of(with(all, undecided), verdict.Blocked)), "was blocked", "were blocked")
	missing := j.Missing()
	switch {
	case len(missing) == 0:
	case j.Run.Profile == "":
		tell(len(missing), "did not run: "+several(missing), "did not run: "+several(missing))
	case j.End == nil:
		text := fmt.Sprintf("that the profile %q requires", j.Run.Profile)
		tell(len(missing), text+" was not judged: "+several(missing), text+" were not judged: "+several(missing))
	}
	return reasons
}

// several names a few things and counts the others.
func several(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}
