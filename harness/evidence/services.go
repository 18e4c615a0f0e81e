package evidence

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// noEndpoints finds a Service that leads nowhere.
func noEndpoints(e Evidence) Cause {
	for _, service := range e.ofKind("Service") {
		if field(service, "metadata.namespace") != e.Namespace {
			continue
		}
		if cause := e.leadsNowhere(service); cause != "" {
			return Cause{Sentence: cause}
		}
	}
	return Cause{}
}

func (e Evidence) leadsNowhere(service map[string]any) string {
	if field(service, "spec.type") == "LoadBalancer" && len(list(service, "status.loadBalancer.ingress")) == 0 && strings.Contains(e.said(), "loadBalancer") {
		return fmt.Sprintf("%s of type LoadBalancer has got no address: no controller has given it one.", called(service))
	}
	selector := texts(service, "spec.selector")
	if len(selector) == 0 || e.readyEndpoints(service) {
		return ""
	}
	var chosen, ready []string
	for _, pod := range e.ofKind("Pod") {
		if !fits(selector, pod) {
			continue
		}
		chosen = append(chosen, name(pod))
		if podIsReady(pod) {
			ready = append(ready, name(pod))
		}
	}
	switch {
	case len(chosen) == 0:
		return fmt.Sprintf("%s has no endpoints: its selector %s fits no Pod.", called(service), pairs(selector))
	case len(ready) == 0:
		return fmt.Sprintf("%s has no ready endpoints: of its Pods (%s) none is ready.", called(service), strings.Join(chosen, ", "))
	}
	return fmt.Sprintf("%s has no ready endpoints, though Pod %q is ready and fits its selector %s.", called(service), ready[0], pairs(selector))
}

// readyEndpoints reports whether one endpoint of the Service may get requests.
func (e Evidence) readyEndpoints(service map[string]any) bool {
	for _, slice := range e.ofKind("EndpointSlice") {
		if texts(slice, "metadata.labels")["kubernetes.io/service-name"] != name(service) {
			continue
		}
		for _, endpoint := range list(slice, "endpoints") {
			if field(endpoint, "conditions.ready") != "false" {
				return true
			}
		}
	}
	return false
}

func pairs(labels map[string]string) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, key+"="+labels[key])
	}
	return strings.Join(pairs, ",")
}
