package evidence

import (
	"fmt"
	"strings"
	"time"
)

// forbidden spells the rule out that is missing. It blocks when the user is that of the kubeconfig.
func forbidden(e Evidence, groups []string) Cause {
	user, verb, what, resource, group, namespace, because := groups[1], groups[2], groups[3], groups[4], groups[5], groups[6], groups[7]
	rule := fmt.Sprintf("{apiGroups: [%q], resources: [%q], verbs: [%q]}", group, resource, verb)
	holder, where := "ClusterRole bound by a ClusterRoleBinding", "in the cluster"
	switch {
	case what == "path":
		rule = fmt.Sprintf("{nonResourceURLs: [%q], verbs: [%q]}", resource, verb)
		where = ""
	case namespace != "":
		holder, where = "Role bound", fmt.Sprintf("in Namespace %q", namespace)
	}
	text := strings.Join(strings.Fields(fmt.Sprintf("%s may not %s %s %s", person(user), verb, resource, where)), " ")
	text += fmt.Sprintf(": there is no %s to it with the rule %s", holder, rule)
	if because != "" && strings.HasPrefix(because, "RBAC: ") {
		text += " (" + sentence(strings.TrimPrefix(because, "RBAC: ")) + ")"
	}
	return Cause{text + ".", e.User != "" && e.User == user}
}

func escalation(e Evidence, groups []string) Cause {
	return Cause{fmt.Sprintf("%s may not grant rights that it does not have itself: %s.", person(groups[1]), sentence(groups[2])), e.User == groups[1]}
}

// person writes a user name, and a ServiceAccount as such.
func person(user string) string {
	if account, ok := strings.CutPrefix(user, "system:serviceaccount:"); ok {
		namespace, name, _ := strings.Cut(account, ":")
		return fmt.Sprintf("ServiceAccount %q of Namespace %q", name, namespace)
	}
	return fmt.Sprintf("User %q", user)
}

// skew is how far clocks may differ before it is worth a word.
const skew = 10 * time.Second

// clocks tells how the clocks differ; empty when they do not.
func (e Evidence) clocks() string {
	switch {
	case e.Ahead > skew:
		return fmt.Sprintf("the clock of the API server is %s ahead of the clock here", e.Ahead.Round(time.Second))
	case e.Ahead < -skew:
		return fmt.Sprintf("the clock of the API server is %s behind the clock here", (-e.Ahead).Round(time.Second))
	}
	return ""
}

func unauthorized(e Evidence, _ []string) Cause {
	text := "The API server does not accept the credentials of the request"
	if clocks := e.clocks(); clocks != "" {
		text += ": " + clocks + ", so that a token may seem to be of the wrong time"
	}
	return Cause{Sentence: text + "."}
}

func certificateTime(e Evidence, groups []string) Cause {
	text := "A certificate is not valid at this time"
	if groups[1] != "" {
		text += ": " + sentence(groups[1])
	}
	if clocks := e.clocks(); clocks != "" {
		text += "; " + clocks
	}
	return Cause{text + ".", true}
}
