package report

import (
	"slices"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// standing is what a result means for the run, the user's list of known failures taken into account. All formats that have fewer words
// than we have verdicts choose theirs by it, so that they agree with one another and with the exit code.
type standing int

const (
	fine      standing = iota // passed, be it not at the first attempt
	wrong                     // failed, and nobody said it would
	surprise                  // passed, though it is known to fail
	undecided                 // could not be judged: unsupported, blocked, not run
	excused                   // did not pass, as is known
	broken                    // the kit or the page is at fault
)

func standingOf(r journal.Result) standing {
	switch r.Verdict {
	case verdict.Passed, verdict.Flaky:
		if r.Expected == journal.KnownFailing {
			return surprise
		}
		return fine
	case verdict.Error:
		return broken
	case verdict.Failed:
		if r.Decides() {
			return wrong
		}
		return excused
	case verdict.Blocked:
		if !r.Decides() {
			return excused
		}
	}
	return undecided
}

// entry is a scenario that takes part in the run, with what became of it.
type entry struct {
	spec.Scenario
	Page     *spec.Feature
	Result   journal.Result
	Standing standing
}

// entries lists the scenarios of the run in the order of the pages.
func entries(j *journal.Journal) []entry {
	selected := make(map[string]bool, len(j.Order))
	for _, id := range j.Order {
		selected[id] = true
	}
	var all []entry
	for i := range j.Pages {
		for _, rule := range j.Pages[i].Rules {
			for _, s := range rule.Scenarios {
				if selected[s.ID] {
					result := j.Result(s.ID)
					all = append(all, entry{s, &j.Pages[i], result, standingOf(result)})
				}
			}
		}
	}
	return all
}

// with keeps the entries of one standing.
func with(all []entry, wanted ...standing) []entry {
	var kept []entry
	for _, e := range all {
		if slices.Contains(wanted, e.Standing) {
			kept = append(kept, e)
		}
	}
	return kept
}

// of keeps the entries of one verdict.
func of(all []entry, wanted verdict.Verdict) []entry {
	var kept []entry
	for _, e := range all {
		if e.Result.Verdict == wanted {
			kept = append(kept, e)
		}
	}
	return kept
}

// byPage parts the entries, which are in the order of the pages, by page.
func byPage(all []entry) [][]entry {
	var pages [][]entry
	for i, e := range all {
		if i == 0 || e.Page != all[i-1].Page {
			pages = append(pages, nil)
		}
		pages[len(pages)-1] = append(pages[len(pages)-1], e)
	}
	return pages
}

// step is the line that ended the scenario; empty when no line did.
func (e entry) step() string {
	if e.Result.FailedStep < 0 || e.Result.FailedStep >= len(e.Steps) {
		return ""
	}
	return e.Steps[e.Result.FailedStep].Keyword + " " + e.Steps[e.Result.FailedStep].Text
}

// why is the sentence that the standing asks for; empty for what is fine.
func (e entry) why() string {
	known := e.Result.Expected
	if e.Result.ExpectedReason != "" {
		known += " (" + e.Result.ExpectedReason + ")"
	}
	switch e.Standing {
	case fine:
		return ""
	case surprise:
		return "Passed, though it is listed as " + known + ": take it off the list."
	case excused:
		return string(e.Result.Verdict) + ", which is " + known + ": " + e.Result.Why
	}
	return e.Result.Why
}

// lacks lists the capabilities that the scenario needs and the cluster does not offer.
func (e entry) lacks(offered []string) []string {
	var lacking []string
	for _, need := range e.Values("needs") {
		if !slices.Contains(offered, need) {
			lacking = append(lacking, need)
		}
	}
	return lacking
}

// outcome is the verdict on the run and a sentence about it, also when the run never came to its end.
func outcome(j *journal.Journal) (verdict.Outcome, string) {
	if j.End != nil {
		return j.End.Outcome, j.End.Reason
	}
	return j.Outcome(), "the run was killed before its end, or still goes on"
}

// seconds is how long the run took, or has taken so far.
func seconds(j *journal.Journal) float64 {
	if j.End != nil {
		return j.End.Seconds
	}
	return max(j.Last.Sub(j.Begin).Seconds(), 0)
}
