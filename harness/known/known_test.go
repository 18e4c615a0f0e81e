package known_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/known"
)

func load(t *testing.T, text string) (known.List, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return known.Load(file, []string{"api.patch.types[json]", "api.patch.types[merge]", "node.pods.start", "node.pods.stop"})
}

func TestTheFirstEntryThatFitsSpeaks(t *testing.T) {
	list, err := load(t, `
- id: node.pods.stop
  kind: flaky
  reason: slow disks
- {id: node.*, kind: failing, reason: no nodes, issue: "https://example.com/7"}
- id: api.patch.types[json]
  kind: failing
  reason: refuses JSON patches
`)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"node.pods.stop": journal.KnownFlaky, "node.pods.start": journal.KnownFailing, "api.patch.types[json]": journal.KnownFailing, "api.patch.types[merge]": "",
	} {
		if entry, _ := list.Find(id); entry.Kind != want {
			t.Errorf("%s: got %q, want %q", id, entry.Kind, want)
		}
	}
	if entry, _ := list.Find("node.pods.start"); entry.Issue != "https://example.com/7" || entry.Reason != "no nodes" || entry.Line != 5 {
		t.Errorf("got %+v", entry)
	}
}

func TestAnOutlineFitsAllItsRows(t *testing.T) {
	list, err := load(t, "- {id: api.patch.types, kind: failing, reason: r}")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := list.Find("api.patch.types[merge]"); !ok {
		t.Error("the row is not known")
	}
}

func TestWhatIsWrongIsNamedWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"- {id: node.*, kind: failing, reason: r}\n- {id: gone.since.long, kind: flaky, reason: r}": `known.yaml:2: no scenario has the id "gone.since.long"`,
		"\n- {id: node.*, kind: broken, reason: r}":                                                 `known.yaml:2: kind is "broken", want failing or flaky`,
		"- {id: node.*, kind: failing}":                                                             `known.yaml:1: node.* has no reason`,
		"- {kind: failing, reason: r}":                                                              `known.yaml:1: id is ""`,
		"- {id: node.*, kind: failing, reason: r, because: that}":                                   `unknown field "because"`,
		"id: node.*":                           `known.yaml:1: want a list`,
		"- node.*":                             `known.yaml:1: want an entry`,
		"- {id: [a, kind: failing, reason: r}": "known.yaml",
	} {
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v, want %s", text, err, want)
		}
	}
	if _, err := load(t, ""); err != nil {
		t.Errorf("an empty list: %v", err)
	}
}
