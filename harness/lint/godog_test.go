package lint_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/cucumber/godog"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/steps"
)

// TestGodogUnderstandsThePages lets godog, which is not ours, read the pages and match their lines with the sentences: every line of
// every scenario must be defined, and none ambiguous. The steps do nothing.
func TestGodogUnderstandsThePages(t *testing.T) {
	var report bytes.Buffer
	ran, vocabulary := 0, steps.NewVocabulary()
	suite := godog.TestSuite{
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			ran++
			for _, step := range vocabulary.Steps {
				define(sc, step)
			}
		},
		Options: &godog.Options{FS: features.FS, Paths: []string{"."}, Format: "progress", Output: &report, Strict: true, NoColors: true},
	}
	if rc := suite.Run(); rc != 0 {
		t.Errorf("godog ends with %d:\n%s", rc, report.String())
	}
	pages, err := spec.Load(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(spec.Scenarios(pages)); ran != want {
		t.Errorf("godog finds %d scenarios, the loader %d", ran, want)
	}
}

var group = regexp.MustCompile(`\(\?P<\w+>`)

// define tells godog of a sentence, with a colon when something stands below it, and with a time bound when it may have one.
func define(sc *godog.ScenarioContext, step *steps.Step) {
	text := strings.Trim(group.ReplaceAllString(step.Pattern(), "(?:"), "^$")
	if step.Bounded() {
		text = `(?:(?:within|for) \d+ (?:seconds?|minutes?), |as before, )?` + text
	}
	switch step.Argument {
	case steps.Table:
		sc.Step("^"+text+":$", func(*godog.Table) {})
	case steps.Text, steps.MayHaveText:
		sc.Step("^"+text+":$", func(*godog.DocString) {})
	}
	if step.Argument == steps.NoArgument || step.Argument == steps.MayHaveText {
		sc.Step("^"+text+"$", func() {})
	}
}
