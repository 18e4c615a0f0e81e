package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/wait"
)

// networkOutcomes are what a Pod sees of the network. The Pod needs the programs curl and dig, which agnhost has.
func networkOutcomes() []Step {
	return []Step{
		{
			Sentence: `Pod {name} gets {text} from {url}`, Phase: Outcome, observe: podGets,
			Doc: "An HTTP request made in the Pod gets this answer, apart from white space around it.",
		},
		{
			Sentence: `Pod {name} gets each of {names} from {url}`, Phase: Outcome, observe: podGetsEach,
			Doc: "HTTP requests made in the Pod, twenty at a time, get each of these answers and no other.",
		},
		{
			Sentence: `Pod {name} gets only {text} from {url}`, Phase: Outcome, observe: podGetsOnly,
			Doc: "Twenty HTTP requests made in the Pod one after the other all get this answer.",
		},
		{
			Sentence: `Pod {name} gets always the same from {url}`, Phase: Outcome, observe: podGetsOnly,
			Doc: "Twenty HTTP requests made in the Pod one after the other all get one answer, whichever it is.",
		},
		{
			Sentence: `Pod {name} {can} connect to {address}`, Phase: Outcome, observe: podConnects,
			Doc: "A TCP connection made in the Pod is opened, or is not.",
		},
		{
			Sentence: `Pod {name} finds {names} as the {record} records of {domain}`, Phase: Outcome, observe: podFinds,
			Doc: "A DNS query made in the Pod, with the search list of the Pod, gets exactly these answers.",
		},
		{
			Sentence: `Pod {name} finds the address of Service {service} under {domain}`, Phase: Outcome, observe: podFindsService,
			Doc: "A DNS query made in the Pod gets the cluster address of the Service and no other.",
		},
		{
			Sentence: `Pod {name} finds no {record} records of {domain}`, Phase: Outcome, observe: podFinds,
			Doc: "A DNS query made in the Pod gets no answer.",
		},
	}
}

// curl is the command of an HTTP request, which may be made many times.
func curl(urls ...string) []string {
	return append([]string{"curl", "-g", "-q", "-s", "--connect-timeout", "3", "--max-time", "8"}, urls...)
}

// inPod makes an outcome of a command in the sentence's Pod.
func inPod(w *World, a Args, argv []string, check func(client.Output) error) (wait.Observer, error) {
	return wait.Probe(askAgain, func(ctx context.Context) error {
		output, err := w.execute(ctx, w.Cluster.User, a, argv)
		if err != nil {
			return wait.Notf("%v", err)
		}
		return check(output)
	}), nil
}

func podGets(_ context.Context, w *World, a Args) (wait.Observer, error) {
	return inPod(w, a, curl(a.get("url")), func(output client.Output) error {
		if output.Code != 0 {
			return wait.Notf("curl: %s", commandResult(output))
		}
		return outputIs(output, a)
	})
}

// requests is how many requests are made to see how they are spread.
const requests = 20

// answers makes an outcome of the different answers to many requests, sorted.
func answers(w *World, a Args, check func(different []string) error) (wait.Observer, error) {
	script := fmt.Sprintf("for i in $(seq %d); do %s && echo; done", requests, strings.Join(curl("'"+a.get("url")+"'"), " "))
	return inPod(w, a, []string{"sh", "-c", script}, func(output client.Output) error {
		got := lines(output.Stdout)
		if len(got) < requests {
			return wait.Notf("%d of %d requests were answered: %s", len(got), requests, commandResult(output))
		}
		slices.Sort(got)
		return check(slices.Compact(got))
	})
}

func podGetsEach(_ context.Context, w *World, a Args) (wait.Observer, error) {
	want := a.names()
	slices.Sort(want)
	var seen []string
	return answers(w, a, func(different []string) error {
		seen = append(seen, different...)
		slices.Sort(seen)
		seen = slices.Compact(seen)
		if !slices.Equal(seen, want) {
			return wait.Notf("the answers are %q, want %q", seen, want)
		}
		return nil
	})
}

func podGetsOnly(_ context.Context, w *World, a Args) (wait.Observer, error) {
	return answers(w, a, func(different []string) error {
		if len(different) != 1 || (a.given("text") && different[0] != a.get("text")) {
			return wait.Notf("the answers are %q", different)
		}
		return nil
	})
}

func podConnects(_ context.Context, w *World, a Args) (wait.Observer, error) {
	argv := []string{"/agnhost", "connect", "--timeout=2s", a.get("address")}
	wanted := a.get("can") == "can"
	return inPod(w, a, argv, func(output client.Output) error {
		if (output.Code == 0) != wanted {
			return wait.Notf("connect to %s: %s", a.get("address"), commandResult(output))
		}
		return nil
	})
}

func podFinds(_ context.Context, w *World, a Args) (wait.Observer, error) {
	want := a.names()
	slices.Sort(want)
	argv := []string{"dig", "+short", "+search", "+tries=1", "+time=3", a.get("domain"), a.get("record")}
	return inPod(w, a, argv, func(output client.Output) error {
		if output.Code != 0 {
			return wait.Notf("dig: %s", commandResult(output))
		}
		got := lines(output.Stdout)
		if slices.Sort(got); !slices.Equal(got, want) {
			return wait.Notf("the %s records of %q are %q, want %q", a.get("record"), a.get("domain"), got, want)
		}
		return nil
	})
}

func podFindsService(ctx context.Context, w *World, a Args) (wait.Observer, error) {
	pod := a.get("name")
	a.values["kind"], a.values["name"] = "Service", a.get("service")
	service, err := w.read(ctx, a)
	if err != nil {
		return nil, err
	}
	address := textOf(child(service, "spec"), "clusterIP")
	a.values["name"], a.values["names"], a.values["record"] = pod, `"`+address+`"`, "A"
	if strings.Contains(address, ":") {
		a.values["record"] = "AAAA"
	}
	return podFinds(ctx, w, a)
}
