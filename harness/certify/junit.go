package certify

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// JUnit is the part of Ginkgo's JUnit file that is needed, and written again.
type JUnit struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Disabled int          `xml:"disabled,attr"`
	Errors   int          `xml:"errors,attr"`
	Failures int          `xml:"failures,attr"`
	Time     float64      `xml:"time,attr"`
	Suites   []JUnitSuite `xml:"testsuite"`
}

// JUnitSuite is one run of Ginkgo.
type JUnitSuite struct {
	Name       string          `xml:"name,attr"`
	Package    string          `xml:"package,attr"`
	Tests      int             `xml:"tests,attr"`
	Disabled   int             `xml:"disabled,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Errors     int             `xml:"errors,attr"`
	Failures   int             `xml:"failures,attr"`
	Time       float64         `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []JUnitProperty `xml:"properties>property"`
	Cases      []JUnitCase     `xml:"testcase"`
}

// JUnitProperty is a setting of a run.
type JUnitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// JUnitCase is one test, or a node of the whole suite such as [SynchronizedBeforeSuite].
type JUnitCase struct {
	Name      string     `xml:"name,attr"`
	Classname string     `xml:"classname,attr"`
	Status    string     `xml:"status,attr"`
	Time      float64    `xml:"time,attr"`
	Skipped   *JUnitNote `xml:"skipped"`
	Error     *JUnitNote `xml:"error"`
	Failure   *JUnitNote `xml:"failure"`
	SystemOut string     `xml:"system-out,omitempty"`
	SystemErr string     `xml:"system-err,omitempty"`
}

// JUnitNote says why a test did not pass.
type JUnitNote struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

const (
	leaf       = "[It] "
	suiteTitle = "Kubernetes e2e suite"
)

// ReadJUnit reads a file; the error is fs.ErrNotExist when there is none.
func ReadJUnit(file string) (*JUnit, error) {
	content, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, fmt.Errorf("read JUnit: %w", err)
	}
	j := &JUnit{}
	if err := xml.Unmarshal(content, j); err != nil {
		return nil, fmt.Errorf("read JUnit %q: %w", file, err)
	}
	return j, nil
}

// Conformance returns the conformance tests of the file that ran, under the names of Required.
func (j *JUnit) Conformance() []Test {
	var tests []Test
	for _, suite := range j.Suites {
		for i := range suite.Cases {
			if c := &suite.Cases[i]; strings.Contains(c.Name, conformance) && !c.left() {
				tests = append(tests, c.test())
			}
		}
	}
	return tests
}

// Broken returns the parts of the whole suite that failed, such as its preparation. They are no tests, but nothing runs without them.
func (j *JUnit) Broken() []Test {
	var nodes []Test
	for _, suite := range j.Suites {
		for i := range suite.Cases {
			if c := &suite.Cases[i]; c.ofSuite() && (c.Failure != nil || c.Error != nil) {
				nodes = append(nodes, c.test())
			}
		}
	}
	return nodes
}

func (c *JUnitCase) ofSuite() bool { return !strings.HasPrefix(c.Name, leaf) }

// left tells that the test was not selected, or that the run ended before it.
func (c *JUnitCase) left() bool {
	return c.Skipped != nil && !strings.HasPrefix(c.Skipped.Message, "skipped - ")
}

func (c *JUnitCase) test() Test {
	t := Test{Name: strings.TrimPrefix(c.Name, leaf), State: Passed, Seconds: c.Time}
	note := c.Failure
	switch {
	case c.Failure != nil:
		t.State = Failed
	case c.Error != nil:
		t.State, note = Failed, c.Error
	case c.Skipped != nil:
		t.State = Skipped
		t.Message = strings.TrimPrefix(c.Skipped.Message, "skipped - ")
	}
	if c.Status == "interrupted" || c.Status == "aborted" {
		t.State = Interrupted
	}
	if note != nil {
		t.Message = strings.TrimSpace(note.Message + "\n" + note.Text)
	}
	t.Why = firstLine(t.Message)
	return t
}

// firstLine is the first line of a message that says something, without Ginkgo's mark and with the line below when it is only a heading.
func firstLine(message string) string {
	var found string
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		if _, rest, marked := strings.Cut(line, "] "); marked && strings.HasPrefix(line, "[") && found == "" {
			line = rest
		}
		if line == "" || strings.HasPrefix(line, "In [") {
			continue
		}
		if found += line; !strings.HasSuffix(found, ":") {
			break
		}
		found += " "
	}
	return strings.TrimSpace(found)
}

// reduce keeps the conformance tests that ran, and what failed of the suite itself: the rest of the 7,000 says only that it did not run.
func (j *JUnit) reduce() {
	for i := range j.Suites {
		suite := &j.Suites[i]
		kept := suite.Cases[:0]
		for _, c := range suite.Cases {
			if strings.Contains(c.Name, conformance) && !c.left() || c.ofSuite() && (c.Failure != nil || c.Error != nil) {
				kept = append(kept, c)
			}
		}
		suite.Cases = kept
	}
}

// merge adds the tests of a later run to the first suite. What ran again counts as it ended last.
func (j *JUnit) merge(later *JUnit) {
	if len(j.Suites) == 0 {
		j.Suites = later.Suites
		return
	}
	first := &j.Suites[0]
	at := make(map[string]int, len(first.Cases))
	for i, c := range first.Cases {
		at[c.Name] = i
	}
	for _, suite := range later.Suites {
		first.Time += suite.Time
		for _, c := range suite.Cases {
			if i, known := at[c.Name]; known {
				first.Cases[i] = c
				continue
			}
			at[c.Name] = len(first.Cases)
			first.Cases = append(first.Cases, c)
		}
	}
}

// add appends tests that only a log knows, since the run ended before its JUnit file was written.
func (j *JUnit) add(tests []Test) {
	if len(tests) == 0 {
		return
	}
	var later JUnitSuite
	for _, t := range tests {
		c := JUnitCase{Name: leaf + t.Name, Classname: suiteTitle, Status: string(t.State), Time: t.Seconds}
		switch t.State {
		case Passed:
		case Skipped:
			c.Skipped = &JUnitNote{Message: "skipped - " + t.Why}
		default:
			c.Failure = &JUnitNote{Type: string(t.State), Text: t.Why}
		}
		later.Cases = append(later.Cases, c)
	}
	if len(j.Suites) == 0 {
		j.Suites = []JUnitSuite{{Name: suiteTitle}}
	}
	j.merge(&JUnit{Suites: []JUnitSuite{later}})
}

// write counts again and writes the file.
func (j *JUnit) write(file string) error {
	j.Tests, j.Disabled, j.Errors, j.Failures, j.Time = 0, 0, 0, 0, 0
	for i := range j.Suites {
		s := &j.Suites[i]
		s.Tests, s.Disabled, s.Skipped, s.Errors, s.Failures = len(s.Cases), 0, 0, 0, 0
		for _, c := range s.Cases {
			switch {
			case c.Failure != nil:
				s.Failures++
			case c.Error != nil:
				s.Errors++
			case c.Skipped != nil:
				s.Skipped++
			}
		}
		j.Tests += s.Tests
		j.Disabled += s.Skipped
		j.Errors += s.Errors
		j.Failures += s.Failures
		j.Time += s.Time
	}
	body, err := xml.MarshalIndent(j, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	if err := os.WriteFile(file, append([]byte(xml.Header), append(body, '\n')...), 0o644); err != nil { //nolint:gosec // a report, for all to read
		return fmt.Errorf("write JUnit: %w", err)
	}
	return nil
}

// isMissing tells that a file is not there.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
