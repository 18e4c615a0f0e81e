package evidence

import (
	"fmt"
	"regexp"
	"strings"
)

// notFound is how the kubelet says that a volume or a variable refers to nothing.
var notFound = regexp.MustCompile(`(?i)\b(configmap|secret|persistentvolumeclaim)s? "([^"]+)" not found`)

// missingObject tells which object a message misses; empty when it misses none.
func missingObject(message string) string {
	match := notFound.FindStringSubmatch(message)
	if match == nil {
		return ""
	}
	kinds := map[string]string{"configmap": "ConfigMap", "secret": "Secret", "persistentvolumeclaim": "PersistentVolumeClaim"}
	return fmt.Sprintf("%s %q does not exist", kinds[strings.ToLower(match[1])], match[2])
}

// failedMount finds a Pod whose volumes or whose network cannot be set up.
func failedMount(e Evidence) Cause {
	for _, pod := range e.ofKind("Pod") {
		if field(pod, "status.phase") != "Pending" {
			continue
		}
		for _, event := range e.eventsOf(pod, "FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox", "NetworkNotReady") {
			message := field(event, "message")
			if missing := missingObject(message); missing != "" {
				return Cause{Sentence: fmt.Sprintf("%s cannot start: %s (%s).", called(pod), missing, field(event, "reason"))}
			}
			return Cause{Sentence: fmt.Sprintf("%s cannot start: %s: %s.", called(pod), field(event, "reason"), sentence(message))}
		}
	}
	return Cause{}
}

// pendingClaim finds a PersistentVolumeClaim that gets no volume.
func pendingClaim(e Evidence) Cause {
	for _, claim := range e.ofKind("PersistentVolumeClaim") {
		if phase, reason := e.claimState(claim); reason != "" {
			return Cause{Sentence: fmt.Sprintf("%s is %s: %s.", called(claim), phase, reason)}
		}
	}
	return Cause{}
}

// claimState tells why a claim has no volume; no reason when it has one.
func (e Evidence) claimState(claim map[string]any) (phase, reason string) {
	phase = field(claim, "status.phase")
	switch {
	case claim == nil || phase == "Bound":
		return phase, ""
	case phase == "":
		return "without a phase", "its controller has not looked at it"
	}
	reasons := []string{"ProvisioningFailed", "FailedBinding", "VolumeMismatch", "ClaimLost", "WaitForFirstConsumer", "WaitForPodScheduled", "ExternalProvisioning"}
	for _, event := range e.eventsOf(claim, reasons...) {
		return phase, field(event, "reason") + ": " + sentence(field(event, "message"))
	}
	if class := field(claim, "spec.storageClassName"); class != "" {
		return phase, fmt.Sprintf("the provisioner of StorageClass %q says nothing about it", class)
	}
	return phase, "it names no StorageClass, there is no default one, and no PersistentVolume fits"
}
