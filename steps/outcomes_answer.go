package steps

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
	"github.com/seatrial/seatrial/steps/wait"
)

// answerOutcomes are about the answer to the last request, the output of the last command, and the watch that runs.
func answerOutcomes() []Step {
	return []Step{
		{
			Sentence: `it is refused with {code}[ {reason}]`, Phase: Outcome, settled: true,
			observe: ofAnswer(refusedAs),
			Doc:     "The last request was refused with this HTTP status, and this reason if one is named.",
		},
		{
			Sentence: `it is accepted`, Phase: Outcome, settled: true, observe: ofAnswer(accepted),
			Doc: "The last request was not refused.",
		},
		{
			Sentence: `the message contains {text}`, Phase: Outcome, settled: true, observe: ofAnswer(messageContains),
			Doc: "The message that came with the refusal contains the text.",
		},
		{
			Sentence: `the answer warns of {text}`, Phase: Outcome, settled: true, observe: ofAnswer(warnsOf),
			Doc: "One of the warnings that came with the last answer contains the text.",
		},
		{
			Sentence: `the answer matches`, Phase: Outcome, Argument: Text, settled: true, observe: ofAnswer(answerMatches),
			Doc: "The object in the last answer has at least these fields.",
		},
		{
			Sentence: `the answer is {text}`, Phase: Outcome, settled: true, observe: ofAnswer(answerIs),
			Doc: "The last answer is this text, apart from white space around it.",
		},
		{
			Sentence: `the answer contains {text}`, Phase: Outcome, settled: true, observe: ofAnswer(answerContains),
			Doc: "The last answer contains the text.",
		},
		{
			Sentence: `the answer lists {names}`, Phase: Outcome, settled: true, observe: ofAnswer(answerLists),
			Doc: "The list in the last answer holds the objects of these names and no others, in any order.",
		},
		{
			Sentence: `the answer lists nothing`, Phase: Outcome, settled: true, observe: ofAnswer(answerLists),
			Doc: "The list in the last answer is empty.",
		},
		{
			Sentence: `the output is {text}`, Phase: Outcome, settled: true, observe: ofOutput(outputIs),
			Doc: "The last command wrote this text, apart from white space around it.",
		},
		{
			Sentence: `the output contains {text}`, Phase: Outcome, settled: true, observe: ofOutput(outputContains),
			Doc: "What the last command wrote contains the text.",
		},
		{
			Sentence: `the output has the line {text}`, Phase: Outcome, settled: true, observe: ofOutput(outputHasLine),
			Doc: "One line of what the last command wrote is this text, apart from white space around it.",
		},
		{
			Sentence: `the command fails with exit code {code}`, Phase: Outcome, settled: true, observe: ofOutput(exitCodeIs),
			Doc: "The last command ended with this exit code.",
		},
		{
			Sentence: `GET {path}[ accepting {type}] is answered with`, Phase: Outcome, Argument: Text, observe: getIsAnswered,
			Doc: "A GET request is answered with an object that has at least these fields. A refusal is an object of the kind Status.",
		},
	}
}

// ofAnswer makes an outcome of a check of the last answer.
func ofAnswer(check func(client.Answer, Args) error) func(context.Context, *World, Args) (wait.Observer, error) {
	return func(_ context.Context, w *World, a Args) (wait.Observer, error) {
		if w.answer == nil {
			return nil, broken("%w", errNoAnswer)
		}
		return wait.Value(check(*w.answer, a)), nil
	}
}

func accepted(answer client.Answer, _ Args) error {
	if answer.Refused() {
		return wait.Notf("it is %s", answer)
	}
	return nil
}

func messageContains(answer client.Answer, a Args) error {
	message := answer.Status().Message
	return contains("the message", message, a.get("text"))
}

func warnsOf(answer client.Answer, a Args) error {
	if len(answer.Warnings) == 0 {
		return wait.Notf("the answer has no warning")
	}
	return contains("the warning", strings.Join(answer.Warnings, "; "), a.get("text"))
}

func contains(what, got, want string) error {
	if strings.Contains(got, want) {
		return nil
	}
	return wait.Notf("%s is %.600q, want it to contain %q", what, got, want)
}

func answerMatches(answer client.Answer, a Args) error {
	var want any
	if err := yaml.Unmarshal([]byte(a.text), &want); err != nil {
		return broken("read the YAML of the step: %w", err)
	}
	if answer.Refused() {
		if object, ok := want.(map[string]any); !ok || object["kind"] != "Status" {
			return wait.Notf("it is %s", answer)
		}
	}
	return mismatch(want, answer.Object)
}

// getIsAnswered asks with the rights of the kubeconfig, like every outcome.
func getIsAnswered(_ context.Context, w *World, a Args) (wait.Observer, error) {
	request := client.Request{Method: http.MethodGet, Path: a.get("path"), Accept: a.get("type")}
	return wait.Probe(askAgain, func(ctx context.Context) error {
		answer, err := w.Cluster.Send(ctx, request)
		if err != nil {
			return wait.Notf("%v", err)
		}
		return answerMatches(answer, a)
	}), nil
}

func answerIs(answer client.Answer, a Args) error {
	if got := strings.TrimSpace(string(answer.Body)); got != a.get("text") {
		return wait.Notf("the answer is %.600q, want %q", got, a.get("text"))
	}
	return nil
}

func answerContains(answer client.Answer, a Args) error {
	return contains("the answer", string(answer.Body), a.get("text"))
}

func answerLists(answer client.Answer, a Args) error {
	found, err := partial.Field(answer.Object, "items")
	if err != nil {
		return broken("%w", err)
	}
	items, ok := found.([]any)
	if !ok {
		return wait.Notf("the answer is no list: %.300s", answer.Body)
	}
	var got []string
	for _, item := range items {
		object, _ := item.(map[string]any)
		got = append(got, nameOf(object))
	}
	want := a.names()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return wait.Notf("the list holds %q, want %q", got, want)
	}
	return nil
}

// ofOutput makes an outcome of a check of the last command.
func ofOutput(check func(client.Output, Args) error) func(context.Context, *World, Args) (wait.Observer, error) {
	return func(_ context.Context, w *World, a Args) (wait.Observer, error) {
		if w.output == nil {
			return nil, broken("no command was run before this step")
		}
		return wait.Value(check(*w.output, a)), nil
	}
}

func outputIs(output client.Output, a Args) error {
	if strings.TrimSpace(output.Stdout) != a.get("text") {
		return wait.Notf("%s, want the output %q", commandResult(output), a.get("text"))
	}
	return nil
}

func outputContains(output client.Output, a Args) error {
	if !strings.Contains(output.Stdout+output.Stderr, a.get("text")) {
		return wait.Notf("%s, want the output to contain %q", commandResult(output), a.get("text"))
	}
	return nil
}

func outputHasLine(output client.Output, a Args) error {
	for line := range strings.Lines(output.Stdout) {
		if strings.TrimSpace(line) == a.get("text") {
			return nil
		}
	}
	return wait.Notf("%s, want the line %q", commandResult(output), a.get("text"))
}

func exitCodeIs(output client.Output, a Args) error {
	if output.Code != a.number("code") {
		return wait.Notf("%s, want exit code %d", commandResult(output), a.number("code"))
	}
	return nil
}
