package steps

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seatrial/seatrial/steps/client"
)

// podSteps are the actions inside of Pods and on the way to them.
func podSteps() []Step {
	return []Step{
		{
			Sentence: `I {try?}run {command} in[ container {container} of] Pod {name}`, Phase: Action, Argument: MayHaveText, do: runInPod,
			Doc: "Runs a command in a container; the text below is its standard input. Single quotes keep words together.",
		},
		{
			Sentence: `I read the log of[ container {container} of] Pod {name}[ with {options}]`, Phase: Action, do: readLog,
			Doc: "Reads the log into the answer; the options are those of the API, such as \"tailLines=1&timestamps=true\".",
		},
		{
			Sentence: `I forward a local port to port {port} of Pod {name}`, Phase: Action, do: forwardPort,
			Doc: "Opens a local port that leads into the Pod until the scenario ends.",
		},
	}
}

func runInPod(ctx context.Context, w *World, a Args) error {
	output, err := w.exec(ctx, w.actor, a)
	if err != nil {
		return err
	}
	return w.ended(a, output)
}

// exec runs the sentence's command in the sentence's Pod.
func (w *World) exec(ctx context.Context, user *client.User, a Args) (client.Output, error) {
	words, err := splitWords(a.get("command"))
	if err != nil {
		return client.Output{}, err
	}
	return w.execute(ctx, user, a, words)
}

func (w *World) execute(ctx context.Context, user *client.User, a Args, words []string) (client.Output, error) {
	namespace, name := w.locate(a.get("name"))
	return user.Exec(ctx, client.Command{Namespace: namespace, Pod: name, Container: a.get("container"), Argv: words, Stdin: a.text})
}

func commandResult(output client.Output) string {
	text := fmt.Sprintf("exit code %d", output.Code)
	if out := strings.TrimSpace(output.Stdout); out != "" {
		text += fmt.Sprintf(", output %.500q", out)
	}
	if out := strings.TrimSpace(output.Stderr); out != "" {
		text += fmt.Sprintf(", error output %.500q", out)
	}
	return text
}

func readLog(ctx context.Context, w *World, a Args) error {
	answer, err := w.log(ctx, w.actor, a)
	return w.conclude(a, "read the log of Pod "+a.get("name"), answer, err)
}

// log reads the log of the sentence's Pod.
func (w *World) log(ctx context.Context, user *client.User, a Args) (client.Answer, error) {
	query, err := url.ParseQuery(a.get("options"))
	if err != nil {
		return client.Answer{}, broken("read the log options: %w", err)
	}
	if a.given("container") {
		query.Set("container", a.get("container"))
	}
	namespace, name := w.locate(a.get("name"))
	path := "/api/v1/namespaces/" + namespace + "/pods/" + name + "/log"
	return user.Send(ctx, client.Request{Method: http.MethodGet, Path: path, Query: query, Accept: "*/*"})
}

func forwardPort(ctx context.Context, w *World, a Args) error {
	namespace, name := w.locate(a.get("name"))
	forward, err := w.actor.Forward(ctx, namespace, name, a.number("port"))
	if err != nil {
		return err
	}
	w.forward = forward
	w.later("the forwarded port", func(context.Context) error { forward.Close(); return nil })
	return nil
}
