package evidence

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seatrial/seatrial/steps/client"
)

// logLines is how many lines are kept of a log.
const logLines = 60

// clock compares the clock of the API server, which stands in every answer to a second, with the clock here.
func (g *gatherer) clock(ctx context.Context) {
	before := time.Now()
	answer, err := g.cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: "/version"})
	date, parseErr := http.ParseTime(answer.Header.Get("Date"))
	if err != nil || parseErr != nil {
		return
	}
	here := before.Add(time.Since(before) / 2)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.found.Ahead, g.found.Seen = date.Sub(here), date
}

// whoAmI asks for the name of the user of the kubeconfig when somebody was refused, to tell whose rights are too few.
func (g *gatherer) whoAmI(ctx context.Context) {
	if !strings.Contains(g.said, " cannot ") && !strings.Contains(g.said, "attempting to grant") {
		return
	}
	body := `{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`
	answer, err := g.cluster.Send(ctx, client.Request{Method: http.MethodPost, Path: "/apis/authentication.k8s.io/v1/selfsubjectreviews", Body: []byte(body)})
	object, ok := answer.Object.(map[string]any)
	if err != nil || answer.Refused() || !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.found.User = field(object, "status.userInfo.username")
}

// logTasks read the end of the log of every container, and of its run before when it was restarted. Those that are not ready come first.
func (g *gatherer) logTasks(ctx context.Context, pods []map[string]any) []func() {
	logs, before := g.found.Logs, g.found.Previous
	var urgent, other []func()
	for _, pod := range pods {
		for _, status := range containers(pod) {
			if field(status, "state.waiting.reason") != "" && number(status, "restartCount") == 0 {
				continue // it has never run
			}
			tasks := &other
			if field(status, "ready") != "true" {
				tasks = &urgent
			}
			*tasks = append(*tasks, func() { g.log(ctx, name(pod), field(status, "name"), logs, nil) })
			if number(status, "restartCount") > 0 {
				*tasks = append(*tasks, func() {
					g.log(ctx, name(pod), field(status, "name"), before, url.Values{"previous": {"true"}})
				})
			}
		}
	}
	urgent = append(urgent, other...)
	return urgent[:min(len(urgent), maxLogs)]
}

func (g *gatherer) log(ctx context.Context, pod, container string, into map[string]string, query url.Values) {
	parameters := url.Values{"container": {container}, "tailLines": {strconv.Itoa(logLines)}, "limitBytes": {strconv.Itoa(maxText)}}
	maps.Copy(parameters, query)
	answer, err := g.cluster.Send(ctx, client.Request{
		Method: http.MethodGet, Path: "/api/v1/namespaces/" + g.namespace + "/pods/" + pod + "/log", Query: parameters, Accept: "*/*",
	})
	text := strings.TrimSpace(strings.ToValidUTF8(string(answer.Body), "?"))
	if err != nil || answer.Refused() || text == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	into[pod+"/"+container] = text
}
