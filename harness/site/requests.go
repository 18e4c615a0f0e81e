package site

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
)

// RequestsName is the page of what the behaviours asked of the API server, when the journal tells it.
const RequestsName = "requests.html"

// requests is the page of the requests.
type requests struct {
	frame
	Kinds, Times int
	Groups       []requestGroup
}

// requestGroup is what was asked of one group of the API.
type requestGroup struct {
	Name, Anchor string
	Requests     []*request
}

// request is one operation with the behaviours that made it.
type request struct {
	Method, Path string
	Times        int
	Behaviours   int
	Examples     []*behaviour
}

// requests joins what the behaviours asked for.
func (b *book) requests() *requests {
	type operation struct{ group, path, method string }
	v := &requests{frame: newFrame("Requests", RequestsName, b.site)}
	known := map[operation]*request{}
	for _, s := range b.all() {
		counted := map[operation]bool{}
		for _, call := range s.Calls {
			op := operation{groupOf(call), cmp.Or(call.Template, call.Path), call.Method}
			if known[op] == nil {
				known[op] = &request{Method: op.method, Path: op.path}
			}
			each := known[op]
			each.Times += call.Count
			v.Times += call.Count
			if counted[op] {
				continue
			}
			counted[op] = true
			if each.Behaviours++; len(each.Examples) < shownUses {
				each.Examples = append(each.Examples, s)
			}
		}
	}
	order := make([]operation, 0, len(known))
	for op := range known {
		order = append(order, op)
	}
	slices.SortFunc(order, func(a, b operation) int {
		return cmp.Or(strings.Compare(a.group, b.group), strings.Compare(a.path, b.path), strings.Compare(a.method, b.method))
	})
	taken := map[string]bool{"contents": true}
	for _, op := range order {
		if n := len(v.Groups); n == 0 || v.Groups[n-1].Name != op.group {
			v.Groups = append(v.Groups, requestGroup{Name: op.group, Anchor: anchor("group-"+op.group, taken)})
		}
		last := &v.Groups[len(v.Groups)-1]
		last.Requests = append(last.Requests, known[op])
	}
	v.Kinds = len(order)
	return v
}

// groupOf names the group of the API that a call is of: "v1" for the core, "apps/v1", or "other" for a call that is about no resource.
func groupOf(call journal.Call) string {
	switch {
	case call.Resource == "":
		return "other"
	case call.Group == "":
		return call.Version
	}
	return call.Group + "/" + call.Version
}
