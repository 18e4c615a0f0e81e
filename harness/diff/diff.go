// Package diff compares two runs by their journals: what broke, what was fixed, and what else is different.
package diff

import (
	"cmp"
	"slices"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// Kind is what became of a scenario. A scenario may have changed in several ways.
type Kind string

// The kinds of changes.
const (
	// Broken: fails, and did not fail before.
	Broken Kind = "broken"
	// Unjudged: was blocked, met an error of the kit or did not run, and was judged before.
	Unjudged Kind = "unjudged"
	// NowUnsupported: the cluster lacks a capability that it had before.
	NowUnsupported Kind = "now-unsupported"
	// NowFlaky: passed at the first attempt before.
	NowFlaky Kind = "now-flaky"
	// Slower: passed both times, but took more than twice as long, and more than a second longer.
	Slower Kind = "slower"
	// Vanished: is no part of the second run.
	Vanished Kind = "vanished"
	// Fixed: passes, and failed, was blocked or met an error before.
	Fixed Kind = "fixed"
	// NowSupported: passes, and the cluster lacked a capability before.
	NowSupported Kind = "now-supported"
	// NoLongerFlaky: passed at the first attempt, and did not before.
	NoLongerFlaky Kind = "no-longer-flaky"
	// New: was no part of the first run, or did not run there.
	New Kind = "new"
	// Renamed: has the same id and another title.
	Renamed Kind = "renamed"
)

// Kinds lists the kinds in the order of reports: bad news first.
func Kinds() []Kind {
	return []Kind{Broken, Unjudged, NowUnsupported, NowFlaky, Slower, Vanished, Fixed, NowSupported, NoLongerFlaky, New, Renamed}
}

// Diff is what differs between two runs.
type Diff struct {
	Before Run `json:"before"`
	After  Run `json:"after"`
	// Lost and Gained are the capabilities of the cluster that only one of the runs found.
	Lost   []string     `json:"lostCapabilities,omitempty"`
	Gained []string     `json:"gainedCapabilities,omitempty"`
	Counts map[Kind]int `json:"counts"`
	// Changes has those of one kind together, in the order of the pages.
	Changes []Change `json:"changes"`
	// Same is how many scenarios have the same verdict in both runs, by that verdict.
	Same verdict.Counts `json:"same"`
}

// Run names one of the two runs.
type Run struct {
	ID        string          `json:"id"`
	Begin     time.Time       `json:"begin"`
	Cluster   string          `json:"cluster"`
	Version   string          `json:"version"`
	Kit       string          `json:"kit,omitempty"`
	Profile   string          `json:"profile,omitempty"`
	Selection string          `json:"selection,omitempty"`
	Outcome   verdict.Outcome `json:"outcome"`
	Counts    verdict.Counts  `json:"counts"`
}

// Change is one difference of one scenario.
type Change struct {
	Kind  Kind   `json:"kind"`
	ID    string `json:"id"`
	Title string `json:"title"`
	Page  string `json:"page"`
	// Documentation is the address of what the page is about.
	Documentation string `json:"documentation,omitempty"`
	// OldTitle is set when the title has changed.
	OldTitle string `json:"oldTitle,omitempty"`
	// Before and After are empty where the scenario is no part of the run. The times are in seconds.
	Before        verdict.Verdict `json:"before,omitempty"`
	After         verdict.Verdict `json:"after,omitempty"`
	SecondsBefore float64         `json:"secondsBefore,omitempty"`
	SecondsAfter  float64         `json:"secondsAfter,omitempty"`
	// Why is the reason of the second run's verdict, Step the line at which it ended.
	Why  string `json:"why,omitempty"`
	Step string `json:"step,omitempty"`
	// Expected says that the scenario was known to fail or to be flaky in the second run.
	Expected string `json:"expected,omitempty"`
}

// Compare tells what is different in the second run.
func Compare(before, after *journal.Journal) Diff {
	d := Diff{
		Before: newRun(before), After: newRun(after), Counts: map[Kind]int{}, Same: verdict.Counts{}, Changes: []Change{},
		Lost:   missing(before.Run.Capabilities, after.Run.Capabilities),
		Gained: missing(after.Run.Capabilities, before.Run.Capabilities),
	}
	olds, news := entries(before), entries(after)
	for _, id := range order(before, after) {
		d.add(olds[id], news[id])
	}
	slices.SortStableFunc(d.Changes, func(a, b Change) int {
		return cmp.Compare(slices.Index(Kinds(), a.Kind), slices.Index(Kinds(), b.Kind))
	})
	return d
}

// Outcome is failure when something broke, partial when something that was judged before was not, and invalid when one of the runs
// judged nothing.
func (d Diff) Outcome() verdict.Outcome {
	switch {
	case !judged(d.Before.Counts) || !judged(d.After.Counts):
		return verdict.Invalid
	case d.Counts[Broken] > 0:
		return verdict.Failure
	case d.Counts[Unjudged] > 0:
		return verdict.Partial
	}
	return verdict.Success
}

func judged(c verdict.Counts) bool { return c[verdict.Passed]+c[verdict.Flaky]+c[verdict.Failed] > 0 }

// entry is a scenario with its result in one run; nil means that it is no part of it.
type entry struct {
	spec.Scenario
	link   string
	result journal.Result
}

func entries(j *journal.Journal) map[string]*entry {
	selected := map[string]bool{}
	for _, id := range j.Order {
		selected[id] = true
	}
	all := map[string]*entry{}
	for _, page := range j.Pages {
		for _, s := range spec.Scenarios([]spec.Feature{page}) {
			if selected[s.ID] {
				all[s.ID] = &entry{s, page.Link, j.Result(s.ID)}
			}
		}
	}
	return all
}

// order lists the ids of both runs once: those of the second, then what only the first one has.
func order(before, after *journal.Journal) []string {
	seen := map[string]bool{}
	var ids []string
	for _, id := range slices.Concat(after.Order, before.Order) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

func (d *Diff) add(before, after *entry) {
	kinds := classify(before, after)
	for _, kind := range kinds {
		d.Counts[kind]++
		d.Changes = append(d.Changes, newChange(kind, before, after))
	}
	if before != nil && after != nil && before.result.Verdict == after.result.Verdict {
		d.Same[after.result.Verdict]++
	}
}

func newChange(kind Kind, before, after *entry) Change {
	shown := cmp.Or(after, before)
	c := Change{Kind: kind, ID: shown.ID, Title: shown.Title, Page: shown.Feature, Documentation: shown.link}
	if before != nil {
		c.Before, c.SecondsBefore = before.result.Verdict, before.result.Seconds
		if before.Title != c.Title {
			c.OldTitle = before.Title
		}
	}
	if after != nil {
		r := after.result
		c.After, c.SecondsAfter, c.Why, c.Expected = r.Verdict, r.Seconds, r.Why, r.Expected
		if r.FailedStep >= 0 && r.FailedStep < len(after.Steps) && !good(r.Verdict) {
			c.Step = after.Steps[r.FailedStep].Keyword + " " + after.Steps[r.FailedStep].Text
		}
	}
	return c
}

func newRun(j *journal.Journal) Run {
	r := Run{
		ID: j.Run.ID, Begin: j.Begin, Cluster: j.Run.Cluster, Version: j.Run.Version, Kit: j.Run.Kit, Profile: j.Run.Profile,
		Selection: j.Run.Selection, Counts: j.Counts(), Outcome: j.Outcome(),
	}
	if j.End != nil {
		r.Outcome = j.End.Outcome
	}
	return r
}

// missing lists what of the first is not in the second.
func missing(first, second []string) []string {
	var list []string
	for _, each := range first {
		if !slices.Contains(second, each) {
			list = append(list, each)
		}
	}
	return list
}
