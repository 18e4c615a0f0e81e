// Package coverage tells which operations of the Kubernetes API a run has touched, and which none of its behaviours did. To touch an
// operation is not to test it: it is the least that a test must do.
package coverage

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
)

//go:embed operations.tsv
var published string

// Operation is one method of one path of the OpenAPI document of Kubernetes, in a stable version.
type Operation struct {
	ID     string `json:"operationId"`
	Method string `json:"method"`
	Path   string `json:"path"`
	// Group and Resource part the table: "apps" and "deployments/scale". The core group is "core", what is about no resource "-".
	Group    string `json:"group"`
	Resource string `json:"resource"`
	// Ineligible is why upstream's conformance tests need not touch it; empty for one that counts.
	Ineligible string `json:"ineligible,omitempty"`
}

// Operations lists what there is in Kubernetes v1.36.
func Operations() ([]Operation, error) {
	var all []Operation
	for number, line := range strings.Split(strings.TrimRight(published, "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		const columns = 4
		fields := strings.Split(line, "\t")
		if len(fields) != columns {
			return nil, fmt.Errorf("read operations: line %d has %d columns", number+1, len(fields))
		}
		o := Operation{Path: fields[0], Method: fields[1], ID: fields[2], Ineligible: fields[3]}
		o.Group, o.Resource = place(o.Path)
		all = append(all, o)
	}
	return all, nil
}

// place finds the group and the resource of a path.
func place(path string) (group, resource string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var rest []string
	switch {
	case parts[0] == "api" && len(parts) > 1:
		group, rest = "core", parts[2:]
	case parts[0] == "apis" && len(parts) > 1:
		group, rest = parts[1], parts[min(len(parts), 3):]
	default:
		return "-", "-"
	}
	if len(rest) > 2 && rest[0] == "namespaces" && rest[1] == "{namespace}" {
		rest = rest[2:]
	}
	switch {
	case len(rest) == 0:
		return group, "-"
	case len(rest) > 2:
		return group, rest[0] + "/" + rest[2]
	}
	return group, rest[0]
}

// Touched is an operation with the behaviours that touched it.
type Touched struct {
	Operation
	// By lists their ids; the empty list means none.
	By []string `json:"by"`
}

// Report is the coverage of a run.
type Report struct {
	Operations []Touched `json:"operations"`
	// Other counts the requests that are no operation of the list: other versions, custom resources, other paths.
	Other int `json:"otherRequests"`
}

// Measure books the calls of behaviours, by their ids. A refused request has touched its operation, one without an answer has not.
func Measure(operations []Operation, calls map[string][]journal.Call) Report {
	report := Report{Operations: make([]Touched, len(operations))}
	index := map[string]int{}
	for i, o := range operations {
		report.Operations[i] = Touched{Operation: o, By: []string{}}
		index[key(o.Method, o.Path)] = i
	}
	for id, seen := range calls {
		for _, call := range seen {
			if call.Method == "" {
				continue
			}
			if i, ok := index[key(call.Method, call.Template)]; ok {
				report.Operations[i].By = append(report.Operations[i].By, id)
			} else {
				report.Other += call.Count
			}
		}
	}
	for i := range report.Operations {
		by := &report.Operations[i].By
		slices.Sort(*by)
		*by = slices.Compact(*by)
	}
	return report
}

// key is the same for the ways to write one path.
func key(method, path string) string { return method + " " + strings.TrimSuffix(path, "/") }

// Counts sums up.
type Counts struct {
	Touched int `json:"touched"`
	All     int `json:"all"`
	// Single is how many are touched by one behaviour only.
	Single int `json:"single"`
}

// Percent is the touched part, 0 to 100.
func (c Counts) Percent() float64 {
	if c.All == 0 {
		return 0
	}
	return 100 * float64(c.Touched) / float64(c.All)
}

func (c *Counts) add(t Touched) {
	c.All++
	switch len(t.By) {
	case 0:
	case 1:
		c.Touched++
		c.Single++
	default:
		c.Touched++
	}
}

// Eligible counts the operations that upstream's conformance tests must touch.
func (r Report) Eligible() Counts {
	return r.count(func(t Touched) bool { return t.Ineligible == "" })
}

// Ineligible counts the others of the list, of which many matter to users: RBAC, NetworkPolicy, HorizontalPodAutoscaler.
func (r Report) Ineligible() Counts {
	return r.count(func(t Touched) bool { return t.Ineligible != "" })
}

func (r Report) count(which func(Touched) bool) Counts {
	var counts Counts
	for _, t := range r.Operations {
		if which(t) {
			counts.add(t)
		}
	}
	return counts
}

// Row is a line of the table.
type Row struct {
	Group    string `json:"group"`
	Resource string `json:"resource"`
	Counts
	// Untouched lists the operations that no behaviour touches.
	Untouched []string `json:"untouched,omitempty"`
}

// Rows lists the eligible operations by group and resource.
func (r Report) Rows() []Row {
	var rows []Row
	index := map[[2]string]int{}
	for _, t := range r.Operations {
		if t.Ineligible != "" {
			continue
		}
		at := [2]string{t.Group, t.Resource}
		i, ok := index[at]
		if !ok {
			i = len(rows)
			index[at] = i
			rows = append(rows, Row{Group: t.Group, Resource: t.Resource})
		}
		rows[i].add(t)
		if len(t.By) == 0 {
			rows[i].Untouched = append(rows[i].Untouched, t.ID)
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Resource, b.Resource)) })
	return rows
}
