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

// status says a verdict in Sonobuoy's words. What was tried and could not be judged is unknown, so that a tree with it is not passed; the
// exact verdict is in the metadata.
func status(v verdict.Verdict) string {
	switch v {
	case verdict.Passed, verdict.Flaky:
		return passed
	case verdict.Failed:
		return failed
	case verdict.Unsupported:
		return skipped
	}
	return unknown
}

// tree is the run with pages, rules and scenarios as its levels.
func tree(j *journal.Journal) []Item {
	var pages []Item
	for _, feature := range j.Pages {
		page := Item{Name: feature.Name, Meta: map[string]string{"source": "features/" + feature.Path}}
		if feature.Link != "" {
			page.Meta["documentation"] = feature.Link
		}
		for _, written := range feature.Rules {
			rule := Item{Name: written.Name}
			for _, s := range written.Scenarios {
				if j.Selected(s.ID) {
					rule.Items = append(rule.Items, leaf(s, feature, j.Result(s.ID)))
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
func leaf(s spec.Scenario, page spec.Feature, result journal.Result) Item {
	item := Item{Name: s.ID + ": " + s.Title, Status: status(result.Verdict), Meta: map[string]string{
		"id": s.ID, "verdict": string(result.Verdict), "source": fmt.Sprintf("features/%s:%d", s.Path, s.Line),
	}, Details: map[string]any{"seconds": math.Round(1000*result.Seconds) / 1000}}
	if page.Link != "" {
		item.Meta["documentation"] = page.Link
	}
	if result.Expected != "" {
		item.Meta["expected"] = strings.TrimSuffix(result.Expected+": "+result.ExpectedReason, ": ")
	}
	why := strings.TrimSpace(result.Why + "\n" + step(s, result) + "\n" + result.Error)
	switch {
	case result.Verdict == verdict.Passed:
	case item.Status == failed:
		item.Details["failure"] = why
	case result.Verdict == verdict.Error:
		item.Details["error"] = why
	default:
		item.Details["reason"] = why
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

// step is the line of the feature file that ended the scenario.
func step(s spec.Scenario, result journal.Result) string {
	if result.FailedStep < 0 || result.FailedStep >= len(s.Steps) || result.Verdict == verdict.Passed || result.Verdict == verdict.Unsupported {
		return ""
	}
	return s.Steps[result.FailedStep].Keyword + " " + s.Steps[result.FailedStep].Text
}

// verdictItem is a leaf for the run as a whole. There is one only when the leaves of the scenarios make a better impression than the run
// deserves: Sonobuoy calls a plugin passed when everything was skipped.
func verdictItem(j *journal.Journal, leaves string) (Item, bool) {
	outcome, reason := j.Counts().Outcome(), "the run was killed before its end"
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
