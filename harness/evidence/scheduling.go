package evidence

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// failedScheduling finds a Pod that has no Node: the scheduler says why, or it says nothing.
func failedScheduling(e Evidence) Cause {
	var silent map[string]any
	for _, pod := range e.ofKind("Pod") {
		if field(pod, "spec.nodeName") != "" || field(pod, "status.phase") != "Pending" || field(pod, "metadata.deletionTimestamp") != "" {
			continue
		}
		gates := list(pod, "spec.schedulingGates")
		switch {
		case len(gates) > 0:
		case field(pod, "status.conditions[type=PodScheduled].status") == "False":
			return e.unschedulable(pod)
		case silent == nil:
			silent = pod
		}
	}
	if silent == nil {
		return Cause{}
	}
	if scheduler := field(silent, "spec.schedulerName"); scheduler != "" && scheduler != "default-scheduler" {
		return Cause{Sentence: fmt.Sprintf("%s has not been given a Node: the scheduler %q says nothing about it.", called(silent), scheduler)}
	}
	return Cause{Sentence: fmt.Sprintf("%s has not been given a Node: the scheduler says nothing about it.", called(silent))}
}

// unboundClaims is how the scheduler says that a Pod waits for a volume.
var unboundClaims = regexp.MustCompile(`unbound immediate PersistentVolumeClaims|persistentvolumeclaim "([^"]+)" not found`)

func (e Evidence) unschedulable(pod map[string]any) Cause {
	message := field(pod, "status.conditions[type=PodScheduled].message")
	if match := unboundClaims.FindStringSubmatch(message); match != nil {
		if match[1] != "" {
			return Cause{Sentence: fmt.Sprintf("%s waits for PersistentVolumeClaim %q, which does not exist.", called(pod), match[1])}
		}
		for _, claim := range claims(pod) {
			if phase, reason := e.claimState(e.find("PersistentVolumeClaim", claim)); reason != "" {
				return Cause{Sentence: fmt.Sprintf("%s waits for PersistentVolumeClaim %q, which is %s: %s.", called(pod), claim, phase, reason)}
			}
		}
	}
	text := fmt.Sprintf("%s fits on no Node: %s", called(pod), sentence(message))
	if wants := e.demands(pod, message); wants != "" {
		text += " (" + wants + ")"
	}
	return Cause{Sentence: text + "."}
}

// demands tells what the Pod asks for of what the scheduler misses.
func (e Evidence) demands(pod map[string]any, message string) string {
	var parts []string
	if selector := texts(pod, "spec.nodeSelector"); len(selector) > 0 && strings.Contains(message, "node affinity/selector") {
		parts = append(parts, "its nodeSelector is "+pairs(selector))
	}
	for _, match := range regexp.MustCompile(`Insufficient ([\w./-]*\w)`).FindAllStringSubmatch(message, -1) {
		resource := match[1]
		var wanted []string
		for _, container := range append(list(pod, "spec.initContainers"), list(pod, "spec.containers")...) {
			if amount := texts(container, "resources.requests")[resource]; amount != "" {
				wanted = append(wanted, amount)
			}
		}
		if len(wanted) > 0 {
			parts = append(parts, fmt.Sprintf("it requests %s %s%s", resource, strings.Join(wanted, " + "), e.allocatable(resource)))
		}
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), "; ")
}

// allocatable tells the most that a Node has for Pods of a resource, in words.
func (e Evidence) allocatable(resource string) string {
	var amounts []string
	for _, node := range e.ofKind("Node") {
		if amount := texts(node, "status.allocatable")[resource]; amount != "" {
			amounts = append(amounts, amount)
		}
	}
	slices.Sort(amounts)
	if amounts = slices.Compact(amounts); len(amounts) == 0 {
		return ""
	}
	const shown = 3
	return ", a Node has " + strings.Join(amounts[:min(len(amounts), shown)], " or ") + " for all Pods"
}

// removedPod finds a Pod that was taken off its Node or not let onto it.
func removedPod(e Evidence) Cause {
	for _, pod := range e.ofKind("Pod") {
		node := field(pod, "spec.nodeName")
		reason, message := field(pod, "status.reason"), sentence(field(pod, "status.message"))
		switch {
		case reason == "Evicted":
			return Cause{Sentence: fmt.Sprintf("%s was evicted from Node %q: %s.", called(pod), node, message)}
		case strings.HasPrefix(reason, "OutOf"), reason == "NodeAffinity", reason == "UnexpectedAdmissionError", reason == "TopologyAffinityError":
			return Cause{Sentence: fmt.Sprintf("Node %q did not take %s: %s: %s.", node, called(pod), reason, message)}
		case reason == "NodeLost", reason == "Terminated", reason == "NodeShutdown":
			return Cause{Sentence: fmt.Sprintf("%s was ended with its Node %q: %s: %s.", called(pod), node, reason, message)}
		case reason == "DeadlineExceeded":
			return Cause{Sentence: fmt.Sprintf("%s ran longer than its activeDeadlineSeconds: %s.", called(pod), message)}
		case field(pod, "status.conditions[type=DisruptionTarget].status") == "True":
			return Cause{Sentence: fmt.Sprintf("%s was disrupted: %s: %s.", called(pod), field(pod, "status.conditions[type=DisruptionTarget].reason"),
				sentence(field(pod, "status.conditions[type=DisruptionTarget].message")))}
		}
	}
	for _, event := range e.Events {
		if field(event, "reason") == "Preempted" && field(event, "involvedObject.kind") == "Pod" {
			return Cause{Sentence: fmt.Sprintf("Pod %q was preempted by one of a higher priority: %s.", field(event, "involvedObject.name"), sentence(field(event, "message")))}
		}
	}
	return Cause{}
}
