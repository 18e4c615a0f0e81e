package lint_test

import (
	"os"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/certify"
	"github.com/seatrial/seatrial/harness/lint"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/steps"
)

// TestFeatureFiles holds the pages of this repository to the rules.
func TestFeatureFiles(t *testing.T) {
	pages, err := spec.Load(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range lint.Check(pages, steps.NewVocabulary()) {
		t.Error(problem)
	}
	t.Logf("%d pages, %d scenarios", len(pages), len(spec.Scenarios(pages)))
}

const good = `Feature: A page

  Some lead.

  Documentation: https://kubernetes.io/docs/concepts/

  Rule: A rule

    @id:api.page.one @needs:nodes
    Scenario: A title
      A hint.

      Given a Pod "x"
      And status.podIP of Pod "x" is noted as "ip"
      When I delete Pod "x"
      Then within 5 seconds, Pod "x" is gone
      And as before, the log of Pod "x" contains "${ip}"
`

func TestCheckFindsEachFault(t *testing.T) {
	for _, c := range []struct{ replace, by, want string }{
		{"Some lead.", "", "no lead"},
		{"https://kubernetes.io/docs/", "https://example.com/", "Documentation"},
		{"docs/concepts/", "docs/concepts", "Documentation"},
		{"docs/concepts/", "docs/Some Thing/", "Documentation"},
		{"When I delete", "When within 5 seconds, Pod \"x\" exists\n      Then I delete", "a Then must be an outcome"},
		{"within 5 seconds, Pod", "as before, Pod", "every Then says that something stays"},
		{"And status.podIP", "And as before, Pod \"x\" exists\n      And status.podIP", "only a Then can be as before"},
		{"within 5 seconds, Pod \"x\" is gone", "there are exactly 3 Pod objects", ""},
		{"  Rule: A rule\n", "", "outside of a Rule"},
		{"@id:api.page.one", "@id:api.page", "is not @id:"},
		{"@id:api.page.one", "@id:node.page.one", "does not begin with the area"},
		{"@needs:nodes", "@needs:magic", `"@needs:magic" is not in the list`},
		{"@needs:nodes", "@a @b @c @d @e @f", "7 tags"},
		{"      A hint.", "", "no hint"},
		{"When I delete", "Then I delete", "0 When"},
		{"Then within", "When within", "a When must be an action"},
		{"Then within", "And I delete Pod \"y\"\n      Then within", "2 When"},
		{`a Pod "x"`, `a Pod "x":`, "colon"},
		{`a Pod "x"`, `one Pod "x"`, "matches 0 steps"},
		{`noted as "ip"`, `noted as "address"`, "${ip} has no value"},
		{"contains \"${ip}\"", "contains \"it should be\"", "what should be"},
		{"And status", "And a Pod \"a\"\n And a Pod \"b\"\n And a Pod \"c\"\n And a Pod \"d\"\n And status", "9 steps"},
	} {
		if problems := check(t, strings.Replace(good, c.replace, c.by, 1)); !strings.Contains(problems, c.want) || (c.want == "") != (problems == "") {
			t.Errorf("%q by %q: want %q, got\n%s", c.replace, c.by, c.want, problems)
		}
	}
	if problems := check(t, good); problems != "" {
		t.Errorf("the good page has problems:\n%s", problems)
	}
}

// check lists the problems of one page, without the sentences it does not use.
func check(t *testing.T, text string) string {
	t.Helper()
	page, err := spec.Parse("api/page.feature", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, problem := range lint.Check([]spec.Feature{page}, steps.NewVocabulary()) {
		if !strings.HasPrefix(problem, "vocabulary:") {
			lines = append(lines, problem)
		}
	}
	return strings.Join(lines, "\n")
}

func TestCheckFindsAnUnusedSentenceAndASharedID(t *testing.T) {
	page, err := spec.Parse("api/page.feature", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	problems := strings.Join(lint.Check([]spec.Feature{page, page}, steps.NewVocabulary()), "\n")
	for _, want := range []string{`no feature file uses "{each} watch has seen"`, `the id "api.page.one" is that of`} {
		if !strings.Contains(problems, want) {
			t.Errorf("want %q, got\n%s", want, problems)
		}
	}
}

func TestANumberNeedsAUnit(t *testing.T) {
	for line, want := range map[string]string{
		`within 5 seconds, Pod "x" is gone`:                          "",
		`I scale Deployment "web" to 3 replicas`:                     "",
		`there are exactly 3 Pod objects`:                            "",
		`the command fails with exit code 7`:                         "",
		`I forward a local port to port 80 of Pod "x"`:               "",
		`it is refused with 403 Forbidden`:                           "",
		`it is refused with 400`:                                     "",
		`status.containerStatuses[0].restartCount of Pod "x" is "0"`: "",
		`I wait 5`:                        "5",
		`the value 10 is at least 3 more`: "10",
	} {
		if got := lint.BareNumber(line); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

func TestSentencesThatAreNearlyTheSameAreFound(t *testing.T) {
	vocabulary := &steps.Vocabulary{Steps: []*steps.Step{
		{Sentence: `the answer contains {text}`},
		{Sentence: `the answer contain the {text}`},
		{Sentence: `the answer is {text}`},
		{Sentence: `{kind} {name} matches`, Argument: steps.Text},
		{Sentence: `{kind} {name} matches`},
	}}
	if got := lint.Alike(vocabulary); len(got) != 1 || !strings.Contains(got[0], `"the answer contain the {text}"`) {
		t.Errorf("got %q", got)
	}
}

func TestUpstreamKnowsIDsAndTests(t *testing.T) {
	page, err := spec.Parse("api/page.feature", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	tests := lint.Tests{All: []string{"[sig-node] a test", "[sig-node] another"}, Mapped: []string{"[sig-node] a test"}}
	if problems := lint.Upstream([]byte("api.page.one: [\"[sig-node] a test\"]"), []spec.Feature{page}, tests); len(problems) != 0 {
		t.Errorf("got %q", problems)
	}
	for text, want := range map[string]string{
		`{api.page.two: ["[sig-node] a test"]}`:                   "no scenario",
		`{api.page.one: ["[sig-node] a test"], api.page.one: []}`: "already set",
		`{api.page.one: ["[sig-node] a test", x]}`:                `"x", which is no conformance test`,
		`{api.page.one: ["[sig-node] another"]}`:                  `no behaviour covers "[sig-node] a test"`,
		`{api.page.one: 3}`:                                       "upstream.yaml: ",
	} {
		if problems := lint.Upstream([]byte(text), []spec.Feature{page}, tests); len(problems) != 1 || !strings.Contains(problems[0], want) {
			t.Errorf("%s: got %q", text, problems)
		}
	}
	if problems := lint.Upstream([]byte("api.page.one: []"), []spec.Feature{page}, lint.Tests{}); len(problems) != 1 {
		t.Errorf("an id without a test: got %q", problems)
	}
	missing := lint.Tests{Mapped: []string{"gone"}}
	if problems := strings.Join(lint.Upstream(nil, nil, missing), "\n"); !strings.Contains(problems, `"gone" must be mapped, but is no`) {
		t.Errorf("a required test that does not exist: got %q", problems)
	}
}

// TestUpstreamMap holds the map of upstream's tests to the pages, and demands every test of testdata/mapped.txt.
func TestUpstreamMap(t *testing.T) {
	text, err := os.ReadFile("../../features/upstream.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := spec.Load(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	all, err := certify.Required("v1.36")
	if err != nil {
		t.Fatal(err)
	}
	required, err := os.ReadFile("testdata/mapped.txt")
	if err != nil {
		t.Fatal(err)
	}
	tests := lint.Tests{All: all}
	for line := range strings.Lines(string(required)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			tests.Mapped = append(tests.Mapped, line)
		}
	}
	if len(tests.Mapped) < 140 {
		t.Errorf("only %d tests must be mapped", len(tests.Mapped))
	}
	for _, problem := range lint.Upstream(text, pages, tests) {
		t.Error(problem)
	}
}
