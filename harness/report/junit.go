package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Time     string `xml:"time,attr"`
	seconds  float64
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Timestamp  string           `xml:"timestamp,attr"`
	Properties *junitProperties `xml:"properties,omitempty"`
	Cases      []junitCase      `xml:"testcase"`
}

// junitCase is one scenario. FlakyFailure and RerunFailure are those of Maven's surefire, which Jenkins and others read: attempts that
// failed before one passed, and attempts that failed before the last one failed.
type junitCase struct {
	Classname    string           `xml:"classname,attr"`
	Name         string           `xml:"name,attr"`
	Time         string           `xml:"time,attr"`
	Properties   *junitProperties `xml:"properties,omitempty"`
	Failure      *junitNote       `xml:"failure,omitempty"`
	RerunFailure []junitNote      `xml:"rerunFailure"`
	FlakyFailure []junitNote      `xml:"flakyFailure"`
	Error        *junitNote       `xml:"error,omitempty"`
	Skipped      *junitNote       `xml:"skipped,omitempty"`
}

type junitProperties struct {
	Properties []junitProperty `xml:"property"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitNote struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes the run as JUnit XML: a suite for each page, the class is page and rule. What could not be judged or is known to fail is
// skipped with its reason; an error is one of the kit. What passed leaves no text.
func JUnit(w io.Writer, j *journal.Journal) error {
	all := junitSuites{Name: clean("seatrial " + j.Run.ID)}
	for _, page := range byPage(entries(j)) {
		suite := junitSuite{Name: clean(page[0].Page.Name), Timestamp: j.Begin.UTC().Format(time.RFC3339), Properties: junitRun(j)}
		for _, e := range page {
			test := junitTest(e)
			suite.add(test, e.Result.Seconds)
			all.add(test, e.Result.Seconds)
			suite.Cases = append(suite.Cases, test)
		}
		all.Suites = append(all.Suites, suite)
	}
	all.Time = fmt.Sprintf("%.3f", all.seconds)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (c *junitCounts) add(test junitCase, seconds float64) {
	c.Tests++
	switch {
	case test.Failure != nil:
		c.Failures++
	case test.Error != nil:
		c.Errors++
	case test.Skipped != nil:
		c.Skipped++
	}
	c.seconds += seconds
	c.Time = fmt.Sprintf("%.3f", c.seconds)
}

func junitRun(j *journal.Journal) *junitProperties {
	return newProperties(
		junitProperty{"run", j.Run.ID}, junitProperty{"cluster", j.Run.Cluster}, junitProperty{"kubernetes", j.Run.Version},
		junitProperty{"kit", j.Run.Kit}, junitProperty{"profile", j.Run.Profile}, junitProperty{"capabilities", strings.Join(j.Run.Capabilities, " ")},
	)
}

// newProperties leaves out those without a value.
func newProperties(all ...junitProperty) *junitProperties {
	kept := &junitProperties{}
	for _, p := range all {
		if p.Value = clean(p.Value); p.Value != "" {
			kept.Properties = append(kept.Properties, p)
		}
	}
	return kept
}

func junitTest(e entry) junitCase {
	class := e.Page.Name
	if e.Rule != "" {
		class += " / " + e.Rule
	}
	test := junitCase{Classname: clean(class), Name: clean(e.ID + ": " + e.Title), Time: fmt.Sprintf("%.3f", e.Result.Seconds)}
	properties := []junitProperty{
		{"id", e.ID},
		{"verdict", string(e.Result.Verdict)},
		{"documentation", e.Page.Link},
		{"source", fmt.Sprintf("features/%s:%d", e.Path, e.Line)},
		{"known", e.Result.Expected},
		{"known.reason", e.Result.ExpectedReason},
		{"known.issue", e.Result.ExpectedIssue},
	}
	for _, need := range e.Values("needs") {
		properties = append(properties, junitProperty{"needs", need})
	}
	for _, file := range e.Result.Evidence {
		properties = append(properties, junitProperty{"attachment", file})
	}
	test.Properties = newProperties(properties...)
	note := &junitNote{Message: clean(e.why()), Type: string(e.Result.Verdict)}
	switch e.Standing {
	case wrong:
		note.Text, test.Failure = junitText(e, e.Hint), note
		test.RerunFailure = junitAttempts(e.Result.Failures, max(len(e.Result.Failures)-1, 0))
	case surprise:
		note.Type, test.Failure = "unexpected-pass", note
	case broken:
		note.Text, test.Error = junitText(e, ""), note
	case undecided:
		test.Skipped = &junitNote{Message: clean(string(e.Result.Verdict) + ": " + e.Result.Why)}
	case excused:
		test.Skipped = &junitNote{Message: note.Message}
	case fine:
		if e.Result.Verdict == verdict.Flaky {
			test.FlakyFailure = junitAttempts(e.Result.Failures, len(e.Result.Failures))
		}
	}
	return test
}

func junitAttempts(failures []string, n int) []junitNote {
	var notes []junitNote
	for _, why := range failures[:n] {
		notes = append(notes, junitNote{Message: clean(why), Type: string(verdict.Failed)})
	}
	return notes
}

// junitText is the step, the whole error and the hint, as far as there are any.
func junitText(e entry, hint string) string {
	var parts []string
	for _, part := range []string{e.step(), e.Result.Error, hint} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return clean(strings.Join(parts, "\n\n"))
}

// clean drops what XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets).
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || (r >= ' ' && r != 0xFFFE && r != 0xFFFF) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, "?"))
}
