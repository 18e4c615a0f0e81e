package evidence

import (
	"fmt"
	"strings"
)

// Cause is why a scenario did not pass, as far as the evidence tells.
type Cause struct {
	// Sentence is empty when nothing was found.
	Sentence string
	// Blocks tells that it is no fault of the behaviour: the image cannot be had, a quota or a policy forbids the Pods.
	Blocks bool
}

// Find looks for the cause, the most telling one first.
func (e Evidence) Find() Cause {
	for _, look := range []func() Cause{e.imagePull, e.failedCreate, e.failedScheduling, e.failedMount, e.containerEnd} {
		if cause := look(); cause.Sentence != "" {
			return cause
		}
	}
	return Cause{}
}

func (e Evidence) imagePull() Cause {
	for _, pod := range e.Pods {
		for _, c := range containers(pod) {
			switch reason := field(c, "state.waiting.reason"); reason {
			case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName":
				return Cause{fmt.Sprintf("The image %q of Pod %q cannot be pulled: %s.", field(c, "image"), field(pod, "metadata.name"),
					sentence(field(c, "state.waiting.message"))), reason != "InvalidImageName"}
			}
		}
	}
	return Cause{}
}

// failedCreate finds a controller that was not allowed to make Pods.
func (e Evidence) failedCreate() Cause {
	for _, event := range e.Events {
		if field(event, "reason") == "FailedCreate" {
			message := field(event, "message")
			return Cause{fmt.Sprintf("%s %q may not create Pods: %s.", field(event, "involvedObject.kind"), field(event, "involvedObject.name"), sentence(message)),
				strings.Contains(message, "is forbidden") || strings.Contains(message, "denied")}
		}
	}
	return Cause{}
}

func (e Evidence) failedScheduling() Cause {
	for _, pod := range e.Pods {
		if field(pod, "status.conditions[type=PodScheduled].status") == "False" && field(pod, "spec.schedulingGates") == "" {
			return Cause{Sentence: fmt.Sprintf("Pod %q fits on no Node: %s.", field(pod, "metadata.name"), sentence(field(pod, "status.conditions[type=PodScheduled].message")))}
		}
	}
	for _, pod := range e.Pods {
		if field(pod, "spec.nodeName") == "" && field(pod, "status.phase") == "Pending" && field(pod, "spec.schedulingGates") == "" {
			return Cause{Sentence: fmt.Sprintf("Pod %q has not been given a Node: the scheduler says nothing about it.", field(pod, "metadata.name"))}
		}
	}
	return Cause{}
}

func (e Evidence) failedMount() Cause {
	waiting := map[string]bool{}
	for _, pod := range e.Pods {
		waiting[field(pod, "metadata.name")] = field(pod, "status.phase") == "Pending"
	}
	for _, event := range e.Events {
		if !waiting[field(event, "involvedObject.name")] {
			continue
		}
		switch field(event, "reason") {
		case "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox":
			return Cause{Sentence: fmt.Sprintf("Pod %q meets %s: %s.", field(event, "involvedObject.name"), field(event, "reason"), sentence(field(event, "message")))}
		}
	}
	return Cause{}
}

func (e Evidence) containerEnd() Cause {
	for _, pod := range e.Pods {
		for _, c := range containers(pod) {
			for _, state := range []string{"state", "lastState"} {
				code := field(c, state+".terminated.exitCode")
				if code == "" || code == "0" {
					continue
				}
				name, container := field(pod, "metadata.name"), field(c, "name")
				text := fmt.Sprintf("Container %q of Pod %q ended with exit code %s", container, name, code)
				if line := e.LastLines[name+"/"+container]; line != "" {
					text += fmt.Sprintf(", its last words: %s", Redact(sentence(line)))
				}
				return Cause{Sentence: text + "."}
			}
		}
	}
	return Cause{}
}

// sentence makes one short line of a message.
func sentence(message string) string {
	line := strings.TrimRight(strings.Join(strings.Fields(message), " "), ". ")
	const longest = 400
	if len(line) > longest {
		line = line[:longest] + "..."
	}
	return line
}
