package evidence

import (
	"fmt"
	"slices"
	"strings"
)

func quotaExceeded(e Evidence, groups []string) Cause {
	requested, used, limited := amounts(groups[2]), amounts(groups[3]), amounts(groups[4])
	var parts []string
	for _, resource := range requested.names {
		parts = append(parts, fmt.Sprintf("%s requested %s, used %s of %s", resource, requested.of[resource], used.of[resource], limited.of[resource]))
	}
	return Cause{fmt.Sprintf("ResourceQuota %q is used up: %s.", groups[1], strings.Join(parts, "; ")), e.foreign("ResourceQuota", groups[1])}
}

// amountList is a list such as "pods=1,requests.cpu=2" in its order.
type amountList struct {
	names []string
	of    map[string]string
}

func amounts(text string) amountList {
	found := amountList{of: map[string]string{}}
	for part := range strings.SplitSeq(text, ",") {
		resource, amount, _ := strings.Cut(strings.TrimSpace(part), "=")
		found.names = append(found.names, resource)
		found.of[resource] = amount
	}
	return found
}

func quotaUnspecified(e Evidence, groups []string) Cause {
	return Cause{fmt.Sprintf("ResourceQuota %q forbids Pods that do not say: %s.", groups[1], sentence(groups[2])), e.foreign("ResourceQuota", groups[1])}
}

func quotaScopes(e Evidence, groups []string) Cause {
	return Cause{fmt.Sprintf("No ResourceQuota allows what these scopes need: %s.", groups[1]), !e.speaksOf("ResourceQuota")}
}

func quotaUncounted(e Evidence, groups []string) Cause {
	return Cause{
		fmt.Sprintf("ResourceQuota %q has not been counted by its controller yet: nothing is known of %s.", groups[1], sentence(groups[2])),
		e.foreign("ResourceQuota", groups[1]),
	}
}

// foreign reports whether the object is none that the scenario made.
func (e Evidence) foreign(kind, name string) bool {
	if object := e.find(kind, name); object != nil {
		return !ownMade(object)
	}
	return !e.speaksOf(kind)
}

// limitRange names the LimitRange when there is only one it can be.
func limitRange(e Evidence, groups []string) Cause {
	ranges := e.ofKind("LimitRange")
	who, foreign := "A LimitRange", !e.speaksOf("LimitRange")
	if len(ranges) == 1 {
		who = called(ranges[0])
	}
	if len(ranges) > 0 {
		foreign = slices.ContainsFunc(ranges, func(o map[string]any) bool { return !ownMade(o) })
	}
	return Cause{fmt.Sprintf("%s forbids it: %s.", who, strings.TrimSuffix(sentence(groups[1]), "]")), foreign}
}
