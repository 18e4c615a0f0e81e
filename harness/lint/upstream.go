package lint

import (
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/spec"
)

// Tests are the names of upstream's conformance tests: those that there are, and those that must be mapped to a behaviour.
type Tests struct {
	All    []string
	Mapped []string
}

// Upstream checks a map from ids to the names of conformance tests of Kubernetes: each id must be that of a scenario, or of an outline,
// each must name a test, and every test that must be mapped stands under an id.
func Upstream(text []byte, pages []spec.Feature, tests Tests) []string {
	var mapped map[string][]string
	if err := yaml.UnmarshalStrict(text, &mapped); err != nil {
		return []string{"upstream.yaml: " + err.Error()}
	}
	ids := map[string]bool{}
	for _, s := range spec.Scenarios(pages) {
		ids[s.ID] = true
		for _, id := range s.Values("id") {
			ids[id] = true
		}
	}
	exists, seen := setOf(tests.All), map[string]bool{}
	var problems []string
	problem := func(format string, args ...any) {
		problems = append(problems, "upstream.yaml: "+fmt.Sprintf(format, args...))
	}
	for _, id := range slices.Sorted(maps.Keys(mapped)) {
		if !ids[id] {
			problem("no scenario has the id %q", id)
		}
		if len(mapped[id]) == 0 {
			problem("%q names no test", id)
		}
		for _, name := range mapped[id] {
			if !exists[name] {
				problem("%q names %q, which is no conformance test", id, name)
			}
			seen[name] = true
		}
	}
	for _, name := range tests.Mapped {
		if !seen[name] {
			problem("no behaviour covers %q", name)
		}
		if !exists[name] {
			problem("%q must be mapped, but is no conformance test", name)
		}
	}
	return problems
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}
