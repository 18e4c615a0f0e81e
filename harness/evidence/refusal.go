package evidence

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/steps/client"
)

// meaning is one thing that the API server says when it refuses, and what it means.
type meaning struct {
	says *regexp.Regexp
	is   func(e Evidence, groups []string) Cause
}

// meanings are in the words of Kubernetes v1.36: k8s.io/apiserver (pkg/admission, pkg/endpoints/handlers/responsewriters), the admission
// plugins and k8s.io/pod-security-admission.
func meanings() []meaning {
	return []meaning{
		{regexp.MustCompile(`exceeded quota: ([^,]+), requested: (.+?), used: (.+?), limited: (\S+)`), quotaExceeded},
		{regexp.MustCompile(`failed quota: ([^:]+): must specify (.+)`), quotaUnspecified},
		{regexp.MustCompile(`insufficient quota to match these scopes: (\[.+?\])(?:\s|$)`), quotaScopes},
		{regexp.MustCompile(`status unknown for quota: ([^,]+), resources: (.+)`), quotaUncounted},
		{regexp.MustCompile(`violates PodSecurity "([^"]+)": (.+)`), podSecurity},
		{regexp.MustCompile(`(ValidatingAdmissionPolicy|MutatingAdmissionPolicy|policy) '([^']+)' with binding '([^']+)' denied request: (.+)`), policyDenied},
		{regexp.MustCompile(`admission webhook "([^"]+)" denied the request(?:: (.+)| without explanation)`), webhookDenied},
		{regexp.MustCompile(`failed calling webhook "([^"]+)": (.+)`), webhookUnreachable},
		{regexp.MustCompile(`conversion webhook for (.+?) failed: (.+)`), conversionFailed},
		{regexp.MustCompile(`((?:minimum|maximum) [\w./-]+ usage per .+|[\w./-]+ max limit to request ratio per .+)`), limitRange},
		{regexp.MustCompile(`unable to create new content in namespace (\S+) because it is being terminated`), namespaceEnds},
		{regexp.MustCompile(`error looking up service account ([^/\s]+)/([^:\s]+):`), accountMissing},
		{regexp.MustCompile(`ServiceAccount "([^"]+)" of the Namespace: within .* does not exist`), accountLate},
		{regexp.MustCompile(`no PriorityClass with name (\S+) was found`), priorityMissing},
		{regexp.MustCompile(`user "([^"]+)" \(groups=\[.*?\]\) is attempting to grant RBAC permissions not currently held: ?(.+)`), escalation},
		{regexp.MustCompile(`User "([^"]*)" cannot (\S+) (resource|path) "([^"]+)"(?: in API group "([^"]*)")?(?: in the namespace "([^"]+)"| at the cluster scope)?(?:: (.+))?`), forbidden},
		{regexp.MustCompile(`refused with 401 Unauthorized`), unauthorized},
		{regexp.MustCompile(`x509: certificate has expired or is not yet valid: ?(.*)`), certificateTime},
		{regexp.MustCompile(`(?i)(?:refused with 429 TooManyRequests|too many requests)[^\n]*?(?:retry after (\d+) s)?`), tooBusy},
		{regexp.MustCompile(`(?i)(?:refused with 503|the server is currently unable to handle the request|service unavailable)(?:[^\n]*retry after (\d+) s)?`), unavailable},
		{regexp.MustCompile(`(?i)(etcdserver: [a-z ,]+|request did not complete within[^:;\n]*|unable to return a response in the time allotted|refused with 504[^\n]*)`), tooSlow},
	}
}

// refused finds the cause in what the line that failed reports.
func refused(e Evidence) Cause {
	return e.explain(e.said())
}

// explain finds out what a message of the API server means; no sentence when it is none of those known.
func (e Evidence) explain(message string) Cause {
	line := strings.Join(strings.Fields(message), " ")
	for _, m := range meanings() {
		if groups := m.says.FindStringSubmatch(line); groups != nil {
			if cause := m.is(e, groups); cause.Sentence != "" {
				return cause
			}
		}
	}
	return Cause{}
}

// failedCreate finds a controller that was not allowed to make Pods, by its event or by the condition of the object.
func failedCreate(e Evidence) Cause {
	for _, object := range e.Objects {
		message := field(object, "status.conditions[type=ReplicaFailure].message")
		if events := e.eventsOf(object, "FailedCreate"); len(events) > 0 {
			message = field(events[0], "message")
		} else if field(object, "status.conditions[type=ReplicaFailure].status") != "True" {
			continue
		}
		if made := number(object, "status.replicas"); made > 0 && made >= number(object, "spec.replicas") {
			continue // it did in the end
		}
		if cause := e.explain(message); cause.Sentence != "" {
			return Cause{fmt.Sprintf("%s cannot create Pods: %s", called(object), cause.Sentence), cause.Blocks}
		}
		return Cause{Sentence: fmt.Sprintf("%s cannot create Pods: %s.", called(object), sentence(message))}
	}
	return Cause{}
}

func podSecurity(e Evidence, groups []string) Cause {
	level := strings.TrimSuffix(groups[1], ":latest")
	return Cause{
		fmt.Sprintf("PodSecurity %q of Namespace %q forbids it: %s.", level, e.Namespace, sentence(groups[2])),
		!wroteLabel(e.find("Namespace", e.Namespace), "pod-security.kubernetes.io/enforce"),
	}
}

// wroteLabel reports whether the kit itself put the label on the object: its field manager owns it.
func wroteLabel(object map[string]any, label string) bool {
	for _, entry := range list(object, "metadata.managedFields") {
		if field(entry, "manager") == client.Manager && field(entry, "fieldsV1['f:metadata']['f:labels']['f:"+label+"']") != "" {
			return true
		}
	}
	return false
}

func policyDenied(e Evidence, groups []string) Cause {
	policy := e.find("ValidatingAdmissionPolicy", groups[2])
	what := groups[1]
	if what == "policy" {
		what = "ValidatingAdmissionPolicy"
	}
	return Cause{
		fmt.Sprintf("%s %q (bound by %q) forbids it: %s.", what, groups[2], groups[3], sentence(groups[4])),
		policy == nil && !e.speaksOf(what) || policy != nil && !ownMade(policy),
	}
}

// speaksOf reports whether the scenario is about a kind.
func (e Evidence) speaksOf(kind string) bool { return slices.Contains(e.Kinds, kind) }

func namespaceEnds(e Evidence, groups []string) Cause {
	if namespace := e.find("Namespace", groups[1]); namespace != nil {
		return Cause{Sentence: "Nothing new may be created: " + Terminating(namespace)}
	}
	return Cause{Sentence: fmt.Sprintf("Nothing new may be created: Namespace %q is being terminated.", groups[1])}
}

func accountMissing(_ Evidence, groups []string) Cause {
	return Cause{Sentence: fmt.Sprintf("ServiceAccount %q of Namespace %q does not exist, which every Pod that names it needs.", groups[2], groups[1])}
}

func accountLate(e Evidence, groups []string) Cause {
	return Cause{Sentence: fmt.Sprintf("No controller has made ServiceAccount %q in Namespace %q, without which there can be no Pod.", groups[1], e.Namespace)}
}

func priorityMissing(_ Evidence, groups []string) Cause {
	return Cause{Sentence: fmt.Sprintf("PriorityClass %q does not exist.", groups[1])}
}
