package certify

import (
	"errors"
	"fmt"
	"slices"
)

func (s *submission) logMatchesFolder() (Status, []string) {
	switch {
	case s.log.Server == "":
		return Violated, []string{"e2e.log does not tell the version of the cluster: its beginning is missing"}
	case Minor(s.log.Server) != s.minor:
		return Violated, []string{fmt.Sprintf("e2e.log is of Kubernetes %s, the version of the folder is %q", s.log.Server, s.minor)}
	case s.log.Tests != "" && Minor(s.log.Tests) != s.minor:
		return Violated, []string{fmt.Sprintf("e2e.log is of the tests of %s, the version of the folder is %q", s.log.Tests, s.minor)}
	}
	return Kept, nil
}

// supported is how many minor versions before the newest one count.
const supported = 2

func (s *submission) isSupported() (Status, []string) {
	known := Versions()
	newest := known[len(known)-1]
	switch i := slices.Index(known, s.minor); {
	case s.minor == "":
		return Violated, []string{"the folder names no version"}
	case i >= 0 && i >= len(known)-1-supported, i < 0 && s.minor > newest:
		return NotChecked, []string{fmt.Sprintf("the newest version is not known offline; that this program knows is %s", newest)}
	}
	return Violated, []string{fmt.Sprintf("%s is too old: %s is there", s.minor, newest)}
}

func (s *submission) hasRequiredTests() (Status, []string) {
	required, err := Required(s.minor)
	if errors.Is(err, ErrUnknownVersion) && s.minor != "" {
		return NotChecked, []string{err.Error()}
	}
	if err != nil {
		return Violated, []string{err.Error()}
	}
	var passed []string
	for _, t := range s.junit.Conformance() {
		if t.State == Passed {
			passed = append(passed, t.Name)
		}
	}
	lacks := missing(required, passed)
	if len(lacks) == 0 {
		return Kept, nil
	}
	return Violated, listed(fmt.Sprintf("%d of %d tests are missing or did not pass:", len(lacks), len(required)), lacks)
}

func (s *submission) testsPass() (Status, []string) {
	var failed []string
	all := s.junit.Conformance()
	for _, t := range slices.Concat(all, s.junit.Broken()) {
		if t.State == Failed || t.State == Interrupted {
			failed = append(failed, t.Name)
		}
	}
	switch {
	case len(all) == 0:
		return Violated, []string{"junit_01.xml has no conformance test that ran"}
	case len(failed) > 0:
		return Violated, listed(fmt.Sprintf("%d tests failed:", len(failed)), failed)
	}
	return Kept, nil
}

func (s *submission) logIsComplete() (Status, []string) {
	var details []string
	if len(s.log.Suites) == 0 {
		return Violated, []string{"e2e.log is no output of ginkgo, or its beginning is missing"}
	}
	if len(s.log.Suites) > 1 {
		details = append(details, fmt.Sprintf("e2e.log has %d runs of ginkgo", len(s.log.Suites)))
	}
	for _, suite := range s.log.Suites {
		switch {
		case !suite.Ended:
			details = append(details, `the end of a run is missing: there is no line "Ran N of M Specs"`)
		case suite.Ran < suite.WillRun:
			details = append(details, fmt.Sprintf("a run was to run %d tests and ran %d", suite.WillRun, suite.Ran))
		}
		if suite.Ended && (!suite.Success || suite.Failed > 0) {
			details = append(details, fmt.Sprintf("ginkgo says that it failed: %d passed, %d failed", suite.Passed, suite.Failed))
		}
	}
	required, err := Required(s.minor)
	if err != nil {
		return verdictOf(details)
	}
	var passed []string
	for _, t := range s.logged {
		if t.State == Passed {
			passed = append(passed, t.Name)
		}
	}
	if lacks := missing(required, passed); len(lacks) > 0 {
		details = append(details, listed(fmt.Sprintf("%d of %d tests are not in e2e.log, or did not pass there:", len(lacks), len(required)), lacks)...)
	}
	return verdictOf(details)
}

func (s *submission) logMatchesJUnit() (Status, []string) {
	reported := map[string]State{}
	for _, t := range s.junit.Conformance() {
		reported[t.Name] = t.State
	}
	var onlyLog, differ []string
	logged := map[string]State{}
	for _, t := range s.logged {
		logged[t.Name] = t.State // the last one counts when a test ran again
	}
	for name, state := range logged {
		switch other, there := reported[name]; {
		case !there && state != Interrupted:
			onlyLog = append(onlyLog, name)
		case there && other != state:
			differ = append(differ, fmt.Sprintf("%s: %s in e2e.log, %s in junit_01.xml", name, state, other))
		}
	}
	var onlyJUnit []string
	for name := range reported {
		if _, there := logged[name]; !there {
			onlyJUnit = append(onlyJUnit, name)
		}
	}
	var details []string
	for _, kind := range []struct {
		heading string
		names   []string
	}{{"are only in e2e.log", onlyLog}, {"are only in junit_01.xml", onlyJUnit}, {"ended in two ways", differ}} {
		if len(kind.names) > 0 {
			slices.Sort(kind.names)
			details = append(details, listed(fmt.Sprintf("%d tests %s:", len(kind.names), kind.heading), kind.names)...)
		}
	}
	if len(reported) == 0 && len(logged) == 0 {
		details = append(details, "neither has a conformance test")
	}
	return verdictOf(details)
}

// listed puts a few names under a heading and counts the others.
func listed(heading string, names []string) []string {
	const few = 5
	details := []string{heading}
	for _, name := range names[:min(few, len(names))] {
		details = append(details, "  "+name)
	}
	if len(names) > few {
		details = append(details, fmt.Sprintf("  and %d more", len(names)-few))
	}
	return details
}
