package lint

import (
	"fmt"

	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/spec"
)

// Upstream checks a map from ids to the names of conformance tests of Kubernetes: each id must be that of a scenario, or of an outline,
// and each must name a test.
func Upstream(text []byte, pages []spec.Feature) []string {
	var tests map[string][]string
	if err := yaml.UnmarshalStrict(text, &tests); err != nil {
		return []string{"upstream.yaml: " + err.Error()}
	}
	known := map[string]bool{}
	for _, s := range spec.Scenarios(pages) {
		known[s.ID] = true
		for _, id := range s.Values("id") {
			known[id] = true
		}
	}
	var problems []string
	for id, names := range tests {
		if !known[id] {
			problems = append(problems, fmt.Sprintf("upstream.yaml: no scenario has the id %q", id))
		}
		if len(names) == 0 {
			problems = append(problems, fmt.Sprintf("upstream.yaml: %q names no test", id))
		}
	}
	return problems
}
