// Package steps is the vocabulary of the feature files: a closed table of sentences, and what each does to or asks of a cluster.
package steps

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/seatrial/seatrial/steps/wait"
)

// Phase is where in a scenario a sentence belongs.
type Phase string

// The phases of sentences. A Given may use any of them: the world it describes has been acted on and has settled.
const (
	// Setup makes the world and waits until it has settled.
	Setup Phase = "setup"
	// Action does the one thing that the scenario is about.
	Action Phase = "action"
	// Outcome observes. "within 30 seconds, " before it waits until it holds; "for 5 seconds, " demands that it holds all that time; "as
	// before, " says that it holds, and did so before the When.
	Outcome Phase = "outcome"
)

// Argument tells what stands below a sentence.
type Argument string

// The arguments of sentences.
const (
	NoArgument  Argument = ""
	MayHaveText Argument = "optional text"
	Text        Argument = "text"
	Table       Argument = "table"
)

// Step is one sentence of the vocabulary. Words in braces are parameters, parts in brackets may be left out.
type Step struct {
	Sentence string
	Phase    Phase
	Argument Argument
	// Doc says what the sentence does, for the phrase book.
	Doc string

	do      func(ctx context.Context, w *World, a Args) error
	observe func(ctx context.Context, w *World, a Args) (wait.Observer, error)
	// settled marks an outcome about something that the When has left, an answer or an output: waiting cannot change it, and before the
	// When it is not there, so that it is never true too early.
	settled bool
	pattern *regexp.Regexp
}

// Vocabulary is the closed table of sentences.
type Vocabulary struct{ Steps []*Step }

// NewVocabulary makes the table.
func NewVocabulary() *Vocabulary {
	v := &Vocabulary{}
	for _, group := range [][]Step{
		objectSteps(), writeSteps(), readSteps(), watchSteps(), podSteps(), proxySteps(), userSteps(), certificateSteps(), programSteps(),
		objectOutcomes(), answerOutcomes(), podOutcomes(), networkOutcomes(), accessOutcomes(),
	} {
		for i := range group {
			group[i].pattern = compile(group[i].Sentence)
			v.Steps = append(v.Steps, &group[i])
		}
	}
	return v
}

// Match is a sentence of a feature file, understood.
type Match struct {
	Step *Step
	// Bound is "within", "for", "as before" or empty, and Span the time that goes with it.
	Bound  string
	Span   time.Duration
	values map[string]string
}

// Match finds the steps that a line means. A line of a good feature file means exactly one.
func (v *Vocabulary) Match(line string, hasText, hasTable bool) []Match {
	line = strings.TrimSuffix(line, ":")
	bound, span, rest := cutBound(line)
	var found []Match
	for _, step := range v.Steps {
		text := rest
		if step.Phase != Outcome || step.settled {
			if bound != "" {
				continue
			}
			text = line
		}
		groups := step.pattern.FindStringSubmatch(text)
		if groups == nil || !step.Argument.fits(hasText, hasTable) {
			continue
		}
		values := named(step.pattern, groups)
		if keeps := values["match"] == "keeps matching"; values["match"] != "" && keeps != (bound == "for") {
			continue // what matches for a while keeps matching
		}
		found = append(found, Match{Step: step, Bound: bound, Span: span, values: values})
	}
	return found
}

func (a Argument) fits(hasText, hasTable bool) bool {
	switch a {
	case NoArgument:
		return !hasText && !hasTable
	case Text:
		return hasText
	case Table:
		return hasTable
	}
	return !hasTable
}

func named(pattern *regexp.Regexp, groups []string) map[string]string {
	values := map[string]string{}
	for i, name := range pattern.SubexpNames() {
		if name != "" && groups[i] != "" {
			values[name] = groups[i]
		}
	}
	return values
}

// compile makes a sentence's expression: {name} is a parameter, {name?} one that may be missing, [part] a part that may be missing.
func compile(sentence string) *regexp.Regexp {
	forms := parameters()
	text := strings.NewReplacer("[", "(?:", "]", ")?", ".", `\.`).Replace(sentence)
	text = placeholder.ReplaceAllStringFunc(text, func(parameter string) string {
		name := strings.Trim(parameter, "{}?")
		form, ok := forms[name]
		if !ok || form.pattern == "" {
			return fmt.Sprintf(`"(?P<%s>[^"]*)"`, name)
		}
		expression := fmt.Sprintf(`(?P<%s>%s)`, name, form.pattern)
		if strings.HasSuffix(parameter, "?}") {
			expression += "?"
		}
		return expression
	})
	return regexp.MustCompile("^" + text + "$")
}

// cutBound takes the time bound off the front of a line.
func cutBound(line string) (bound string, span time.Duration, rest string) {
	if rest, ok := strings.CutPrefix(line, "as before, "); ok {
		return "as before", 0, rest
	}
	head, rest, ok := strings.Cut(line, ", ")
	words := strings.Fields(head)
	if !ok || len(words) != 3 || (words[0] != "within" && words[0] != "for") {
		return "", 0, line
	}
	n, err := strconv.Atoi(words[1])
	unit := map[string]time.Duration{"second": time.Second, "minute": time.Minute}[strings.TrimSuffix(words[2], "s")]
	if err != nil || unit == 0 {
		return "", 0, line
	}
	return words[0], time.Duration(n) * unit, rest
}

// Notes is the name of the variable that the line sets, if it sets one.
func (m Match) Notes() string { return m.values["variable"] }

// Kind is the kind of object that the line speaks of; empty if of none.
func (m Match) Kind() string { return m.values["kind"] }

// Pattern is the regular expression that a line of this sentence fits, without its time bound and its colon.
func (s *Step) Pattern() string { return s.pattern.String() }

// Bounded reports whether the sentence may have a time bound.
func (s *Step) Bounded() bool { return s.Phase == Outcome && !s.settled }
