package scheduler

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// diagnosis says why a pod fits on no node.
type diagnosis struct {
	total   int
	general []string // reasons that do not depend on the node
	reasons map[string]int
	plugins sets.Set[string]
	// hopeful are the nodes where preemption may help.
	hopeful []*snapshot.Node
	// preemption says why preemption did not help either; empty when it did
	// or was not tried.
	preemption string
}

func newDiagnosis(total int) *diagnosis {
	return &diagnosis{total: total, reasons: map[string]int{}, plugins: sets.New[string]()}
}

func (d *diagnosis) add(node *snapshot.Node, r *refusal) {
	d.plugins.Insert(r.plugin)
	for _, reason := range r.Reasons {
		d.reasons[reason]++
	}
	if !r.Permanent {
		d.hopeful = append(d.hopeful, node)
	}
}

func (d *diagnosis) addGeneral(r *refusal) {
	d.plugins.Insert(r.plugin)
	d.general = append(d.general, r.Reasons...)
}

// message has the shape that users and tests of Kubernetes know.
func (d *diagnosis) message() string {
	if d.total == 0 {
		return "no nodes available to schedule pods"
	}
	reasons := counted(d.reasons)
	if len(d.general) > 0 {
		reasons = strings.Join(d.general, ", ")
	}
	text := summary(d.total, reasons)
	if d.preemption != "" {
		text += " preemption: " + d.preemption
	}
	return text
}

func summary(total int, reasons string) string {
	return fmt.Sprintf("0/%d nodes are available: %s.", total, reasons)
}

// counted returns "2 Insufficient cpu, 3 Too many pods", sorted.
func counted(reasons map[string]int) string {
	parts := make([]string, 0, len(reasons))
	for reason, n := range reasons {
		parts = append(parts, fmt.Sprintf("%d %s", n, reason))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
