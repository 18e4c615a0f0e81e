package evidence

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// stillStarting finds a Pod that is on its way and has simply not arrived.
func stillStarting(e Evidence) Cause {
	for _, pod := range e.ofKind("Pod") {
		if field(pod, "status.phase") != "Pending" || field(pod, "metadata.deletionTimestamp") != "" {
			continue
		}
		for _, status := range list(pod, "status.initContainerStatuses") {
			if field(status, "state.running") != "" && field(status, "started") != "true" {
				return Cause{Sentence: fmt.Sprintf("%s waits for its init container %q, which runs%s.", called(pod), field(status, "name"), e.since(field(status, "state.running.startedAt")))}
			}
		}
		for _, status := range list(pod, "status.containerStatuses") {
			if reason := field(status, "state.waiting.reason"); reason == "ContainerCreating" || reason == "PodInitializing" {
				return Cause{Sentence: e.onItsWay(pod, status, reason)}
			}
		}
	}
	return Cause{}
}

// pulling is how the kubelet tells that it fetches an image.
var pulling = regexp.MustCompile(`^Pulling image "([^"]+)"`)

func (e Evidence) onItsWay(pod, status map[string]any, reason string) string {
	since := e.since(field(pod, "status.startTime"))
	for _, event := range e.eventsOf(pod, "Pulling") {
		match := pulling.FindStringSubmatch(field(event, "message"))
		if match == nil || e.pulled(pod, match[1]) {
			continue
		}
		return fmt.Sprintf("The image %q of %s is still being pulled%s.", match[1], called(pod), e.since(eventTime(event)))
	}
	return fmt.Sprintf("%s is still starting%s: container %q on Node %q waits with %s.", called(pod), since, field(status, "name"), field(pod, "spec.nodeName"), reason)
}

func (e Evidence) pulled(pod map[string]any, image string) bool {
	for _, event := range e.eventsOf(pod, "Pulled", "Failed") {
		if strings.Contains(field(event, "message"), `"`+image+`"`) {
			return true
		}
	}
	return false
}

// since tells how long ago a time was, by the clock of the API server; empty when it is not known.
func (e Evidence) since(text string) string {
	then, err := time.Parse(time.RFC3339, text)
	if err != nil || e.Seen.IsZero() || e.Seen.Before(then) {
		return ""
	}
	return " since " + e.Seen.Sub(then).Round(time.Second).String()
}
