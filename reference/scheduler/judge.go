package scheduler

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/plugins"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// judge tests nodes for one pod with all plugins that have something to say.
type judge struct {
	checks []check
	nodes  sets.Set[string] // nil means all
	reject *refusal         // set when no node can do
}

type check struct {
	plugin string
	test   func(*snapshot.Node) *plugin.Rejection
}

// refusal is a rejection with the plugin that made it.
type refusal struct {
	*plugin.Rejection
	plugin string
}

func newJudge(all []plugins.Weighted, pod *snapshot.Pod, cluster *snapshot.Snapshot) (*judge, error) {
	j := &judge{}
	for _, p := range all {
		filter, ok := p.Plugin.(plugin.Filter)
		if !ok {
			continue
		}
		c, err := filter.Filter(pod, cluster)
		if err != nil {
			return nil, fmt.Errorf("plugin %s: %w", p.Name(), err)
		}
		if c.Reject != nil {
			j.reject = &refusal{c.Reject, p.Name()}
			return j, nil
		}
		if c.Nodes != nil {
			if j.nodes == nil {
				j.nodes = c.Nodes
			} else {
				j.nodes = j.nodes.Intersection(c.Nodes)
			}
		}
		if c.Test != nil {
			j.checks = append(j.checks, check{p.Name(), c.Test})
		}
	}
	return j, nil
}

// test returns nil when the pod can run on the node.
func (j *judge) test(node *snapshot.Node) *refusal {
	if j.reject != nil {
		return j.reject
	}
	for i := range j.checks {
		if r := j.checks[i].test(node); r != nil {
			return &refusal{r, j.checks[i].plugin}
		}
	}
	return nil
}

// allows says whether the node comes into question at all.
func (j *judge) allows(name string) bool { return j.nodes == nil || j.nodes.Has(name) }

// candidates returns the nodes that come into question.
func (j *judge) candidates(cluster *snapshot.Snapshot) []*snapshot.Node {
	if j.nodes == nil {
		return cluster.Nodes()
	}
	var nodes []*snapshot.Node
	for name := range j.nodes {
		if node := cluster.Node(name); node != nil {
			nodes = append(nodes, node)
		}
	}
	return nodes
}
