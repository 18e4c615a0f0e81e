package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// slowest is how many scenarios the end of a run names for their time.
const slowest = 5

func (s *summary) section(title string, n int) {
	s.line("\n%s (%d)", s.paint.word(title, bold), n)
}

func (s *summary) blocked(all []entry) {
	blocked := slices.DeleteFunc(of(all, verdict.Blocked), func(e entry) bool { return e.Standing != undecided })
	if len(blocked) == 0 {
		return
	}
	s.section("blocked: kept from being tried by something that is not their fault", len(blocked))
	for _, g := range byWhy(blocked) {
		s.line("  %s", oneLine(g[0].Result.Why))
		s.ids(g)
		s.detail("evidence", s.evidence(g[0]))
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
	for _, g := range byWhy(never) {
		s.line("  %4d  %s", len(g), oneLine(g[0].Result.Why))
	}
}

// ids names the scenarios of a group.
func (s *summary) ids(group []entry) {
	names := make([]string, len(group))
	for i, e := range group {
		names[i] = printable(e.ID)
	}
	for _, name := range few(names) {
		s.line("    %s", name)
	}
}

// byWhy groups the entries that have the same reason, in the order of the first of each.
func byWhy(all []entry) [][]entry {
	var groups [][]entry
	place := map[string]int{}
	for _, e := range all {
		i, ok := place[e.Result.Why]
		if !ok {
			i = len(groups)
			place[e.Result.Why], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], e)
	}
	return groups
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
