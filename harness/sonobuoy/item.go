package sonobuoy

import (
	"fmt"
	"math"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// Item is a node of the tree in which Sonobuoy keeps the results of a plugin. Its leaves are what is counted.
type Item struct {
	Name   string            `json:"name"`
	Status string            `json:"status"`
	Meta   map[string]string `json:"meta,omitempty"`
	// Details may hold anything; Sonobuoy's own readers show "failure" and "error".
	Details map[string]any `json:"details,omitempty"`
	Items   []Item         `json:"items,omitempty"`
}

// The statuses that Sonobuoy knows. Any other one would turn every status above it into a list of counts, which reads as neither passed
// nor failed.
const (
	passed  = "passed"
	failed  = "failed"
	skipped = "skipped"
	unknown = "unknown"
)

// status says in Sonobuoy's words how a scenario stands for the run. What was tried and could not be judged is unknown, so that a tree
// with it is not passed; the exact verdict is in the metadata. As in JUnit's file, what is known to fail is skipped, and fails when it
// passes.
func status(r journal.Result, required map[string]bool) string {
	switch r.Verdict {
	case verdict.Passed, verdict.Flaky:
		if r.Expected == journal.KnownFailing {
			return failed
		}
		return passed
	case verdict.Unsupported:
		return skipped
	case verdict.Failed:
		if r.Decides() {
			return failed
		}
		return skipped
	case verdict.Blocked:
		if !r.Decides() {
			return skipped
		}
	case verdict.NotRun:
		if !required[r.ID] {
			return skipped
		}
	}
	return unknown
}

// requiredBy is the set of the scenarios without which the run is not whole.
func requiredBy(j *journal.Journal) map[string]bool {
	if j.Required == nil {
		return setOf(j.Order)
	}
	return setOf(j.Required)
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// tree is the run with pages, rules and scenarios as its levels.
func tree(j *journal.Journal) []Item {
	var pages []Item
	selected, required := setOf(j.Order), requiredBy(j)
	for _, feature := range j.Pages {
		page := Item{Name: feature.Name, Meta: map[string]string{"source": "features/" + feature.Path}}
		if feature.Link != "" {
			page.Meta["documentation"] = feature.Link
		}
		for _, written := range feature.Rules {
			rule := Item{Name: written.Name}
			for _, s := range written.Scenarios {
				if selected[s.ID] {
					result := j.Result(s.ID)
					rule.Items = append(rule.Items, leaf(s, feature, result, status(result, required)))
				}
			}
			switch {
			case len(rule.Items) == 0:
			case rule.Name == "":
				page.Items = append(page.Items, rule.Items...)
			default:
				rule.Status = fold(rule.Items)
				page.Items = append(page.Items, rule)
			}
		}
		if len(page.Items) > 0 {
			page.Status = fold(page.Items)
			pages = append(pages, page)
		}
	}
	if whole, ok := verdictItem(j, fold(pages)); ok {
		pages = append(pages, whole)
	}
	return pages
}

// leaf is a scenario. A leaf must not have the key "file" in its metadata: readers would print that file in its place.
func leaf(s spec.Scenario, page spec.Feature, result journal.Result, status string) Item {
	item := Item{Name: s.ID + ": " + s.Title, Status: status, Meta: map[string]string{
		"id": s.ID, "verdict": string(result.Verdict), "source": fmt.Sprintf("features/%s:%d", s.Path, s.Line),
	}, Details: map[string]any{"seconds": math.Round(1000*result.Seconds) / 1000}}
	if page.Link != "" {
		item.Meta["documentation"] = page.Link
	}
	if result.Expected != "" {
		item.Meta["expected"] = strings.TrimSuffix(result.Expected+": "+result.ExpectedReason, ": ")
	}
	if key := detail(result, status); key != "" {
		item.Details[key] = why(s, result)
	}
	if item.Status == failed && s.Hint != "" {
		item.Details["hint"] = s.Hint
	}
	if len(result.Failures) > 0 {
		item.Details["attempts"] = result.Failures
	}
	if len(result.Evidence) > 0 {
		var files []string
		for _, name := range result.Evidence {
			files = append(files, resultsPath+name)
		}
		item.Details["evidence"] = files
	}
	return item
}

// detail is the key under which the reason of a result belongs; empty when there is none to give.
func detail(r journal.Result, status string) string {
	switch {
	case status == failed:
		return "failure"
	case r.Verdict == verdict.Error:
		return "error"
	case status == passed && r.Why == "":
		return ""
	}
	return "reason"
}

// why is the reason of a result: in one sentence, then the line of the feature file that ended the scenario, then the whole error.
func why(s spec.Scenario, r journal.Result) string {
	if r.Expected == journal.KnownFailing && (r.Verdict == verdict.Passed || r.Verdict == verdict.Flaky) {
		return "passed, though it is listed as " + r.Expected + ": take it off the list"
	}
	parts := []string{r.Why}
	if r.FailedStep >= 0 && r.FailedStep < len(s.Steps) && r.Error != "" {
		parts = append(parts, s.Steps[r.FailedStep].Keyword+" "+s.Steps[r.FailedStep].Text)
	}
	parts = append(parts, strings.TrimSpace(strings.TrimPrefix(r.Error, r.Why)))
	return strings.TrimSpace(strings.Join(parts, "\n"))
}

// verdictItem is a leaf for the run as a whole. There is one only when the leaves of the scenarios make a better impression than the run
// deserves: Sonobuoy calls a plugin passed when everything was skipped.
func verdictItem(j *journal.Journal, leaves string) (Item, bool) {
	outcome, reason := j.Outcome(), "the run was killed before its end"
	if j.End != nil {
		outcome, reason = j.End.Outcome, j.End.Reason
	}
	deserved := unknown
	switch outcome {
	case verdict.Success:
		deserved = passed
	case verdict.Failure:
		deserved = failed
	}
	if deserved == leaves || deserved == passed || leaves == failed {
		return Item{}, false
	}
	if reason == "" {
		reason = "the outcome of the run is " + string(outcome)
	}
	key := "reason"
	if deserved == failed {
		key = "failure"
	}
	return Item{
		Name: "the run as a whole", Status: deserved,
		Meta: map[string]string{"outcome": string(outcome)}, Details: map[string]any{key: reason},
	}, true
}

// fold is the status of a node above the items, by Sonobuoy's own rules.
func fold(items []Item) string {
	if len(items) == 0 {
		return unknown
	}
	result := passed
	for _, item := range items {
		switch item.Status {
		case failed:
			return failed
		case unknown:
			result = unknown
		}
	}
	return result
}
