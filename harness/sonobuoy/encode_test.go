package sonobuoy

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// TestAnyTextCanBeKept has every character below U+3000 and some above in the reason of a failure.
func TestAnyTextCanBeKept(t *testing.T) {
	var every strings.Builder
	for r := range rune(0x3000) {
		every.WriteRune(r)
	}
	every.WriteString("\uFEFF\uFFFE\uFFFF\uFFFD\U0001F600 \xff \x1b[31mred\x1b[0m")
	for name, text := range map[string]string{
		"every character": every.String(), "like YAML": "- a: b\n  # not a comment\n\t'\"{}[]%@`", "like other types": "true", "a number": "0o17", "nothing": "",
	} {
		j := sample(journal.Result{Verdict: verdict.Failed, FailedStep: -1, Why: text, Failures: []string{text}, Evidence: []string{text}})
		if err := Archive(io.Discard, j, t.TempDir()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		out, err := encode(noResults(fmt.Errorf("%s", text)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var back Item
		if err := yaml.UnmarshalStrict(out, &back); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, want := back.Items[0].Details["error"], clean(text); got != want {
			t.Errorf("%s: %q has become %q", name, want, got)
		}
	}
}
