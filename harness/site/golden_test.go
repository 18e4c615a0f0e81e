package site_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/site"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// small is a page with one behaviour of each form: passed, failed with evidence, a row of an outline, not supported.
const small = `@needs:nodes
Feature: A kettle boils
  Water gets hot.

  It takes its time.

  Documentation: https://kubernetes.io/docs/kettle

  Background:
    Given a kettle "red"

  Rule: Heat makes steam
    Slowly.

    @id:tea.kettle.boil
    Scenario: It boils
      Look at the lid.

      Given it is full
      When I heat it:
        """yaml
        spec: {watts: 2000}
        """
      Then within 60 seconds, status.phase of Kettle "red" is "Boiling"
      And there are:
        | cup | tea   |
        | one | green |

    @id:tea.kettle.off @slow
    Scenario: It goes off
      When it boils
      Then it goes off
      And it is quiet

  Rule: Any water will do

    @id:tea.kettle.water
    Scenario Outline: <kind> water boils
      When I heat <kind> water
      Then it boils

      Examples:
        | kind |
        | soft |
        | hard |
`

func smallRun(t *testing.T) (string, *journal.Journal) {
	t.Helper()
	page, err := spec.Parse("tea/kettle.feature", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	j := journal.New()
	j.Run.ID, j.Pages = "r1", []spec.Feature{page}
	for _, r := range []journal.Result{
		{ID: "tea.kettle.boil", Verdict: verdict.Passed, Seconds: 1.5, FailedStep: -1},
		{
			ID: "tea.kettle.off", Verdict: verdict.Failed, Seconds: 61, FailedStep: 2, Why: "The switch is stuck.", Error: "want off\ngot on",
			Evidence: []string{"evidence/tea.kettle.off/a log.txt"},
		},
		{ID: "tea.kettle.water[soft]", Verdict: verdict.Passed, Seconds: 0.02, FailedStep: -1},
		{ID: "tea.kettle.water[hard]", Verdict: verdict.Passed, Seconds: 0.02, FailedStep: -1},
	} {
		j.Order = append(j.Order, r.ID)
		j.Results[r.ID] = r
	}
	j.Steps["tea.kettle.off"] = []journal.Step{{Index: 0, Seconds: 0.5}, {Index: 1, Seconds: 0.01}, {Index: 2, Seconds: 60, Error: "want off\ngot on"}}
	dir := t.TempDir()
	file := filepath.Join(dir, "evidence", "tea.kettle.off", "a log.txt")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("click\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, j
}

func TestAFeatureReadsAsItsGoldenFile(t *testing.T) {
	dir, j := smallRun(t)
	if err := site.Write(dir, j); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	describe(&got, elements(parse(t, filepath.Join(dir, "tea", "kettle.html")), "main")[0], 0)
	golden := filepath.Join("testdata", "kettle.golden")
	if *rewrite {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil { //nolint:gosec // a file of the repository
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the page has changed; look at it, then rewrite the golden file with -rewrite:\n%s", firstDifference(string(want), got.String()))
	}
}

// describe writes the structure of a page: an element in each line with what identifies it, and the texts below.
func describe(out *strings.Builder, n *html.Node, depth int) {
	indent := strings.Repeat("  ", depth)
	if n.Type == html.TextNode {
		if text := strings.Join(strings.Fields(n.Data), " "); text != "" {
			out.WriteString(indent + text + "\n")
		}
		return
	}
	line := indent + "<" + n.Data
	for _, a := range n.Attr {
		line += " " + a.Key + "=" + a.Val
	}
	out.WriteString(line + ">\n")
	for c := range n.ChildNodes() {
		describe(out, c, depth+1)
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range g {
		if i >= len(w) || w[i] != g[i] {
			return "want: " + strings.Join(w[min(i, len(w)):min(i+3, len(w))], "\n      ") + "\ngot:  " + strings.Join(g[i:min(i+3, len(g))], "\n      ")
		}
	}
	return "the page ends early"
}
