package certify

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// State is how a test ended.
type State string

// The states of tests.
const (
	Passed      State = "passed"
	Failed      State = "failed"
	Skipped     State = "skipped" // by itself, while it ran: the cluster lacks something
	Interrupted State = "interrupted"
	NotRun      State = "not-run"
)

// Test is what is known of one test.
type Test struct {
	Name    string  `json:"name"`
	State   State   `json:"state"`
	Seconds float64 `json:"seconds,omitempty"`
	// Why is the first line of the message for everything but passed.
	Why string `json:"why,omitempty"`
	// Message is all that the test said about it.
	Message string `json:"message,omitempty"`
}

// Suite is one run of Ginkgo in a log.
type Suite struct {
	Procs   int // 1 when it says nothing else
	WillRun int
	Ran     int
	Passed  int
	Failed  int
	Seconds float64
	Ended   bool // its summary is there
	Success bool
}

// Log follows what ginkgo -v prints, line by line, while it runs or later from a file. Ginkgo prints each test at its end when tests run
// side by side, and its name first when they do not; Log understands both.
type Log struct {
	// Server and Tests are the versions that the suite says: those of the cluster and of e2e.test.
	Server string
	Tests  string
	Suites []Suite

	names    map[string]bool
	after    bool   // the last line was a delimiter
	running  string // the test whose lines stream
	ended    *Test  // the test whose block is being read
	awaiting bool   // the next line names the test of ended
}

// NewLog returns a Log that knows these tests; it ignores all others.
func NewLog(names []string) *Log {
	l := &Log{names: make(map[string]bool, len(names))}
	for _, name := range names {
		l.names[name] = true
	}
	return l
}

const delimiter = "------------------------------"

var (
	// "• [1.234 seconds]", "• [FAILED] [1.234 seconds]", "S [SKIPPED] [0.044 seconds]"; the bullet is another one on Windows and for flakes.
	headerPattern = regexp.MustCompile(`^(?:•|\+|↺|R|S) (?:\[([^\[\]]+)\] )?\[([0-9.]+) seconds\]$`)
	labelsPattern = regexp.MustCompile(` \[[^\[\]]*\]$`)
	nodePattern   = regexp.MustCompile(`\[(?:It|(?:Just)?(?:Before|After)(?:Each|All)|DeferCleanup \((?:Each|All)\)|Report(?:Before|After)Each)\]`)
	reasonPattern = regexp.MustCompile(`^  \[(FAILED|TIMEDOUT|PANICKED|INTERRUPTED|ABORTED|SKIPPED)\] (.*)$`)
	willRun       = regexp.MustCompile(`^Will run ([0-9]+) of [0-9]+ specs$`)
	parallel      = regexp.MustCompile(`^Running in parallel across ([0-9]+) processes$`)
	ranPattern    = regexp.MustCompile(`^Ran ([0-9]+) of [0-9]+ Specs in ([0-9.]+) seconds$`)
	endPattern    = regexp.MustCompile(`^(SUCCESS!|FAIL!)(?: - .*)? -- ([0-9]+) Passed \| ([0-9]+) Failed \|`)
	serverPattern = regexp.MustCompile(`kube-apiserver version: (\S+)$`)
	testsPattern  = regexp.MustCompile(`e2e test version: (\S+)$`)
)

// Add reads one line, without its end. It returns the test that has ended with this line, or nil.
func (l *Log) Add(line string) *Test {
	after := l.after
	l.after = line == delimiter
	switch {
	case l.awaiting:
		l.awaiting = false
		return l.named(line)
	case line == delimiter:
		return l.flush()
	case after:
		l.running = l.name(line) // empty when it is no test
		if l.running != "" {
			return nil
		}
	case l.ended != nil && l.ended.Why == "":
		if match := reasonPattern.FindStringSubmatch(line); match != nil && !strings.HasPrefix(match[2], "in [") {
			l.ended.Why = strings.TrimSpace(match[2])
		}
	}
	if match := headerPattern.FindStringSubmatch(line); match != nil {
		return l.header(match[1], match[2])
	}
	l.suite(line)
	return nil
}

// Running names the test whose lines are being printed; empty when tests run side by side, since then nothing tells.
func (l *Log) Running() string { return l.running }

// header reads the line that tells how a test ended.
func (l *Log) header(word, seconds string) *Test {
	duration, _ := strconv.ParseFloat(seconds, 64) // the pattern took care
	l.ended = &Test{Name: l.running, State: stateOf(word), Seconds: duration}
	if l.running == "" {
		l.awaiting = true
		return nil
	}
	l.running = ""
	if l.ended.State == Passed {
		return l.flush()
	}
	return nil
}

// named reads the line behind a header, which has the name.
func (l *Log) named(line string) *Test {
	l.ended.Name = l.name(line)
	switch {
	case l.ended.Name == "":
		l.ended = nil
	case l.ended.State == Passed:
		return l.flush()
	}
	return nil
}

// flush gives the ended test away once.
func (l *Log) flush() *Test {
	ended := l.ended
	l.ended = nil
	return ended
}

func stateOf(word string) State {
	switch {
	case word == "", strings.HasPrefix(word, "FLAKEY TEST"):
		return Passed
	case word == "SKIPPED":
		return Skipped
	case word == "INTERRUPTED", word == "ABORTED":
		return Interrupted
	}
	return Failed
}

// name finds the test that a line names: its texts, where the node that failed may stand in between, and its labels at the end.
func (l *Log) name(line string) string {
	line = labelsPattern.ReplaceAllString(line, "")
	if l.names[line] {
		return line
	}
	for _, at := range nodePattern.FindAllStringIndex(line, -1) {
		without := strings.TrimSpace(strings.TrimSuffix(line[:at[0]], " ") + " " + strings.TrimPrefix(line[at[1]:], " "))
		if without = strings.TrimPrefix(without, "TOP-LEVEL "); l.names[without] {
			return without
		}
	}
	return ""
}

// suite reads what is about the whole run.
func (l *Log) suite(line string) {
	if match := willRun.FindStringSubmatch(line); match != nil {
		l.Suites = append(l.Suites, Suite{Procs: 1, WillRun: number(match[1])})
		return
	}
	if match := serverPattern.FindStringSubmatch(line); match != nil {
		l.Server = match[1]
	}
	if match := testsPattern.FindStringSubmatch(line); match != nil {
		l.Tests = match[1]
	}
	if len(l.Suites) == 0 {
		return
	}
	s := &l.Suites[len(l.Suites)-1]
	if match := parallel.FindStringSubmatch(line); match != nil {
		s.Procs = number(match[1])
	}
	if match := ranPattern.FindStringSubmatch(line); match != nil {
		s.Ran, s.Ended = number(match[1]), true
		s.Seconds, _ = strconv.ParseFloat(match[2], 64)
	}
	if match := endPattern.FindStringSubmatch(line); match != nil {
		s.Success, s.Passed, s.Failed = match[1] == "SUCCESS!", number(match[2]), number(match[3])
	}
}

// number reads digits that a pattern has found.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// byName sorts tests by their names.
func byName(tests []Test) {
	slices.SortFunc(tests, func(a, b Test) int { return strings.Compare(a.Name, b.Name) })
}
