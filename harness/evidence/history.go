package evidence

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/seatrial/seatrial/steps/wait"
)

// lastSeen tells what was observed over time when nothing else explains it: "status.readyReplicas was 0 for 12 s, then 2, never 3".
func lastSeen(e Evidence) Cause {
	var waited *wait.Failure
	if !errors.As(e.Failure, &waited) || len(waited.History) == 0 {
		return Cause{}
	}
	want, spans := series(waited)
	if len(spans) == 0 || want.path == "" && len(spans) == 1 {
		return Cause{} // the error says as much
	}
	text := "What was seen was:"
	if want.path != "" {
		text = want.path
		if len(e.About) > 0 && e.About[0].Name != "" {
			text += fmt.Sprintf(" of %s %q", e.About[0].Kind, e.About[0].Name)
		}
		text += " was"
	}
	text += tell(spans)
	if want.value != "" && strings.HasPrefix(waited.Bound, "within") {
		text += ", never " + want.value
	} else if want.value != "" {
		text += ", not " + want.value
	}
	return Cause{Sentence: text + "."}
}

// wanted is what a wait was for.
type wanted struct{ path, value string }

// span is a value and how long it was seen.
type span struct {
	value  string
	lasted time.Duration
}

// The observations of the kit's own sentences.
var (
	wantGot = regexp.MustCompile(`^([\w.\[\]'/-]+): want (.+), got (.+)$`)
	isWant  = regexp.MustCompile(`^([\w.\[\]'/-]+) is "([^"]*)", want "([^"]*)"$`)
	isOf    = regexp.MustCompile(`^([\w.]+) is (\d+) of (\d+)$`)
	thereIs = regexp.MustCompile(`^there are (\d+), want ((?:exactly|at least|at most) \d+)`)
)

// one understands a part of an observation.
func one(text string) (path, value, want string) {
	for i, pattern := range []*regexp.Regexp{wantGot, isWant, isOf, thereIs} {
		m := pattern.FindStringSubmatch(text)
		switch {
		case m == nil:
		case i == 0:
			return m[1], m[3], m[2]
		case i == 3:
			return "the number of objects", m[1], m[2]
		default:
			return m[1], quoted(m[2]), quoted(m[3])
		}
	}
	return "", text, ""
}

func quoted(text string) string {
	if text == "" {
		return "empty"
	}
	return text
}

// series follows over time what the last observation found wrong first.
func series(waited *wait.Failure) (wanted, []span) {
	first, _, _ := strings.Cut(waited.Last, "; ")
	path, _, value := one(first)
	goal := wanted{path, value}
	end := waited.History[len(waited.History)-1].After
	if _, bound, ok := strings.Cut(waited.Bound, "within "); ok {
		if limit, err := time.ParseDuration(bound); err == nil {
			end = max(end, limit)
		}
	}
	var spans []span
	for i, seen := range waited.History {
		until := end
		if i+1 < len(waited.History) {
			until = waited.History[i+1].After
		}
		now := at(seen.What, goal)
		if n := len(spans); n > 0 && spans[n-1].value == now {
			spans[n-1].lasted += until - seen.After
			continue
		}
		spans = append(spans, span{now, until - seen.After})
	}
	return goal, spans
}

// at reads the value that an observation tells of the path. An observation that finds nothing wrong with the path saw the wanted value.
func at(seen string, goal wanted) string {
	switch {
	case goal.path == "":
		return sentence(seen)
	case seen == "as wanted":
		return goal.value
	}
	for part := range strings.SplitSeq(seen, "; ") {
		p, value, _ := one(part)
		if p == goal.path {
			return value
		}
		if p == "" {
			return "unknown (" + sentence(part) + ")"
		}
	}
	return goal.value
}

// tell writes the spans; of many, the first and the last ones.
func tell(spans []span) string {
	const shown = 5
	var text strings.Builder
	for i, s := range spans {
		if len(spans) > shown && i >= 2 && i < len(spans)-2 {
			if i == 2 {
				text.WriteString(", then others")
			}
			continue
		}
		if i > 0 {
			text.WriteString(", then")
		}
		text.WriteString(" " + s.value)
		if s.lasted >= 100*time.Millisecond {
			fmt.Fprintf(&text, " for %s", s.lasted.Round(100*time.Millisecond))
		}
	}
	return text.String()
}
