package steps

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/wait"
)

// askAgain is the pause between two tries of what cannot be watched.
const askAgain = 500 * time.Millisecond

// podOutcomes are what can be seen inside of Pods.
func podOutcomes() []Step {
	return []Step{
		{
			Sentence: `running {command} in[ container {container} of] Pod {name} prints {text}`, Phase: Outcome, observe: commandPrints,
			Doc: "The command ends well and writes exactly this text, apart from white space around it.",
		},
		{
			Sentence: `running {command} in[ container {container} of] Pod {name} prints a text with {text}`, Phase: Outcome, observe: commandPrintsPart,
			Doc: "The command ends well and what it writes contains this text.",
		},
		{
			Sentence: `running {command} in[ container {container} of] Pod {name} fails`, Phase: Outcome, observe: commandFails,
			Doc: "The command ends with an exit code other than 0.",
		},
		{
			Sentence: `the log of[ container {container} of] Pod {name} is`, Phase: Outcome, Argument: Text, observe: logIs,
			Doc: "The log consists of these lines.",
		},
		{
			Sentence: `the log of[ container {container} of] Pod {name} contains {text}`, Phase: Outcome, observe: logContains,
			Doc: "The log contains this text.",
		},
		{
			Sentence: `the forwarded port answers {path} with {text}`, Phase: Outcome, observe: forwardedAnswers,
			Doc: "An HTTP request through the forwarded port gets this answer, apart from white space around it.",
		},
	}
}

// command makes an outcome of a command that is run again and again.
func command(w *World, a Args, check func(client.Output) error) (wait.Observer, error) {
	return wait.Probe(askAgain, func(ctx context.Context) error {
		output, err := w.exec(ctx, w.Cluster.User, a)
		if err != nil {
			return wait.Notf("%v", err)
		}
		return check(output)
	}), nil
}

func commandPrints(_ context.Context, w *World, a Args) (wait.Observer, error) {
	return command(w, a, func(output client.Output) error {
		if output.Code != 0 {
			return wait.Notf("%s", commandResult(output))
		}
		return outputIs(output, a)
	})
}

func commandPrintsPart(_ context.Context, w *World, a Args) (wait.Observer, error) {
	return command(w, a, func(output client.Output) error {
		if output.Code != 0 {
			return wait.Notf("%s", commandResult(output))
		}
		return outputContains(output, a)
	})
}

func commandFails(_ context.Context, w *World, a Args) (wait.Observer, error) {
	return command(w, a, func(output client.Output) error {
		if output.Code == 0 {
			return wait.Notf("%s", commandResult(output))
		}
		return nil
	})
}

// logOf makes an outcome of a log that is read again and again.
func logOf(w *World, a Args, check func(text string) error) (wait.Observer, error) {
	return wait.Probe(askAgain, func(ctx context.Context) error {
		answer, err := w.log(ctx, w.Cluster.User, a)
		if err != nil {
			return wait.Notf("%v", err)
		}
		if answer.Refused() {
			return wait.Notf("reading the log is %s", answer)
		}
		return check(string(answer.Body))
	}), nil
}

func logIs(_ context.Context, w *World, a Args) (wait.Observer, error) {
	want := lines(a.text)
	return logOf(w, a, func(text string) error {
		if got := lines(text); !slices.Equal(got, want) {
			return wait.Notf("the log is %.600q, want %q", got, want)
		}
		return nil
	})
}

func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func logContains(_ context.Context, w *World, a Args) (wait.Observer, error) {
	return logOf(w, a, func(text string) error { return contains("the log", text, a.get("text")) })
}

func forwardedAnswers(_ context.Context, w *World, a Args) (wait.Observer, error) {
	if w.forward == nil {
		return nil, broken("no port was forwarded before this step")
	}
	return wait.Probe(askAgain, func(ctx context.Context) error {
		body, err := fetch(ctx, fmt.Sprintf("http://127.0.0.1:%d%s", w.forward.Local, a.get("path")))
		if err != nil {
			return wait.Notf("%v", err)
		}
		if got := strings.TrimSpace(body); got != a.get("text") {
			return wait.Notf("the answer is %.300q, want %q", got, a.get("text"))
		}
		return nil
	}), nil
}

func fetch(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}
