package certify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/verdict"
)

// Summary writes a report for people: what failed, grouped by what the tests said, and which tests took longest.
func Summary(r Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Conformance tests: %s\n\n", r.Outcome)
	fmt.Fprintf(&b, "%s of %d tests in %s.\n\n", countText(r.Counts), len(r.Results), duration(r.Seconds))
	if r.Reason != "" {
		fmt.Fprintf(&b, "**%s**\n\n", r.Reason)
	}
	fmt.Fprintf(&b, "| | |\n|---|---|\n| Cluster | %s |\n| Kubernetes | %s |\n| Tests | e2e.test %s |\n| Started | %s |\n| Submission | %s |\n\n",
		r.Cluster, r.Server, r.Tests, r.Started.UTC().Format("2006-01-02 15:04:05 UTC"), r.Submission)
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "- %s\n", note)
	}
	if len(r.Notes) > 0 {
		b.WriteString("\n")
	}
	for _, section := range []struct {
		title string
		state State
	}{{"Failed", Failed}, {"Skipped by themselves: the cluster lacks what they need", Skipped}, {"Interrupted", Interrupted}} {
		writeGroups(&b, section.title, withState(r.Results, section.state))
	}
	if left := withState(r.Results, NotRun); len(left) > 0 {
		fmt.Fprintf(&b, "## Not run (%d)\n\n", len(left))
		for _, t := range left {
			fmt.Fprintf(&b, "- %s\n", t.Name)
		}
		b.WriteString("\n")
	}
	writeSlowest(&b, r.Results)
	if r.Counts[verdict.Passed] > 0 {
		b.WriteString("This is a run of upstream's conformance tests. It is no certification: only the CNCF certifies, by a pull request to\n" +
			"https://github.com/cncf/k8s-conformance. What `seatrial run` says of its own behaviours plays no part in that.\n")
	}
	return b.String()
}

func withState(tests []Test, state State) []Test {
	return slices.DeleteFunc(slices.Clone(tests), func(t Test) bool { return t.State != state })
}

// writeGroups lists tests under what they said, the largest group first.
func writeGroups(b *strings.Builder, title string, tests []Test) {
	if len(tests) == 0 {
		return
	}
	fmt.Fprintf(b, "## %s (%d)\n\n", title, len(tests))
	for _, group := range groups(tests) {
		fmt.Fprintf(b, "### %s (%d)\n\n", oneLine(group[0].Why), len(group))
		for _, t := range group {
			fmt.Fprintf(b, "- %s (%.0f s)\n", t.Name, t.Seconds)
			if t.Why != group[0].Why {
				fmt.Fprintf(b, "  %s\n", oneLine(t.Why))
			}
		}
		b.WriteString("\n")
	}
}

// oneLine keeps what a test said from being taken for markup, and short.
func oneLine(text string) string {
	const longest = 300
	if text == "" {
		return "no message"
	}
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + " ..."
	}
	return strings.NewReplacer("<", "&lt;", "`", "'", "|", "\\|").Replace(text)
}

// varying is what differs between the messages of one cause: names with a random end, numbers, addresses.
var varying = regexp.MustCompile(`"[^"]*"|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|[\w./-]*\d[\w./:-]*`)

// groups puts tests together that said the same but for names and numbers.
func groups(tests []Test) [][]Test {
	at := map[string]int{}
	var all [][]Test
	for _, t := range tests {
		cause := varying.ReplaceAllString(t.Why, "*")
		i, known := at[cause]
		if !known {
			i = len(all)
			at[cause] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], t)
	}
	slices.SortStableFunc(all, func(a, b []Test) int { return len(b) - len(a) })
	return all
}

func writeSlowest(b *strings.Builder, tests []Test) {
	const few = 10
	sorted := slices.SortedStableFunc(slices.Values(tests), func(a, b Test) int {
		switch {
		case a.Seconds > b.Seconds:
			return -1
		case a.Seconds < b.Seconds:
			return 1
		}
		return 0
	})
	b.WriteString("## Slowest\n\n| s | test |\n|---:|---|\n")
	for _, t := range sorted[:min(few, len(sorted))] {
		if t.Seconds > 0 {
			fmt.Fprintf(b, "| %.0f | %s |\n", t.Seconds, oneLine(t.Name))
		}
	}
	b.WriteString("\n")
}
