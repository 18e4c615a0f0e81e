package falsify_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/falsify"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

const page = `Feature: A page

  Rule: A rule

    @id:api.page.one
    Scenario Outline: <thing>
      Given a thing
      When I do:
        """yaml
        a: <thing>

        """
      Then it is done
      And it is done well

      Examples:
        | thing |
        | one   |
        | two   |
`

func TestTheWhenIsLeftOutAndTheRestStays(t *testing.T) {
	pages, err := spec.Load(falsify.DropWhen(fstest.MapFS{"api/page.feature": {Data: []byte(page)}, "api/notes.txt": {Data: []byte("When")}}))
	if err != nil {
		t.Fatal(err)
	}
	scenarios := spec.Scenarios(pages)
	if len(scenarios) != 2 {
		t.Fatalf("%d scenarios", len(scenarios))
	}
	var lines []string
	numbers := []int{}
	for _, step := range scenarios[1].Steps {
		lines, numbers = append(lines, step.Keyword+" "+step.Text), append(numbers, step.Line)
	}
	if diff := cmp.Diff([]string{"Given a thing", "Then it is done", "And it is done well"}, lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{7, 13, 14}, numbers); diff != "" {
		t.Error(diff)
	}
}

func TestEveryPageOfTheSpecificationLosesItsWhens(t *testing.T) {
	whole, err := spec.Load(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	dropped, err := spec.Load(falsify.DropWhen(features.FS))
	if err != nil {
		t.Fatal(err)
	}
	left := spec.Scenarios(dropped)
	for i, s := range spec.Scenarios(whole) {
		var want, got []int
		for _, step := range s.Steps {
			if step.Phase != spec.When {
				want = append(want, step.Line)
			}
		}
		for _, step := range left[i].Steps {
			got = append(got, step.Line)
		}
		if diff := cmp.Diff(want, got); diff != "" || left[i].ID != s.ID {
			t.Errorf("%s: %s", s.ID, diff)
		}
	}
}

func TestAPageThatCannotBeReadIsAnError(t *testing.T) {
	_, err := fs.ReadFile(falsify.DropWhen(fstest.MapFS{"api/x.feature": {Data: []byte("Feature: x\n Scenario: y\n  Given z\n  oops\n")}}), "api/x.feature")
	if err == nil || !strings.Contains(err.Error(), "drop the When") {
		t.Errorf("got %v", err)
	}
}

func TestTheRunIsJudgedByWhatPassedAndByWhatGotNowhere(t *testing.T) {
	j := journal.New()
	steps := []spec.Step{{Phase: spec.Given}, {Phase: spec.Then}}
	var rule spec.Rule
	for _, id := range []string{"then", "given", "passed", "flaky", "unsupported", "elsewhere", "error", "world"} {
		rule.Scenarios = append(rule.Scenarios, spec.Scenario{ID: id, Steps: steps})
	}
	j.Add(journal.Record{Page: &spec.Feature{Rules: []spec.Rule{rule}}})
	j.Add(journal.Record{Selected: &journal.Selected{IDs: []string{"then", "given", "passed", "flaky", "unsupported", "error", "world"}}})
	for _, r := range []journal.Result{
		{ID: "then", Verdict: verdict.Failed, FailedStep: 1},
		{ID: "given", Verdict: verdict.Failed, FailedStep: 0},
		{ID: "passed", Verdict: verdict.Passed, FailedStep: -1},
		{ID: "flaky", Verdict: verdict.Flaky, FailedStep: -1},
		{ID: "unsupported", Verdict: verdict.Unsupported, FailedStep: -1},
		{ID: "error", Verdict: verdict.Error, FailedStep: 1},
		{ID: "world", Verdict: verdict.Blocked, FailedStep: -1},
	} {
		j.Add(journal.Record{Result: &r})
	}
	if diff := cmp.Diff([]string{"passed", "flaky"}, falsify.Survivors(j)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"given", "unsupported", "world"}, falsify.Unproven(j)); diff != "" {
		t.Error(diff)
	}
}
