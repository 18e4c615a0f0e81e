package certify

import (
	"errors"
	"fmt"

	"sigs.k8s.io/yaml"
)

// codenames reads the names out of what e2e.test prints of its conformance tests.
func codenames(data []byte) ([]string, error) {
	var tests []struct {
		Codename string `json:"codename"`
	}
	if err := yaml.Unmarshal(data, &tests); err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	names := make([]string, 0, len(tests))
	for _, test := range tests {
		names = append(names, test.Codename)
	}
	if len(names) == 0 {
		return nil, errors.New("the list is empty")
	}
	return names, nil
}

// compare tells how the tests of a program differ from those that the cluster's version requires; empty when they do not.
func compare(names []string, minor string) string {
	required, err := Required(minor)
	if err != nil {
		return err.Error()
	}
	lacks, adds := missing(required, names), missing(names, required)
	switch {
	case len(lacks) > 0:
		return fmt.Sprintf("e2e.test lacks %d of the %d tests that Kubernetes %s requires, such as %q", len(lacks), len(required), minor, lacks[0])
	case len(adds) > 0:
		return fmt.Sprintf("e2e.test has %d tests beyond the %d that Kubernetes %s requires, such as %q", len(adds), len(required), minor, adds[0])
	}
	return ""
}
