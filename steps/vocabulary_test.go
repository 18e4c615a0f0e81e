package steps_test

import (
	"testing"
	"time"

	"github.com/seatrial/seatrial/steps"
)

func TestMatchUnderstandsALine(t *testing.T) {
	vocabulary := steps.NewVocabulary()
	for line, want := range map[string]struct {
		sentence, bound string
		span            time.Duration
		text            bool
	}{
		`a Pod "web":`:                                       {sentence: "{article} {kind} {name}", text: true},
		`an Event "x"`:                                       {sentence: "{article} {kind} {name}"},
		`a ready Pod "web"`:                                  {sentence: "a ready {kind} {name}"},
		`I try to create Pod "web":`:                         {sentence: "I {try?}create {kind} {name}", text: true},
		`I create Pod "web"`:                                 {sentence: "I {try?}create {kind} {name}"},
		`within 30 seconds, Pod "web" matches:`:              {sentence: "{kind} {name} {match}", bound: "within", span: 30 * time.Second, text: true},
		`for 3 seconds, Pod "web" keeps matching:`:           {sentence: "{kind} {name} {match}", bound: "for", span: 3 * time.Second, text: true},
		`as before, Pod "web" does not exist`:                {sentence: "{kind} {name} {absent}", bound: "as before"},
		`for 1 minute, Pod "web" is gone`:                    {sentence: "{kind} {name} {absent}", bound: "for", span: time.Minute},
		`status.phase of Pod "web" is "Running"`:             {sentence: "{field} of {kind} {name} is {value}"},
		`metadata.labels['a.b/c'] of Pod "web" is "d"`:       {sentence: "{field} of {kind} {name} is {value}"},
		`I run "sh -c 'exit 3'" in container "a" of Pod "b"`: {sentence: "I {try?}run {command} in[ container {container} of] Pod {name}"},
		`Pod "a" gets each of "b", "c" and "d" from "http://web"`: {
			sentence: "Pod {name} gets each of {names} from {url}",
		},
		`user "jane" may not delete pods`: {sentence: "user {user}[ in group {group}] {may} {verb} {resource}[ in Namespace {namespace}]"},
	} {
		matches := vocabulary.Match(line, want.text, false)
		if len(matches) != 1 {
			t.Errorf("%s: %d matches, want 1", line, len(matches))
			continue
		}
		if m := matches[0]; m.Step.Sentence != want.sentence || m.Bound != want.bound || m.Span != want.span {
			t.Errorf("%s: got %q %q %v", line, m.Step.Sentence, m.Bound, m.Span)
		}
	}
}

func TestMatchRefusesALine(t *testing.T) {
	vocabulary := steps.NewVocabulary()
	for _, line := range []string{
		`as before, I create Pod "web"`,                // an action is never as before
		`I make a Pod "web"`,                           // no sentence
		`within 5 seconds, I create Pod "web"`,         // an action has no bound
		`within 5 seconds, it is refused with 403 Bad`, // what is settled has none either
		`within five seconds, Pod "web" exists`,        // a bound is a number
		`Pod "web" matches`,                            // the text is missing
		`a pod "web"`,                                  // kinds begin with a capital
		`I send FETCH "/api"`,                          // no method
	} {
		if matches := vocabulary.Match(line, false, false); len(matches) != 0 {
			t.Errorf("%s: matches %q", line, matches[0].Step.Sentence)
		}
	}
}

func TestOnlyWhatHoldsForAWhileKeepsMatching(t *testing.T) {
	vocabulary := steps.NewVocabulary()
	for _, line := range []string{`for 3 seconds, Pod "web" matches:`, `Pod "web" keeps matching:`, `within 3 seconds, Pod "web" keeps matching:`} {
		if matches := vocabulary.Match(line, true, false); len(matches) != 0 {
			t.Errorf("%s: matches %q", line, matches[0].Step.Sentence)
		}
	}
}

func TestEverySentenceIsDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, step := range steps.NewVocabulary().Steps {
		if step.Doc == "" {
			t.Errorf("%q has no doc", step.Sentence)
		}
		if seen[step.Sentence] {
			t.Errorf("%q is there twice", step.Sentence)
		}
		seen[step.Sentence] = true
	}
	if n := len(seen); n < 40 || n > 100 {
		t.Errorf("the vocabulary has %d sentences, want 40 to 100", n)
	}
}
