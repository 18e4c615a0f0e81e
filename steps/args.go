package steps

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// Args holds the parameters of a line, with its variables filled in.
type Args struct {
	values map[string]string
	text   string
	has    bool
	table  [][]string
}

func (a Args) get(name string) string { return a.values[name] }

func (a Args) given(name string) bool { return a.values[name] != "" }

func (a Args) number(name string) int {
	n, _ := strconv.Atoi(a.values[name]) // the form of the parameter is digits
	return n
}

// names reads a parameter such as: "a", "b" and "c".
func (a Args) names() []string {
	var names []string
	for i, part := range strings.Split(a.values["names"], `"`) {
		if i%2 == 1 {
			names = append(names, part)
		}
	}
	return names
}

// object reads the text below the line as one YAML map. Without text it is an empty one.
func (a Args) object() (map[string]any, error) {
	object := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(a.text), &object); err != nil {
		return nil, broken("read the YAML of the step: %w", err)
	}
	return object, nil
}

var variable = regexp.MustCompile(`\$\{([A-Za-z][A-Za-z0-9-]*)\}`)

// Variables lists the names of the ${variables} in a text.
func Variables(text string) []string {
	var names []string
	for _, match := range variable.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	return names
}

// expand fills the variables in; one that has no value is an error of the feature file.
func expand(text string, values map[string]string) (string, error) {
	var missing []string
	expanded := variable.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		value, ok := values[name]
		if !ok {
			missing = append(missing, name)
		}
		return value
	})
	if len(missing) > 0 {
		return "", broken("fill in ${%s}: there are only %s", missing[0], strings.Join(slices.Sorted(maps.Keys(values)), ", "))
	}
	return expanded, nil
}

// newArgs fills the variables in everywhere.
func newArgs(values map[string]string, text *string, table [][]string, variables map[string]string) (Args, error) {
	a := Args{values: map[string]string{}}
	var err error
	for name, value := range values {
		if a.values[name], err = expand(value, variables); err != nil {
			return Args{}, err
		}
	}
	if text != nil {
		a.has = true
		if a.text, err = expand(*text, variables); err != nil {
			return Args{}, err
		}
	}
	for _, row := range table {
		var cells []string
		for _, cell := range row {
			expanded, err := expand(cell, variables)
			if err != nil {
				return Args{}, err
			}
			cells = append(cells, expanded)
		}
		a.table = append(a.table, cells)
	}
	return a, nil
}

// broken says that the feature file or the kit is wrong, not the cluster.
func broken(format string, args ...any) error {
	return &Broken{Cause: fmt.Errorf(format, args...)}
}
