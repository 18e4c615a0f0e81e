package steps

import (
	"context"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/wait"
)

// proxySteps are about a way to the API server that a command of kubectl opens.
func proxySteps() []Step {
	return []Step{
		{
			Sentence: `I start kubectl proxy on {door}`, Phase: Action, do: startProxy,
			Doc: "Opens a way to the API server, on which no credentials are asked for, until the scenario ends.",
		},
		{
			Sentence: `the proxy answers {path} with`, Phase: Outcome, Argument: Text, observe: proxyAnswers,
			Doc: "A GET request through the proxy is answered with an object that has at least these fields.",
		},
	}
}

func startProxy(ctx context.Context, w *World, a Args) error {
	proxy, err := w.Kubectl.Proxy(ctx, w.actor, client.Door(a.get("door")))
	if err != nil {
		return err
	}
	w.proxy = proxy
	w.later("the proxy", func(context.Context) error { proxy.Close(); return nil })
	return nil
}

func proxyAnswers(_ context.Context, w *World, a Args) (wait.Observer, error) {
	if w.proxy == nil {
		return nil, broken("no proxy was started before this step")
	}
	return wait.Probe(askAgain, func(ctx context.Context) error {
		answer, err := w.proxy.Get(ctx, a.get("path"))
		if err != nil {
			return wait.Notf("%v", err)
		}
		return answerMatches(answer, a)
	}), nil
}
