// Package known reads a user's list of scenarios that are known to fail or to be flaky. They still run; the list only says what their
// results mean.
package known

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/seatrial/seatrial/harness/journal"
)

// Entry is one line of thought in the list.
type Entry struct {
	// ID is the id of a scenario, of an outline, or a pattern of ids with * and ?.
	ID string
	// Kind is journal.KnownFailing or journal.KnownFlaky.
	Kind string
	// Reason says why; Issue is a link, and may be empty.
	Reason, Issue string
	// Line is where the entry begins in the file, from 1.
	Line int
}

// List is what a file says. The zero List knows nothing.
type List struct {
	// File is the name of the file, for messages.
	File    string
	entries []Entry
}

// Load reads the file, a YAML list of entries such as
//
//   - id: api.patch.types[json]
//     kind: failing
//     reason: the cluster refuses JSON patches
//     issue: https://example.com/issues/7
//
// where kind is failing or flaky. An entry that fits none of the ids is an error with its line, since a list that is not kept up hides things.
func Load(file string, ids []string) (List, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return List{}, fmt.Errorf("read known failures: %w", err)
	}
	list, err := parse(file, text)
	if err != nil {
		return List{}, fmt.Errorf("read known failures: %w", err)
	}
	var wrong []error
	for _, e := range list.entries {
		if !slices.ContainsFunc(ids, e.fits) {
			wrong = append(wrong, fmt.Errorf("%s:%d: no scenario has the id %q (seatrial list prints all)", file, e.Line, e.ID))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return List{}, err
	}
	return list, nil
}

// Find returns the first entry that fits the id.
func (l List) Find(id string) (Entry, bool) {
	for _, e := range l.entries {
		if e.fits(id) {
			return e, true
		}
	}
	return Entry{}, false
}

// fits reports whether the entry speaks of the scenario. The id of an outline fits all of its rows.
func (e Entry) fits(id string) bool {
	pattern := strings.NewReplacer("[", `\[`, "]", `\]`).Replace(e.ID)
	outline, _, _ := strings.Cut(id, "[")
	whole, _ := path.Match(pattern, id)
	rows, _ := path.Match(pattern, outline)
	return whole || rows
}

func parse(file string, text []byte) (List, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return List{}, fmt.Errorf("%s: %w", file, err)
	}
	list := List{File: file}
	if len(document.Content) == 0 {
		return list, nil
	}
	top := document.Content[0]
	if top.Kind != yaml.SequenceNode {
		return list, fmt.Errorf("%s:%d: want a list of entries with id, kind, reason and issue", file, top.Line)
	}
	for _, node := range top.Content {
		entry, err := parseEntry(node)
		if err != nil {
			return list, fmt.Errorf("%s:%d: %w", file, node.Line, err)
		}
		list.entries = append(list.entries, entry)
	}
	return list, nil
}

func parseEntry(node *yaml.Node) (Entry, error) {
	if node.Kind != yaml.MappingNode {
		return Entry{}, errors.New("want an entry with id, kind and reason")
	}
	var fields map[string]string
	if err := node.Decode(&fields); err != nil {
		return Entry{}, err
	}
	for key := range fields {
		if !slices.Contains([]string{"id", "kind", "reason", "issue"}, key) {
			return Entry{}, fmt.Errorf("unknown field %q: an entry has id, kind, reason and issue", key)
		}
	}
	entry := Entry{ID: fields["id"], Reason: fields["reason"], Issue: fields["issue"], Line: node.Line}
	switch fields["kind"] {
	case "failing":
		entry.Kind = journal.KnownFailing
	case "flaky":
		entry.Kind = journal.KnownFlaky
	default:
		return Entry{}, fmt.Errorf("kind is %q, want failing or flaky", fields["kind"])
	}
	if _, err := path.Match(entry.ID, ""); err != nil || entry.ID == "" {
		return Entry{}, fmt.Errorf("id is %q, want an id or a pattern of ids", entry.ID)
	}
	if entry.Reason == "" {
		return Entry{}, fmt.Errorf("%s has no reason", entry.ID)
	}
	return entry, nil
}
