package inventory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
)

// Compare tells what a run left in the cluster and what it touched of what was there before. On a cluster that others use at the same
// time, it reports only what carries a sign of the kit: its labels, its field manager, or the name of one of its Namespaces. What
// kubectl wrote, or what is gone without a trace, is reported as something that may be the run's, and only where the kit's scenarios
// reach outside their Namespaces: in the cluster at large and in the Namespaces of the system.
func Compare(before, after Snapshot, runID string) journal.Isolation {
	c := &comparison{before: before, after: after, run: runID, own: map[string]bool{}, foreign: map[string]bool{}}
	c.namespaces()
	for key, now := range after.objects {
		was, known := before.objects[key]
		switch {
		case c.foreignTo(key, now):
		case now.run == runID:
			c.labelled(key, now)
		case c.own[key.namespace]:
		case known:
			c.changed(key, was, now)
		case !c.unknownBefore(key.kind):
			c.appeared(key, now)
		}
	}
	for key, was := range before.objects {
		if _, still := after.objects[key]; !still && after.listed[key.kind] && !c.foreignTo(key, was) && was.run != runID && !c.own[key.namespace] {
			c.gone(key, was)
		}
	}
	sorted(c.found.Left)
	sorted(c.found.Touched)
	c.found.Kinds, c.found.Objects = len(after.listed), len(after.objects)
	c.found.Unlisted = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(before.Unlisted), after.Unlisted...))))
	return c.found
}

func sorted(objects []journal.Object) {
	slices.SortFunc(objects, func(a, b journal.Object) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
}

type comparison struct {
	before, after Snapshot
	run           string
	// own are the Namespaces of the run, foreign those of other runs.
	own, foreign map[string]bool
	found        journal.Isolation
}

// namespaces finds those of the run, also those that are gone by now, and those of other runs.
func (c *comparison) namespaces() {
	for _, snapshot := range []Snapshot{c.before, c.after} {
		for key, m := range snapshot.objects {
			switch {
			case key.kind != "Namespace" || m.run == "":
			case m.run == c.run:
				c.own[key.name] = true
			default:
				c.foreign[key.name] = true
			}
		}
	}
}

// foreignTo reports whether an object belongs to another run of the kit.
func (c *comparison) foreignTo(key key, m mark) bool {
	return m.run != "" && m.run != c.run || c.foreign[key.namespace]
}

// unknownBefore reports whether nobody knows which objects of a kind there were before.
func (c *comparison) unknownBefore(kind string) bool {
	_, group, _ := strings.Cut(kind, ".")
	return c.before.unknown[kind] || c.before.unknown["."+group]
}

// system are the Namespaces that belong to nobody who works on the cluster.
func system(namespace string) bool {
	return namespace == "" || namespace == "default" || strings.HasPrefix(namespace, "kube-")
}

func (c *comparison) left(key key, m mark, what string) {
	c.found.Left = append(c.found.Left, object(key, m, what))
}

func (c *comparison) touched(key key, m mark, what string) {
	c.found.Touched = append(c.found.Touched, object(key, m, what))
}

func object(key key, m mark, what string) journal.Object {
	kind, _, _ := strings.Cut(key.kind, ".")
	return journal.Object{Kind: kind, Namespace: key.namespace, Name: key.name, Scenario: m.scenario, What: what}
}
