package site

import (
	"net/url"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// behaviour is a scenario as it is shown.
type behaviour struct {
	spec.Scenario
	// Href leads to it from the root of the site.
	Href   string
	Result journal.Result
	// Shown is false without a run: there is nothing to say but the text.
	Shown bool
	Lines []line
	// Again marks a row of an outline after the first: it reads the same but for its values.
	Again bool
	// Labels are the tags but the id; Own those of them that do not stand for the whole page.
	Labels   []string
	Own      []string
	Evidence []exhibit
	// base is the command line that runs against the cluster of the run, up to the selection.
	base string
	// Calls is what the scenario asked of the API server.
	Calls []journal.Call
}

// line is a step with what became of it.
type line struct {
	spec.Step
	// Turn marks the first line of a Given, a When, a Then.
	Turn    bool
	State   state
	Seconds float64
	// Error is why the scenario ended here.
	Error string
}

// state is what became of a step.
type state string

const (
	quiet   state = ""        // it held, or nothing ran: nothing to point at
	stopped state = "stopped" // the scenario ended here
	undone  state = "undone"  // the scenario ended before
)

func (b *book) behaviour(s spec.Scenario, feature spec.Feature, q *quota) *behaviour {
	if s.Title == "" {
		s.Title = s.ID
	}
	shown := &behaviour{Scenario: s, Href: href(feature) + "#" + s.ID, Shown: b.results(), base: b.journal.Run.Command}
	for _, tag := range s.Tags {
		if name := strings.TrimPrefix(tag, "@"); !strings.HasPrefix(name, "id:") {
			shown.Labels = append(shown.Labels, name)
			if !slices.Contains(feature.Tags, tag) {
				shown.Own = append(shown.Own, name)
			}
		}
	}
	if b.results() {
		shown.Result = b.journal.Result(s.ID)
		shown.Calls = b.journal.Calls[s.ID]
		shown.Evidence = q.exhibits(b.root, shown.Result.Evidence)
	}
	shown.Lines = lines(s, shown.Result, b.journal.Steps[s.ID])
	return shown
}

// lines joins the steps as written with what became of them.
func lines(s spec.Scenario, result journal.Result, done []journal.Step) []line {
	took := map[int]float64{}
	for _, step := range done {
		took[step.Index] = step.Seconds
	}
	ended := -1
	switch result.Verdict {
	case verdict.Failed, verdict.Error, verdict.Blocked:
		ended = result.FailedStep
	}
	list := make([]line, 0, len(s.Steps))
	for i, step := range s.Steps {
		l := line{Step: step, Seconds: took[i], Turn: i > 0 && step.Phase != s.Steps[i-1].Phase}
		if i > 0 && !l.Turn && step.Keyword == string(step.Phase) {
			l.Keyword = "And" // what follows a Background begins with the same word again
		}
		switch {
		case ended >= 0 && i == ended:
			l.State, l.Error = stopped, result.Error
		case ended >= 0 && i > ended:
			l.State = undone
		}
		list = append(list, l)
	}
	return list
}

// placed is a behaviour with the way from its page to the root of the site.
type placed struct {
	*behaviour
	Root string
}

// In places the behaviour on a page.
func (s *behaviour) In(root string) placed { return placed{s, root} }

// Stopped tells whether the error stands at one of the lines.
func (s *behaviour) Stopped() bool {
	for _, l := range s.Lines {
		if l.State == stopped {
			return true
		}
	}
	return false
}

// Well tells whether the behaviour holds, or nothing is said about it.
func (s *behaviour) Well() bool { return !s.Shown || s.Result.Verdict == verdict.Passed }

// Heading introduces the sentence that says why the behaviour has its verdict.
func (s *behaviour) Heading() string {
	switch s.Result.Verdict {
	case verdict.Failed:
		return "Why it failed."
	case verdict.Flaky:
		return "It passed, but not at once."
	case verdict.Unsupported:
		return "Not supported here."
	case verdict.Blocked:
		return "Why it could not be tried."
	case verdict.Error:
		return "The kit is at fault."
	}
	return "It did not run."
}

// Command runs only this behaviour, against the same cluster where there was a run.
func (s *behaviour) Command() string {
	base := s.base
	if base == "" {
		base = "seatrial run"
	}
	if strings.ContainsAny(s.ID, "[]") {
		return base + " --tags '@id:" + s.ID + "'" // brackets are patterns of the shell
	}
	return base + " --tags @id:" + s.ID
}

// Document is the text below the line.
func (l line) Document() string { return *l.Doc }

// Quick tells that the line took so little time that it need not be said.
func (l line) Quick() bool { return l.Seconds < 0.1 }

// Header is the first row of the table, Body are the others.
func (l line) Header() []string { return l.Table[0] }

// Body lists the rows below the header.
func (l line) Body() [][]string { return l.Table[1:] }

// relative makes the address of a file of the run from its name, which may have any characters.
func relative(name string) string {
	return (&url.URL{Path: name}).EscapedPath()
}
