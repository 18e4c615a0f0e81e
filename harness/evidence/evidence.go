// Package evidence gathers what a cluster shows of a scenario that did not pass, and finds the cause in it.
package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
)

// limits of what is gathered, so that a report stays readable.
const (
	gatherLimit = 15 * time.Second
	logLines    = "60"
	maxObjects  = 12
)

// Evidence is what was found.
type Evidence struct {
	Files []File
	// Pods and Events feed the search for a cause.
	Pods   []map[string]any
	Events []map[string]any
	// LastLines holds the last line of the log of each container, by "pod/container".
	LastLines map[string]string
}

// File is one piece of evidence as text, without secrets.
type File struct{ Name, Text string }

// Gather reads the Pods, their logs, the events, and the objects of the given kinds in the Namespace. What cannot be read is left out.
func Gather(ctx context.Context, cluster *client.Cluster, namespace string, kinds []string) Evidence {
	ctx, cancel := context.WithTimeout(ctx, gatherLimit)
	defer cancel()
	g := &gatherer{cluster: cluster, namespace: namespace, found: Evidence{LastLines: map[string]string{}}}
	g.found.Events = g.list(ctx, "/api/v1/namespaces/"+namespace+"/events")
	g.found.Pods = g.objects(ctx, "Pod")
	for _, kind := range kinds {
		if kind != "Pod" && kind != "Event" {
			g.objects(ctx, kind)
		}
	}
	if len(g.found.Events) > 0 {
		g.add("events.txt", eventLines(g.found.Events))
	}
	for _, pod := range g.found.Pods {
		g.logs(ctx, pod)
	}
	return g.found
}

type gatherer struct {
	cluster   *client.Cluster
	namespace string
	found     Evidence
}

func (g *gatherer) add(name, text string) {
	g.found.Files = append(g.found.Files, File{Name: name, Text: Redact(text)})
}

func (g *gatherer) list(ctx context.Context, path string) []map[string]any {
	answer, err := g.cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: path})
	if err != nil || answer.Refused() {
		return nil
	}
	items, _ := partial.Field(answer.Object, "items")
	list, _ := items.([]any)
	var objects []map[string]any
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

// objects keeps the objects of a kind that are in the Namespace, or bear its name in theirs.
func (g *gatherer) objects(ctx context.Context, name string) []map[string]any {
	kind, err := g.cluster.Kinds.Find(ctx, name, "")
	if err != nil {
		return nil
	}
	objects := g.list(ctx, kind.Path(g.namespace, "", ""))
	if !kind.Namespaced {
		objects = slices.DeleteFunc(objects, func(o map[string]any) bool { return !strings.Contains(field(o, "metadata.name"), g.namespace) })
	}
	for _, object := range objects[:min(len(objects), maxObjects)] {
		object["kind"], object["apiVersion"] = kind.Kind, kind.APIVersion()
		g.add(strings.ToLower(kind.Kind)+"-"+field(object, "metadata.name")+".yaml", manifest(object))
	}
	return objects
}

// manifest writes an object without what only machines read.
func manifest(object map[string]any) string {
	text, err := json.Marshal(object)
	if err != nil {
		return err.Error()
	}
	var shown map[string]any
	if err := json.Unmarshal(text, &shown); err != nil {
		return err.Error()
	}
	if metadata, ok := shown["metadata"].(map[string]any); ok {
		delete(metadata, "managedFields")
	}
	if shown["kind"] == "Secret" {
		for _, key := range []string{"data", "stringData"} {
			if values, ok := shown[key].(map[string]any); ok {
				for name := range values {
					values[name] = redacted
				}
			}
		}
	}
	lines, err := yaml.Marshal(shown)
	if err != nil {
		return err.Error()
	}
	return string(lines)
}

func eventLines(events []map[string]any) string {
	slices.SortStableFunc(events, func(a, b map[string]any) int { return strings.Compare(eventTime(a), eventTime(b)) })
	var text strings.Builder
	for _, e := range events {
		fmt.Fprintf(&text, "%s  %-7s  %-20s  %s/%s  %s\n", eventTime(e), field(e, "type"), field(e, "reason"),
			field(e, "involvedObject.kind"), field(e, "involvedObject.name"), strings.TrimSpace(field(e, "message")))
	}
	return text.String()
}

func eventTime(event map[string]any) string {
	for _, path := range []string{"lastTimestamp", "eventTime", "metadata.creationTimestamp"} {
		if t := field(event, path); t != "" {
			return t
		}
	}
	return ""
}

// logs keeps the end of the log of every container, and of its run before when it was restarted.
func (g *gatherer) logs(ctx context.Context, pod map[string]any) {
	for _, status := range containers(pod) {
		name := field(pod, "metadata.name")
		g.log(ctx, name, field(status, "name"), false)
		if field(status, "restartCount") != "0" {
			g.log(ctx, name, field(status, "name"), true)
		}
	}
}

func (g *gatherer) log(ctx context.Context, pod, container string, previous bool) {
	query := url.Values{"container": {container}, "tailLines": {logLines}, "previous": {fmt.Sprint(previous)}}
	answer, err := g.cluster.Send(ctx, client.Request{
		Method: http.MethodGet, Path: "/api/v1/namespaces/" + g.namespace + "/pods/" + pod + "/log", Query: query, Accept: "*/*",
	})
	text := strings.TrimSpace(string(answer.Body))
	if err != nil || answer.Refused() || text == "" {
		return
	}
	file := "log-" + pod + "-" + container
	if previous {
		file += "-previous"
	}
	g.add(file+".txt", text+"\n")
	g.found.LastLines[pod+"/"+container] = text[strings.LastIndexByte(text, '\n')+1:]
}

// containers lists the statuses of all containers of a Pod.
func containers(pod map[string]any) []map[string]any {
	var all []map[string]any
	for _, list := range []string{"status.initContainerStatuses", "status.containerStatuses"} {
		value, _ := partial.Field(pod, list)
		statuses, _ := value.([]any)
		for _, s := range statuses {
			if status, ok := s.(map[string]any); ok {
				all = append(all, status)
			}
		}
	}
	return all
}

func field(object map[string]any, path string) string {
	value, err := partial.Field(object, path)
	if err != nil {
		return ""
	}
	return partial.Text(value)
}
