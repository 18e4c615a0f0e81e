package spec_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seatrial/seatrial/harness/spec"
)

const page = `@needs:nodes
Feature: A page

  Two words
  of lead.

  Documentation: https://kubernetes.io/docs/x/

  Rule: One statement

    @id:api.page.first @slow @needs:api:apps/v1
    Scenario: The first
      Look here when
      it fails.

      Given a thing:
        """yaml
        a: 1
        """
      And another
      When I act
      Then it is so:
        | a | b |

    @id:api.page.rows
    Scenario Outline: <Type> patch
      Given a <Type>
      When I act
      Then it is so

      Examples:
        | Type       |
        | JSON merge |
        | apply      |
`

func load(t *testing.T) []spec.Feature {
	t.Helper()
	pages, err := spec.Load(fstest.MapFS{"api/page.feature": {Data: []byte(page)}, "README.md": {Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func TestLoadKeepsWhatThePageSays(t *testing.T) {
	pages := load(t)
	if len(pages) != 1 {
		t.Fatalf("got %d pages, want 1", len(pages))
	}
	got := pages[0]
	if got.Lead != "Two words\nof lead." || got.Link != "https://kubernetes.io/docs/x/" || got.Area != "api" {
		t.Errorf("lead %q, link %q, area %q", got.Lead, got.Link, got.Area)
	}
	doc := "a: 1"
	want := spec.Scenario{
		ID: "api.page.first", Title: "The first", Feature: "A page", Rule: "One statement", Path: "api/page.feature", Line: 12,
		Hint: "Look here when\nit fails.", Tags: []string{"@needs:nodes", "@id:api.page.first", "@slow", "@needs:api:apps/v1"},
		Steps: []spec.Step{
			{Keyword: "Given", Phase: spec.Given, Text: "a thing:", Doc: &doc, Line: 16},
			{Keyword: "And", Phase: spec.Given, Text: "another", Line: 20},
			{Keyword: "When", Phase: spec.When, Text: "I act", Line: 21},
			{Keyword: "Then", Phase: spec.Then, Text: "it is so:", Table: [][]string{{"a", "b"}}, Line: 22},
		},
	}
	if diff := cmp.Diff(want, got.Rules[0].Scenarios[0]); diff != "" {
		t.Error(diff)
	}
}

func TestEveryRowOfAnOutlineIsAScenario(t *testing.T) {
	var ids, titles []string
	for _, s := range spec.Scenarios(load(t))[1:] {
		ids, titles = append(ids, s.ID), append(titles, s.Title)
	}
	if got := strings.Join(ids, " "); got != "api.page.rows[json-merge] api.page.rows[apply]" {
		t.Errorf("ids %s", got)
	}
	if got := strings.Join(titles, ", "); got != "JSON merge patch, apply patch" {
		t.Errorf("titles %s", got)
	}
}

func TestParseNamesTheFileOfAnError(t *testing.T) {
	_, err := spec.Parse("api/broken.feature", []byte("Feature: x\n  Scenario: y\n    Given z\n    oops\n"))
	if err == nil || !strings.Contains(err.Error(), "api/broken.feature") {
		t.Errorf("got %v", err)
	}
}

func TestSelector(t *testing.T) {
	all := spec.Scenarios(load(t))
	for expression, want := range map[string]string{
		"":                                "api.page.first api.page.rows[json-merge] api.page.rows[apply]",
		"@slow":                           "api.page.first",
		"@needs:a*":                       "api.page.first",
		"@needs:api:apps/v1":              "api.page.first",
		"~@slow":                          "api.page.rows[json-merge] api.page.rows[apply]",
		"@needs:nodes && ~@slow":          "api.page.rows[json-merge] api.page.rows[apply]",
		"@id:api.page.rows":               "api.page.rows[json-merge] api.page.rows[apply]",
		"@id:api.page.rows[apply]":        "api.page.rows[apply]",
		"@id:*.rows*":                     "api.page.rows[json-merge] api.page.rows[apply]",
		"api.page.f*":                     "api.page.first",
		"@no,@slow && @needs:*":           "api.page.first",
		"not (@slow or @id:*apply*)":      "api.page.rows[json-merge]",
		"@slow or @id:api.page.rows[a*":   "api.page.first api.page.rows[apply]",
		"@id:no.such":                     "",
		"@slow and not @slow or @nothing": "",
	} {
		selector, err := spec.ParseSelector(expression)
		if err != nil {
			t.Errorf("%q: %v", expression, err)
			continue
		}
		var ids []string
		for _, s := range spec.Select(all, selector) {
			ids = append(ids, s.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%q selects %q, want %q", expression, got, want)
		}
	}
	for _, broken := range []string{"@a and", "(@a", "@a @b", "or @a", "not"} {
		if _, err := spec.ParseSelector(broken); err == nil || !strings.Contains(err.Error(), broken) {
			t.Errorf("%q: got error %v", broken, err)
		}
	}
}
