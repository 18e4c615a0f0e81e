package env

import "testing"

// https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
func TestExpand(t *testing.T) {
	lookup := Lookup([]Var{{"A", "one"}, {"EMPTY", ""}, {"NESTED", "$(A)"}})
	for text, want := range map[string]string{
		"":                  "",
		"plain":             "plain",
		"$(A)":              "one",
		"x$(A)y$(A)z":       "xoneyonez",
		"$(EMPTY)":          "",
		"$(UNKNOWN)":        "$(UNKNOWN)",
		"$$(A)":             "$(A)",
		"$$$(A)":            "$one",
		"$$$$(A)":           "$$(A)",
		"$(A":               "$(A",
		"$A":                "$A",
		"$":                 "$",
		"a$":                "a$",
		"$$":                "$",
		"$(NESTED)":         "$(A)",
		"$(A)$(UNKNOWN)$$A": "one$(UNKNOWN)$A",
		"$()":               "$()",
		"/data/$(A)/x":      "/data/one/x",
	} {
		if got := Expand(text, lookup); got != want {
			t.Errorf("Expand(%q) = %q; want %q", text, got, want)
		}
	}
}
