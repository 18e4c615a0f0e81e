package evidence

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// files writes what was found, what says most first.
func (g *gatherer) files() {
	e := &g.found
	if text := e.timeline(); text != "" {
		e.add("timeline.txt", text)
	}
	if len(e.Events) > 0 {
		e.add("events.txt", eventLines(e.Events))
	}
	if slices.ContainsFunc(e.ofKind("Pod"), waitsForNode) && len(e.ofKind("Node")) > 0 {
		e.add("nodes.txt", nodeLines(e.ofKind("Node")))
	}
	for _, key := range slices.Sorted(maps.Keys(e.Logs)) {
		e.add("log-"+strings.ReplaceAll(key, "/", "-")+".txt", e.Logs[key]+"\n")
	}
	for _, key := range slices.Sorted(maps.Keys(e.Previous)) {
		e.add("log-"+strings.ReplaceAll(key, "/", "-")+"-previous.txt", e.Previous[key]+"\n")
	}
	near := e.near()
	for _, wanted := range []bool{true, false} {
		e.manifests(func(o map[string]any) bool { return near[Ref{kind(o), name(o)}] == wanted })
	}
}

func waitsForNode(pod map[string]any) bool { return field(pod, "spec.nodeName") == "" }

// manifests writes the objects that are picked, not too many of a kind.
func (e *Evidence) manifests(pick func(map[string]any) bool) {
	count := map[string]int{}
	for _, object := range e.Objects {
		if !pick(object) || unsaying(object) || count[kind(object)] == maxObjects {
			continue
		}
		count[kind(object)]++
		e.add(strings.ToLower(kind(object))+"-"+name(object)+".yaml", manifest(object))
	}
}

// unsaying reports whether an object is in every Namespace, or in nodes.txt.
func unsaying(object map[string]any) bool {
	return is(object, "Node") || is(object, "ConfigMap") && name(object) == "kube-root-ca.crt" || is(object, "ServiceAccount") && name(object) == "default"
}

// add keeps a file, without secrets and not too long.
func (e *Evidence) add(name, text string) {
	if len(e.Files) >= maxFiles || text == "" {
		return
	}
	text = Redact(text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "\n(cut off)\n"
	}
	e.Files = append(e.Files, File{Name: name, Text: text})
}

func eventLines(events []map[string]any) string {
	var text strings.Builder
	for _, e := range events {
		times := ""
		if count := max(number(e, "count"), number(e, "series.count")); count > 1 {
			times = fmt.Sprintf("  (%d times)", count)
		}
		fmt.Fprintf(&text, "%s  %-7s  %-20s  %s/%s  %s%s\n", eventTime(e), field(e, "type"), field(e, "reason"),
			field(e, "involvedObject.kind"), field(e, "involvedObject.name"), strings.TrimSpace(field(e, "message")), times)
	}
	return text.String()
}

func eventTime(event map[string]any) string {
	for _, path := range []string{"series.lastObservedTime", "lastTimestamp", "eventTime", "metadata.creationTimestamp"} {
		if t := field(event, path); t != "" {
			return t
		}
	}
	return ""
}

// nodeLines tells of each Node what decides whether it takes a Pod.
func nodeLines(nodes []map[string]any) string {
	var text strings.Builder
	for _, node := range nodes[:min(len(nodes), maxObjects)] {
		fmt.Fprintf(&text, "%s\n", name(node))
		for _, condition := range list(node, "status.conditions") {
			fmt.Fprintf(&text, "  %-20s %-7s %s: %s\n", field(condition, "type"), field(condition, "status"), field(condition, "reason"), sentence(field(condition, "message")))
		}
		for _, taint := range list(node, "spec.taints") {
			fmt.Fprintf(&text, "  taint %s=%s:%s\n", field(taint, "key"), field(taint, "value"), field(taint, "effect"))
		}
		if field(node, "spec.unschedulable") == "true" {
			text.WriteString("  unschedulable\n")
		}
		fmt.Fprintf(&text, "  allocatable %s\n  labels %s\n", pairs(texts(node, "status.allocatable")), pairs(texts(node, "metadata.labels")))
	}
	if len(nodes) > maxObjects {
		fmt.Fprintf(&text, "and %d more\n", len(nodes)-maxObjects)
	}
	return text.String()
}
