// Package certify runs upstream's own conformance tests against a cluster, collects what the CNCF asks for of a certified product, and
// checks such a submission offline. It runs upstream's programs e2e.test and ginkgo; the behaviours of this project certify nothing.
package certify

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// lists holds the names of the conformance tests, a file for each minor version; see fixtures/upstream/generate.
//
//go:embed lists
var lists embed.FS

// ErrUnknownVersion says that the names of a version's tests are not known to this program.
var ErrUnknownVersion = errors.New("its conformance tests are not known here")

const (
	conformance = "[Conformance]"
	serial      = "[Serial]"
)

// Required returns the names of the tests that a cluster of this minor version, such as "v1.36", must pass; ErrUnknownVersion when this
// program is older or newer than that.
func Required(minor string) ([]string, error) {
	content, err := fs.ReadFile(lists, "lists/"+minor+".txt")
	if err != nil {
		return nil, fmt.Errorf("Kubernetes %s: %w; known are %s", minor, ErrUnknownVersion, strings.Join(Versions(), ", ")) //nolint:staticcheck // a name
	}
	var names []string
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			names = append(names, line)
		}
	}
	return names, nil
}

// Versions lists the minor versions that Required knows, the oldest first.
func Versions() []string {
	entries, _ := fs.ReadDir(lists, "lists") // it is compiled in
	versions := make([]string, 0, len(entries))
	for _, entry := range entries {
		versions = append(versions, strings.TrimSuffix(entry.Name(), ".txt"))
	}
	return versions
}

var minorPattern = regexp.MustCompile(`^(v1\.[0-9]{2})(\.|\+|-|$)`)

// Minor returns the minor version of a version: "v1.36" of "v1.36.3+k3s1". It is empty when the text is no version.
func Minor(version string) string {
	match := minorPattern.FindStringSubmatch(version)
	if match == nil {
		return ""
	}
	return match[1]
}

// Serial tells whether a test must have the cluster to itself.
func Serial(name string) bool { return strings.Contains(name, serial) }

// Select returns those of the names that match focus and do not match skip. Empty expressions take everything and skip nothing.
func Select(names []string, focus, skip string) ([]string, error) {
	in, err := regexp.Compile(focus)
	if err != nil {
		return nil, fmt.Errorf("read focus: %w", err)
	}
	out, err := regexp.Compile(skip)
	if err != nil {
		return nil, fmt.Errorf("read skip: %w", err)
	}
	var selected []string
	for _, name := range names {
		if in.MatchString(name) && (skip == "" || !out.MatchString(name)) {
			selected = append(selected, name)
		}
	}
	return selected, nil
}

// exactly is an expression that matches these tests and no other one.
func exactly(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = regexp.QuoteMeta(name)
	}
	return "(" + strings.Join(quoted, "|") + ")$"
}

// missing returns the names of want that have does not hold.
func missing(want, have []string) []string {
	held := make(map[string]bool, len(have))
	for _, name := range have {
		held[name] = true
	}
	return slices.DeleteFunc(slices.Clone(want), func(name string) bool { return held[name] })
}
