// Package recorded holds what each behaviour of the specification asks of an API server, as it was seen in a run: the source of the least
// rights of a profile and of its coverage of the API.
package recorded

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
)

// Kit is the id under which stands what the kit asks for itself.
const Kit = "the-kit"

//go:embed calls.txt
var calls string

// Recording is what the scenarios asked for, by id.
type Recording map[string]Entry

// Entry is what one scenario asked for.
type Entry struct {
	// Digest is that of the scenario as it was written then; see Digest.
	Digest string
	Calls  []journal.Call
}

// Built returns the recording that is part of the kit.
func Built() (Recording, error) { return Read(strings.NewReader(calls)) }

// Of makes a recording of the journal of a run. Scenarios without a call, such as those that did not run, are left out.
func Of(j *journal.Journal) Recording {
	r := Recording{}
	scenarios := map[string]spec.Scenario{Kit: {}}
	for _, s := range spec.Scenarios(j.Pages) {
		scenarios[s.ID] = s
	}
	for id, seen := range j.Calls {
		id = cmp.Or(id, Kit)
		if s, ok := scenarios[id]; ok && len(seen) > 0 {
			r[id] = Entry{Digest: Digest(s), Calls: merge(seen)}
		}
	}
	return r
}

// merge counts the calls of all attempts together.
func merge(seen []journal.Call) []journal.Call {
	var merged []journal.Call
	for _, call := range seen {
		i := slices.IndexFunc(merged, func(known journal.Call) bool { return same(known, call) })
		if i < 0 {
			call.Status = slices.Clone(call.Status)
			merged = append(merged, call)
			continue
		}
		merged[i].Count += call.Count
		merged[i].Status = slices.Compact(slices.Sorted(slices.Values(append(merged[i].Status, call.Status...))))
	}
	return merged
}

func same(a, b journal.Call) bool {
	return a.Method == b.Method && a.Template == b.Template && a.Verb == b.Verb && a.Group == b.Group && a.Resource == b.Resource &&
		a.Subresource == b.Subresource && a.Namespaced == b.Namespaced && a.Namespace == b.Namespace && a.Name == b.Name && a.As == b.As
}

// Digest tells apart what a scenario does: it changes with its lines, not with its title or its place.
func Digest(s spec.Scenario) string {
	hash := sha256.New()
	for _, step := range s.Steps {
		_, _ = fmt.Fprintf(hash, "%s\n%q\n", step.Text, step.Table)
		if step.Doc != nil {
			_, _ = fmt.Fprintf(hash, "%q\n", *step.Doc)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:10]
}

// Update takes over what is newer, and forgets scenarios that are not in the specification any more.
func (r Recording) Update(newer Recording, scenarios []spec.Scenario) Recording {
	updated := maps.Clone(newer)
	for id, entry := range r {
		if _, ok := newer[id]; !ok {
			updated[id] = entry
		}
	}
	there := map[string]bool{Kit: true}
	for _, s := range scenarios {
		there[s.ID] = true
	}
	maps.DeleteFunc(updated, func(id string, _ Entry) bool { return !there[id] })
	return updated
}

// Stale lists the scenarios that were recorded when they read otherwise, or never.
func (r Recording) Stale(scenarios []spec.Scenario) []string {
	var stale []string
	for _, s := range scenarios {
		if r[s.ID].Digest != Digest(s) {
			stale = append(stale, s.ID)
		}
	}
	return stale
}

// Write writes the recording as text: a line for each scenario, and below it a line for each call.
func (r Recording) Write(w io.Writer) error {
	text := &strings.Builder{}
	text.WriteString("# Generated from the journal of a run by harness/recorded/update; do not edit.\n")
	for _, id := range slices.Sorted(maps.Keys(r)) {
		_, _ = fmt.Fprintf(text, "%s %s\n", id, r[id].Digest)
		for _, call := range r[id].Calls {
			_, _ = fmt.Fprintf(text, "\t%s\n", line(call))
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// CrossesNamespaces reports whether the scenario needs rights beyond the Namespace it is given, other than to read: it writes what is in
// no Namespace or in another one, or speaks as somebody else. What every user may ask about itself does not count.
func (e Entry) CrossesNamespaces() bool {
	return slices.ContainsFunc(e.Calls, func(c journal.Call) bool {
		reads := c.Verb == "get" || c.Verb == "list" || c.Verb == "watch"
		about := strings.HasPrefix(c.Resource, "selfsubject")
		within := c.Namespaced && c.Namespace == ""
		return c.As == "" && c.Resource != "" && !reads && !about && !within
	})
}

// EntersPods reports whether the scenario speaks with containers, so that there must be a Node that runs some.
func (e Entry) EntersPods() bool {
	return slices.ContainsFunc(e.Calls, func(c journal.Call) bool {
		return c.Resource == "pods" && slices.Contains([]string{"exec", "attach", "portforward", "log", "proxy"}, c.Subresource)
	})
}
