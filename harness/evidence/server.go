package evidence

import (
	"fmt"
	"regexp"
	"strings"
)

// budget is how the API server refuses an eviction that a PodDisruptionBudget forbids, also with 429.
var budget = regexp.MustCompile(`(?:The disruption budget (\S+) needs (\d+) healthy pods and has (\d+) currently|Cannot evict pod as it would violate the pod's disruption budget)`)

func tooBusy(e Evidence, _ []string) Cause {
	said := e.said()
	if match := budget.FindStringSubmatch(said); match != nil {
		if match[1] == "" {
			return Cause{Sentence: "A PodDisruptionBudget does not let the Pod be evicted now."}
		}
		return Cause{Sentence: fmt.Sprintf("PodDisruptionBudget %q does not let the Pod be evicted now: it needs %s healthy Pods and has %s.", match[1], match[2], match[3])}
	}
	text := "The API server has too much to do and turns requests away (429)"
	if after := retryAfter.FindStringSubmatch(said); after != nil {
		text += ", to be tried again after " + after[1] + " s"
	}
	return Cause{text + ".", true}
}

// retryAfter is how the kit writes the header Retry-After of an answer.
var retryAfter = regexp.MustCompile(`retry after (\d+) s`)

// unavailable finds the extension API server that does not answer.
func unavailable(e Evidence, _ []string) Cause {
	for _, service := range e.ofKind("APIService") {
		if field(service, "status.conditions[type=Available].status") != "False" {
			continue
		}
		return Cause{
			fmt.Sprintf("APIService %q is not available: %s: %s.", name(service), field(service, "status.conditions[type=Available].reason"),
				sentence(field(service, "status.conditions[type=Available].message"))), !ownMade(service),
		}
	}
	text := "The API server cannot handle the request now (503)"
	if after := retryAfter.FindStringSubmatch(e.said()); after != nil {
		text += ", to be tried again after " + after[1] + " s"
	}
	return Cause{Sentence: text + "."}
}

func tooSlow(_ Evidence, groups []string) Cause {
	what := strings.ToLower(groups[1])
	if strings.HasPrefix(what, "etcdserver") {
		return Cause{Sentence: fmt.Sprintf("The store of the cluster does not answer in time: %s.", sentence(what))}
	}
	return Cause{Sentence: fmt.Sprintf("The API server does not answer in time: %s.", sentence(groups[1]))}
}

// unresolved is how programs say that a name was not found, or that nobody answered.
var (
	unresolved = regexp.MustCompile(`(?i)bad address '?([^\s'"]+)|could not resolve host:? '?([^\s'",;]+)|can't resolve '?([^\s'"]+)|lookup ([^\s:]+)(?: on \S+)?: no such host`)
	noAnswer   = regexp.MustCompile(`(?i)no servers could be reached|temporary failure in name resolution|lookup \S+ on \S+: .*i/o timeout|communications error to \S+: timed out|curl: exit code 6`)
)

// noName finds a name that the DNS of the cluster does not know, or the DNS that does not answer.
func noName(e Evidence) Cause {
	said := e.said()
	match := unresolved.FindStringSubmatch(said)
	if match == nil && strings.Contains(said, "curl: exit code 6") { // it says nothing else
		match = []string{"", e.service()}
	}
	if match == nil && !noAnswer.MatchString(said) {
		return Cause{}
	}
	if state := e.dns(); state != "" {
		return Cause{Sentence: fmt.Sprintf("The DNS of the cluster gives no answer: %s.", state)}
	}
	if match == nil {
		return Cause{Sentence: "The DNS of the cluster gives no answer, though its Service has ready endpoints."}
	}
	return Cause{Sentence: fmt.Sprintf("The DNS of the cluster does not know the name %q.", strings.Join(match[1:], ""))}
}

// service is the name that the line looks for.
func (e Evidence) service() string {
	for _, about := range e.About {
		if about.Kind == "Service" {
			return about.Name
		}
	}
	return "in the address"
}

// dns tells what is wrong with the cluster's DNS; empty when nothing is, or it may not be read.
func (e Evidence) dns() string {
	slices := e.dnsSlices()
	if slices == nil {
		return ""
	}
	for _, slice := range slices {
		for _, endpoint := range list(slice, "endpoints") {
			if field(endpoint, "conditions.ready") != "false" {
				return ""
			}
		}
	}
	return `Service "kube-dns" of Namespace "kube-system" has no ready endpoint`
}

func (e Evidence) dnsSlices() []map[string]any {
	var found []map[string]any
	for _, object := range e.Objects {
		if is(object, "EndpointSlice") && field(object, "metadata.namespace") == "kube-system" {
			found = append(found, object)
		}
	}
	return found
}
