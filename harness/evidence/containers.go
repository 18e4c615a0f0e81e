package evidence

import (
	"fmt"
	"slices"
	"strings"
)

// containerConfig finds a container that cannot be made: what it refers to is missing, or the runtime refuses.
func containerConfig(e Evidence) Cause {
	for _, pod := range e.ofKind("Pod") {
		for _, c := range containers(pod) {
			reason, message := field(c, "state.waiting.reason"), field(c, "state.waiting.message")
			switch reason {
			case "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError", "PostStartHookError", "PreStartHookError":
				if missing := missingObject(message); missing != "" {
					message = missing
				}
				return Cause{Sentence: fmt.Sprintf("Container %q of %s cannot start: %s (%s).", field(c, "name"), called(pod), sentence(message), reason)}
			}
		}
	}
	return Cause{}
}

// livenessKill finds a container that the kubelet ended since it did not answer its probe. The event that tells so may be missing, since
// the kubelet limits the rate of events; then the number of failures tells.
func livenessKill(e Evidence) Cause {
	for _, pod := range e.ofKind("Pod") {
		if podIsReady(pod) {
			continue
		}
		failures, message := 0, ""
		for _, event := range e.eventsOf(pod, "Unhealthy") {
			if text := field(event, "message"); strings.HasPrefix(text, "Liveness") || strings.HasPrefix(text, "Startup") {
				failures, message = failures+max(number(event, "count"), number(event, "series.count"), 1), text
			}
		}
		if failures > 0 && (slices.ContainsFunc(e.eventsOf(pod, "Killing"), killed) || failures >= allowedFailures(pod) && restarts(pod) > 0) {
			return Cause{Sentence: fmt.Sprintf("A container of %s was killed for its probe: %s.", called(pod), sentence(message))}
		}
	}
	return Cause{}
}

// killed is how the kubelet says that it ended a container whose liveness or startup probe failed.
func killed(event map[string]any) bool {
	message := field(event, "message")
	return strings.Contains(message, "failed liveness probe") || strings.Contains(message, "failed startup probe")
}

// allowedFailures is the least number of failures after which one of the containers is ended.
func allowedFailures(pod map[string]any) int {
	const usual = 3
	least := 0
	for _, container := range list(pod, "spec.containers") {
		for _, probe := range []string{"livenessProbe", "startupProbe"} {
			if field(container, probe) == "" {
				continue
			}
			threshold := number(container, probe+".failureThreshold")
			if threshold == 0 {
				threshold = usual
			}
			if least == 0 || threshold < least {
				least = threshold
			}
		}
	}
	return least
}

func restarts(pod map[string]any) int {
	count := 0
	for _, status := range containers(pod) {
		count += number(status, "restartCount")
	}
	return count
}

func podIsReady(pod map[string]any) bool {
	return field(pod, "status.conditions[type=Ready].status") == "True"
}

// containerEnd finds a container that ended badly, with what it said last.
func containerEnd(e Evidence) Cause {
	for _, pod := range e.ofKind("Pod") {
		if podIsReady(pod) {
			continue
		}
		for _, c := range containers(pod) {
			for _, state := range []string{"state.terminated", "lastState.terminated"} {
				code := number(c, state+".exitCode")
				if code == 0 && field(c, state+".reason") != "OOMKilled" {
					continue
				}
				return Cause{Sentence: e.ended(pod, c, state, code)}
			}
		}
	}
	return Cause{}
}

func (e Evidence) ended(pod, status map[string]any, state string, code int) string {
	container := field(status, "name")
	details := []string{}
	if signal := signalOf(code); signal != "" {
		details = append(details, signal)
	}
	if reason := field(status, state+".reason"); reason != "" && reason != "Error" {
		details = append(details, reason)
		if limit := memoryLimit(pod, container); reason == "OOMKilled" && limit != "" {
			details = append(details, "its memory limit is "+limit)
		}
	}
	text := fmt.Sprintf("Container %q of %s ended with exit code %d", container, called(pod), code)
	if len(details) > 0 {
		text += " (" + strings.Join(details, ", ") + ")"
	}
	if times := number(status, "restartCount"); times > 0 {
		text += fmt.Sprintf(" after %d restarts", times)
	}
	if words := e.lastWords(pod, status, state); words != "" {
		text += ", its last words: " + words
	}
	return text + "."
}

// lastWords is the message that the container left, or the end of its log.
func (e Evidence) lastWords(pod, status map[string]any, state string) string {
	if message := field(status, state+".message"); message != "" {
		return sentence(message)
	}
	key := name(pod) + "/" + field(status, "name")
	log := e.Logs[key]
	if strings.HasPrefix(state, "lastState") && e.Previous[key] != "" {
		log = e.Previous[key]
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	const shown = 3
	return sentence(strings.Join(lines[max(0, len(lines)-shown):], " | "))
}

// signalOf names the signal that an exit code above 128 stands for.
func signalOf(code int) string {
	names := map[int]string{
		1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
	}
	const base = 128
	if code <= base || code == 255 {
		return ""
	}
	if signal, ok := names[code-base]; ok {
		return signal
	}
	return fmt.Sprintf("signal %d", code-base)
}

func memoryLimit(pod map[string]any, container string) string {
	for _, c := range append(list(pod, "spec.initContainers"), list(pod, "spec.containers")...) {
		if field(c, "name") == container {
			return texts(c, "resources.limits")["memory"]
		}
	}
	return ""
}

// failedProbe finds a running container that is not ready for its probe.
func failedProbe(e Evidence) Cause {
	for _, pod := range e.ofKind("Pod") {
		if podIsReady(pod) || field(pod, "status.phase") != "Running" {
			continue
		}
		for _, event := range e.eventsOf(pod, "Unhealthy", "ProbeWarning") {
			return Cause{Sentence: fmt.Sprintf("%s is not ready: %s.", called(pod), sentence(field(event, "message")))}
		}
	}
	return Cause{}
}

// idleKubelet finds a Pod that the kubelet of its Node has not taken up.
func idleKubelet(e Evidence) Cause {
	for _, pod := range e.ofKind("Pod") {
		node := field(pod, "spec.nodeName")
		if node == "" || field(pod, "status.phase") != "Pending" || len(containers(pod)) > 0 {
			continue
		}
		switch object := e.find("Node", node); {
		case object == nil || field(object, "status.conditions[type=Ready].status") == "True":
		case field(object, "status.conditions[type=Ready].status") == "":
			return Cause{Sentence: fmt.Sprintf("%s is on Node %q, of which no kubelet has ever reported.", called(pod), node)}
		default:
			return Cause{Sentence: fmt.Sprintf("%s is on Node %q, which is not Ready: %s: %s.", called(pod), node,
				field(object, "status.conditions[type=Ready].reason"), sentence(field(object, "status.conditions[type=Ready].message")))}
		}
		return Cause{Sentence: fmt.Sprintf("%s is on Node %q, whose kubelet has not begun with it%s.", called(pod), node,
			e.since(field(pod, "status.conditions[type=PodScheduled].lastTransitionTime")))}
	}
	return Cause{}
}
