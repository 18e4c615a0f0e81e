package certify

import (
	"errors"
	"regexp"
	"slices"
	"testing"
)

func TestRequiredHasAllTestsOfEachVersion(t *testing.T) {
	for version, want := range map[string]int{"v1.34": 424, "v1.35": 441, "v1.36": 446, "v1.37": 462} {
		names, err := Required(version)
		if err != nil {
			t.Fatal(err)
		}
		unique := slices.Compact(slices.Sorted(slices.Values(names)))
		serials := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !Serial(name) })
		if len(unique) != want || len(serials) != 29 {
			t.Errorf("Kubernetes %s has %d tests, of them %d serial; want %d and 29", version, len(unique), len(serials), want)
		}
		for _, name := range names {
			if !regexp.MustCompile(`^\[sig-[a-z-]+\] .*\[Conformance\]`).MatchString(name) {
				t.Errorf("Kubernetes %s has a test %q", version, name)
			}
		}
	}
	if _, err := Required("v1.12"); !errors.Is(err, ErrUnknownVersion) {
		t.Errorf("the tests of v1.12: %v", err)
	}
}

func TestMinor(t *testing.T) {
	for version, want := range map[string]string{
		"v1.36.3": "v1.36", "v1.36": "v1.36", "v1.36.3+k3s1": "v1.36", "v1.36.0-eks-1": "v1.36", "v1.36+": "v1.36",
		"1.36.3": "", "v1.3": "", "v1.360.1": "", "": "", "v2.36.1": "",
	} {
		if got := Minor(version); got != want {
			t.Errorf("Minor(%q) = %q, want %q", version, got, want)
		}
	}
}

func TestSelect(t *testing.T) {
	names := []string{"[sig-a] one [Conformance]", "[sig-a] two [Slow] [Conformance]", "[sig-b] one [Conformance]"}
	for _, c := range []struct {
		focus, skip string
		want        []string
	}{
		{"", "", names},
		{"sig-a", "", names[:2]},
		{"", `\[Slow\]`, []string{names[0], names[2]}},
		{"one", "sig-b", names[:1]},
	} {
		got, err := Select(names, c.focus, c.skip)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("Select(%q, %q) = %q, %v", c.focus, c.skip, got, err)
		}
	}
	if _, err := Select(names, "(", ""); err == nil {
		t.Error("a broken expression is accepted")
	}
}

// Ginkgo matches the expression against the title of the suite and the name of the test.
func TestExactlyMatchesNoOtherTest(t *testing.T) {
	names, err := Required("v1.36")
	if err != nil {
		t.Fatal(err)
	}
	for _, some := range [][]string{names[:1], names[100:110], names} {
		expression := regexp.MustCompile(exactly(some))
		for _, name := range names {
			if got := expression.MatchString("Kubernetes e2e suite " + name); got != slices.Contains(some, name) {
				t.Fatalf("of %d tests, %q matches: %v", len(some), name, got)
			}
		}
		if expression.MatchString(some[0] + " and more") {
			t.Error("it matches the beginning of a longer name")
		}
	}
}
