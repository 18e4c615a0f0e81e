package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// boundaries lists what the packages of a tree must never import, and why. A rule about a tree that does not exist is a fault of the rule.
var boundaries = []struct{ tree, never, why string }{
	{"./steps/...", "github.com/seatrial/seatrial/reference", "scenarios see a cluster only through its API"},
	{"./steps/...", "github.com/seatrial/seatrial/harness", "the vocabulary does not know who speaks it"},
	{"./features/...", "github.com/seatrial/seatrial/reference", "the specification is of Kubernetes, not of the reference"},
	{"./harness/...", "github.com/seatrial/seatrial/reference", "the harness judges any cluster, not only ours"},
	{"./harness/spec/...", "k8s.io/", "feature files are text"},
	{"./harness/journal/...", "k8s.io/", "a journal can be read without a cluster"},
	{"./harness/report/...", "k8s.io/", "a report is made of the journal alone"},
	{"./harness/site/...", "k8s.io/", "a site is made of the journal and the features alone"},
	{"./harness/sonobuoy/...", "k8s.io/", "Sonobuoy is served from the journal alone"},
	{"./harness/diff/...", "k8s.io/", "runs are compared without a cluster"},
	{"./reference/...", "github.com/seatrial/seatrial/steps", "the judged does not know its judge"},
	{"./reference/...", "github.com/seatrial/seatrial/harness", "the judged does not know its judge"},
	{"./reference/...", "github.com/seatrial/seatrial/features", "the judged does not know its judge"},
	{"./...", "k8s.io/kubernetes", "an independent implementation"},
	{"./...", "github.com/vmware-tanzu", "Sonobuoy is a witness in fixtures/sonobuoy, not a dependency"},
}

func TestBoundaries(t *testing.T) {
	imports := map[string][]string{}
	for _, b := range boundaries {
		found := imports[b.tree]
		if found == nil {
			found = list(t, b.tree)
			imports[b.tree] = found
		}
		for _, line := range found {
			words := strings.Fields(line)
			if i := slices.IndexFunc(words[1:], func(imported string) bool { return within(imported, b.never) }); i >= 0 {
				t.Errorf("%s imports %s: %s", words[0], words[i+1], b.why)
			}
		}
	}
}

// list gives a line for each package of the tree and of its tests: its path and what it imports.
func list(t *testing.T, tree string) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-e", "-test", "-f", `{{.ImportPath}} {{join .Imports " "}}`, tree)
	command.Dir = ".."
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list %s: %v", tree, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) == 0 || lines[0] == "" {
		t.Fatalf("go list %s finds nothing", tree)
	}
	return lines
}

func within(imported, tree string) bool {
	return imported == strings.TrimSuffix(tree, "/") || strings.HasPrefix(imported, strings.TrimSuffix(tree, "/")+"/")
}
