package evidence

import (
	"fmt"
	"regexp"
	"strings"
)

func webhookDenied(e Evidence, groups []string) Cause {
	because := "without saying why"
	if groups[2] != "" {
		because = sentence(groups[2])
	}
	configuration, _ := e.webhook(groups[1])
	return Cause{fmt.Sprintf("Admission webhook %q denies it: %s.", groups[1], because), e.foreignWebhook(configuration)}
}

// noise is what the message of a failed call says besides its reason.
var noise = regexp.MustCompile(`^(?:failed to call webhook: |(?:Post|Get) "[^"]*": )+`)

func webhookUnreachable(e Evidence, groups []string) Cause {
	configuration, webhook := e.webhook(groups[1])
	reason := sentence(noise.ReplaceAllString(groups[2], ""))
	text := fmt.Sprintf("Admission webhook %q cannot be called (%s)", groups[1], reason)
	if webhook != nil {
		text = fmt.Sprintf("Admission webhook %q of %s cannot be called (%s), and its failurePolicy is %s", groups[1], called(configuration), reason, field(webhook, "failurePolicy"))
	}
	return Cause{text + ".", e.foreignWebhook(configuration)}
}

func conversionFailed(_ Evidence, groups []string) Cause {
	return Cause{Sentence: fmt.Sprintf("The conversion webhook of %s does not work: %s.", groups[1], sentence(noise.ReplaceAllString(groups[2], "")))}
}

// webhook finds the configuration with a webhook of this name.
func (e Evidence) webhook(called string) (configuration, webhook map[string]any) {
	for _, object := range e.Objects {
		if !is(object, "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration") {
			continue
		}
		for _, w := range list(object, "webhooks") {
			if field(w, "name") == called {
				return object, w
			}
		}
	}
	return nil, nil
}

// foreignWebhook reports whether the webhook is none that the scenario set up.
func (e Evidence) foreignWebhook(configuration map[string]any) bool {
	if configuration != nil {
		return !ownMade(configuration)
	}
	for _, spoken := range e.Kinds {
		if strings.HasSuffix(spoken, "WebhookConfiguration") {
			return false
		}
	}
	return true
}
