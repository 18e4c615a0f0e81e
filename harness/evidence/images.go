package evidence

import (
	"fmt"
	"regexp"
	"slices"
)

// registrySays maps the words of container runtimes and registries to what they mean, the more specific ones first.
func registrySays() []meaning {
	return []meaning{
		{says: regexp.MustCompile(`(?i)toomanyrequests|too many requests|rate limit|\b429\b`), is: saying("the registry limits the rate of pulls")},
		{says: regexp.MustCompile(`(?i)pull access denied.*does not exist`), is: saying("the registry does not have it, or wants other credentials")},
		{says: regexp.MustCompile(`(?i)unauthorized|authorization failed|authentication required|no basic auth|access denied|denied:|\b40[13]\b`), is: saying("the registry does not accept the credentials of the node")},
		{says: regexp.MustCompile(`(?i)x509:|certificate`), is: saying("the certificate of the registry is not trusted")},
		{says: regexp.MustCompile(`(?i)dial tcp|no such host|i/o timeout|connection refused|network is unreachable|no route to host|TLS handshake timeout|connection reset|deadline exceeded`), is: saying("the registry cannot be reached")},
		{says: regexp.MustCompile(`(?i)not found|manifest unknown|name unknown|does not exist|\b404\b`), is: saying("the registry does not have it")},
		{says: regexp.MustCompile(`(?i)no space left`), is: saying("the disk of the node is full")},
		{says: regexp.MustCompile(`(?i)no match for platform`), is: saying("there is none for the architecture of the node")},
	}
}

func saying(text string) func(Evidence, []string) Cause {
	return func(Evidence, []string) Cause { return Cause{Sentence: text} }
}

// imagePull finds a container whose image cannot be had. Only an image that the kit put in by itself blocks a scenario: one that the
// scenario names is part of the behaviour.
func imagePull(e Evidence) Cause {
	for _, pod := range e.ofKind("Pod") {
		for _, c := range containers(pod) {
			reason := field(c, "state.waiting.reason")
			message := field(c, "state.waiting.message")
			switch reason {
			case "ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ErrImageNeverPull", "InvalidImageName", "SignatureValidationFailed", "ImageInspectError":
				return Cause{
					fmt.Sprintf("The image %q of %s cannot be pulled: %s.", field(c, "image"), called(pod), e.pullReason(pod, reason, message)),
					reason != "InvalidImageName" && slices.Contains(e.KitImages, field(c, "image")),
				}
			}
		}
	}
	return Cause{}
}

// pullReason says why, in a word of its own and in those of the registry, which stand in the event when the kubelet only waits.
func (e Evidence) pullReason(pod map[string]any, reason, message string) string {
	switch reason {
	case "ErrImageNeverPull":
		return "it is not on the node, and its imagePullPolicy is Never"
	case "InvalidImageName":
		return "its name is not valid: " + sentence(message)
	}
	for _, event := range e.eventsOf(pod, "Failed") {
		if said := regexp.MustCompile(`^Failed to pull image "[^"]*": (?s:(.*))`).FindStringSubmatch(field(event, "message")); said != nil {
			message = said[1]
			break
		}
	}
	for _, m := range registrySays() {
		if m.says.MatchString(message) {
			return m.is(e, nil).Sentence + " (" + sentence(message) + ")"
		}
	}
	return sentence(message)
}
