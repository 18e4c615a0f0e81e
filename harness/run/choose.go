package run

import (
	"maps"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// choose decides, now that the cluster is known, what runs and in which order, and writes to the journal what does not run and why.
func (r *runner) choose() []spec.Scenario {
	able, unable := r.supported(r.todo())
	var unfit []spec.Scenario
	if r.Budget > 0 {
		able, unfit = fitting(able, r.takes, r.Parallel, r.Budget)
	}
	if r.past == nil {
		r.begin(unfit)
	}
	for _, s := range append(append(slices.Clone(able), unable...), unfit...) {
		r.trials[s.ID] = &trial{rules: r.rules()}
	}
	for _, s := range unable {
		r.finish(journal.Result{ID: s.ID, Verdict: verdict.Unsupported, FailedStep: -1, Why: r.lack(s)})
	}
	for _, s := range unfit {
		r.finish(journal.Result{ID: s.ID, Verdict: verdict.NotRun, FailedStep: -1, Why: "The budget of " + r.Budget.String() + " has no room for it."})
	}
	if r.Shuffle {
		return shuffled(able, r.Seed)
	}
	return longestFirst(able, r.takes)
}

// todo lists the scenarios that need a result.
func (r *runner) todo() []spec.Scenario {
	if r.past == nil {
		return r.Scenarios
	}
	left := unfinished(r.folded)
	return spec.Select(r.Scenarios, func(s spec.Scenario) bool { return slices.Contains(left, s.ID) })
}

// begin writes down the pages and what is selected.
func (r *runner) begin(unfit []spec.Scenario) {
	pages := r.shown()
	for i := range pages {
		r.record(journal.Record{Page: &pages[i]})
	}
	selected := journal.Selected{IDs: ids(r.Scenarios), Required: r.required, Unfit: ids(unfit), Estimate: map[string]float64{}}
	if r.Budget > 0 && r.required == nil {
		selected.Required = slices.DeleteFunc(ids(r.Scenarios), func(id string) bool { return slices.Contains(selected.Unfit, id) })
	}
	for id, took := range maps.All(r.takes) {
		selected.Estimate[id] = took.Seconds()
	}
	r.record(journal.Record{Selected: &selected})
}

// supported parts the scenarios by whether the cluster offers what they need.
func (r *runner) supported(scenarios []spec.Scenario) (able, unable []spec.Scenario) {
	for _, s := range scenarios {
		if len(r.missing(s)) == 0 {
			able = append(able, s)
		} else {
			unable = append(unable, s)
		}
	}
	return able, unable
}

// missing lists the capabilities that the scenario needs and the cluster lacks.
func (r *runner) missing(s spec.Scenario) []string {
	return slices.DeleteFunc(s.Values("needs"), func(need string) bool { return r.offers.Has(need) })
}

// lack says in a sentence why the cluster does not support the scenario.
func (r *runner) lack(s spec.Scenario) string {
	var parts []string
	for _, need := range r.missing(s) {
		parts = append(parts, need+": "+r.offers.Find(need).Reason)
	}
	return "It needs " + strings.Join(parts, ", and ") + "."
}
