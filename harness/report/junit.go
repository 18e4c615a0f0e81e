package report

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Classname  string           `xml:"classname,attr"`
	Name       string           `xml:"name,attr"`
	Time       string           `xml:"time,attr"`
	Properties *junitProperties `xml:"properties,omitempty"`
	Failure    *junitNote       `xml:"failure,omitempty"`
	Error      *junitNote       `xml:"error,omitempty"`
	Skipped    *junitNote       `xml:"skipped,omitempty"`
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

// JUnit writes the run as JUnit XML: a suite for each page, the class is page and rule. What could not be judged is skipped with its
// reason; an error is one of the kit.
func JUnit(j *journal.Journal) ([]byte, error) {
	all := junitSuites{Name: "seatrial " + j.Run.ID}
	seconds := 0.0
	for _, page := range j.Pages {
		suite, spent := junitPage(j, page)
		if suite.Tests == 0 {
			continue
		}
		all.Suites = append(all.Suites, suite)
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Errors += suite.Errors
		all.Skipped += suite.Skipped
		seconds += spent
	}
	all.Time = fmt.Sprintf("%.3f", seconds)
	body, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write JUnit: %w", err)
	}
	return append([]byte(xml.Header), append(body, '\n')...), nil
}

func junitPage(j *journal.Journal, page spec.Feature) (junitSuite, float64) {
	suite := junitSuite{Name: page.Name, Timestamp: j.Begin.UTC().Format(time.RFC3339)}
	seconds := 0.0
	for _, rule := range page.Rules {
		for _, s := range rule.Scenarios {
			if !j.Selected(s.ID) {
				continue
			}
			result := j.Result(s.ID)
			test := junitScenario(s, page, result)
			suite.Tests++
			switch {
			case test.Failure != nil:
				suite.Failures++
			case test.Error != nil:
				suite.Errors++
			case test.Skipped != nil:
				suite.Skipped++
			}
			seconds += result.Seconds
			suite.Cases = append(suite.Cases, test)
		}
	}
	suite.Time = fmt.Sprintf("%.3f", seconds)
	return suite, seconds
}

func junitScenario(s spec.Scenario, page spec.Feature, result journal.Result) junitCase {
	test := junitCase{Classname: page.Name + " / " + s.Rule, Name: s.ID + ": " + s.Title, Time: fmt.Sprintf("%.3f", result.Seconds)}
	test.Properties = &junitProperties{[]junitProperty{
		{"id", s.ID}, {"documentation", page.Link}, {"verdict", string(result.Verdict)}, {"source", fmt.Sprintf("features/%s:%d", s.Path, s.Line)},
	}}
	note := &junitNote{Message: clean(result.Why), Type: string(result.Verdict)}
	switch result.Verdict {
	case verdict.Failed:
		note.Text = clean(stepLine(s, result) + "\n" + result.Error + "\n\n" + s.Hint)
		test.Failure = note
	case verdict.Error:
		note.Text = clean(stepLine(s, result) + "\n" + result.Error)
		test.Error = note
	case verdict.Unsupported, verdict.Blocked, verdict.NotRun:
		test.Skipped = &junitNote{Message: clean(string(result.Verdict) + ": " + result.Why)}
	}
	return test
}

func stepLine(s spec.Scenario, result journal.Result) string {
	if result.FailedStep < 0 || result.FailedStep >= len(s.Steps) {
		return ""
	}
	return s.Steps[result.FailedStep].Keyword + " " + s.Steps[result.FailedStep].Text
}

// clean drops what XML cannot hold.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || (r >= ' ' && r != 0xFFFE && r != 0xFFFF) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, "?"))
}
