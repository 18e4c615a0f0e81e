package rules

import (
	"maps"
	"slices"
)

// Claims merges the rules of all owners, which are services and pods. When
// two claim the same frontend, the owner whose name sorts first has it, so
// the outcome does not depend on the order of events.
type Claims struct {
	owners map[string]Set
	byKey  map[Frontend]map[string]struct{}
}

// Change is a difference between two sets of rules.
type Change struct {
	Put    Set
	Remove []Frontend
}

// Empty says whether nothing has changed.
func (c Change) Empty() bool { return len(c.Put)+len(c.Remove) == 0 }

// NewClaims returns claims without an owner.
func NewClaims() *Claims {
	return &Claims{owners: map[string]Set{}, byKey: map[Frontend]map[string]struct{}{}}
}

// Replace sets the rules of the owners (none means that it is gone) and
// returns what changes for the whole, at a cost that depends only on them.
func (c *Claims) Replace(owners map[string]Set) Change {
	before := map[Frontend]*Rule{}
	for owner, now := range owners {
		for _, set := range []Set{c.owners[owner], now} {
			for f := range set {
				if _, seen := before[f]; !seen {
					before[f] = c.at(f)
				}
			}
		}
	}
	for owner, now := range owners {
		c.replace(owner, now)
	}
	change := Change{Put: Set{}}
	for f, old := range before {
		switch now := c.at(f); {
		case now == nil && old != nil:
			change.Remove = append(change.Remove, f)
		case now != nil && (old == nil || !old.Equal(*now)):
			change.Put[f] = *now
		}
	}
	slices.SortFunc(change.Remove, Frontend.Compare)
	return change
}

// All returns the whole.
func (c *Claims) All() Set {
	all := make(Set, len(c.byKey))
	for f := range c.byKey {
		all[f] = *c.at(f)
	}
	return all
}

func (c *Claims) replace(owner string, now Set) {
	for f := range c.owners[owner] {
		delete(c.byKey[f], owner)
		if len(c.byKey[f]) == 0 {
			delete(c.byKey, f)
		}
	}
	if len(now) == 0 {
		delete(c.owners, owner)
		return
	}
	c.owners[owner] = now
	for f := range now {
		if c.byKey[f] == nil {
			c.byKey[f] = map[string]struct{}{}
		}
		c.byKey[f][owner] = struct{}{}
	}
}

func (c *Claims) at(f Frontend) *Rule {
	owners := c.byKey[f]
	if len(owners) == 0 {
		return nil
	}
	first := slices.Min(slices.Collect(maps.Keys(owners)))
	rule := c.owners[first][f]
	return &rule
}
