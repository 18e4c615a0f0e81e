package scheduler

import (
	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// find returns the best node for the pod, or why there is none.
func (s *Scheduler) find(pod *snapshot.Pod) (*snapshot.Node, *diagnosis, error) {
	feasible, why, err := s.feasible(pod)
	if err != nil || len(feasible) == 0 {
		return nil, why, err
	}
	return s.best(pod, feasible), nil, nil
}

// feasible returns enough nodes that can run the pod, or a diagnosis of all.
func (s *Scheduler) feasible(pod *snapshot.Pod) ([]*snapshot.Node, *diagnosis, error) {
	why := newDiagnosis(len(s.nodes.Nodes()))
	if why.total == 0 {
		return nil, why, nil
	}
	j, err := newJudge(s.plugins, pod, &s.nodes)
	if err != nil {
		return nil, nil, err
	}
	if j.reject != nil {
		why.addGeneral(j.reject)
		if !j.reject.Permanent {
			why.hopeful = s.nodes.Nodes()
		}
		return nil, why, nil
	}
	crowded, err := s.crowded(pod)
	if err != nil {
		return nil, nil, err
	}
	if name := s.nominations.node(pod.UID); name != "" {
		// The room that preemption made for the pod comes first.
		if node := s.nodes.Node(name); node != nil && j.allows(name) && s.fits(node, j, crowded) == nil {
			return []*snapshot.Node{node}, nil, nil
		}
	}
	if found := s.search(j, crowded, why); len(found) > 0 {
		return found, nil, nil
	}
	return nil, why, nil
}

// search goes round the nodes, beginning where the last search ended, until
// it has found enough. Nodes that fail are added to the diagnosis.
func (s *Scheduler) search(j *judge, crowded *crowd, why *diagnosis) []*snapshot.Node {
	nodes := j.candidates(&s.nodes)
	want := enough(len(nodes))
	var found []*snapshot.Node
	seen := 0
	for ; seen < len(nodes) && len(found) < want; seen++ {
		node := nodes[(s.next+seen)%len(nodes)]
		if r := s.fits(node, j, crowded); r != nil {
			why.add(node, r)
		} else {
			found = append(found, node)
		}
	}
	if len(nodes) > 0 {
		s.next = (s.next + seen) % len(nodes)
	}
	if len(found) == 0 && j.nodes != nil {
		for _, node := range s.nodes.Nodes() { // say why the others were not even tried
			if !j.nodes.Has(node.Name) {
				if r := j.test(node); r != nil {
					why.add(node, r)
				}
			}
		}
	}
	return found
}

// enough is how many feasible nodes are found before one of them is chosen:
// all of a small cluster, 10 % of 5,000 nodes, as the documentation of
// percentageOfNodesToScore describes.
func enough(nodes int) int {
	const least = 100
	if nodes <= least {
		return nodes
	}
	percent := max(50-nodes/125, 5)
	return max(nodes*percent/100, least)
}

// crowd is how things would be if the nominated pods were there already.
type crowd struct {
	judge *judge
	nodes map[string]*snapshot.Node
}

// crowded returns nil when no nomination matters to the pod.
func (s *Scheduler) crowded(pod *snapshot.Pod) (*crowd, error) {
	nominated := s.nominations.before(pod)
	if len(nominated) == 0 {
		return nil, nil
	}
	c := &crowd{nodes: map[string]*snapshot.Node{}}
	var changed []*snapshot.Node
	for name, pods := range nominated {
		if node := s.nodes.Node(name); node != nil {
			c.nodes[name] = node.With(pods...)
			changed = append(changed, c.nodes[name])
		}
	}
	var err error
	c.judge, err = newJudge(s.plugins, pod, s.nodes.With(changed...))
	return c, err
}

// fits tests the node as it is, and as it would be with the nominated pods,
// since these may or may not come.
func (s *Scheduler) fits(node *snapshot.Node, j *judge, crowded *crowd) *refusal {
	if crowded != nil {
		if full := crowded.nodes[node.Name]; full != nil {
			if r := crowded.judge.test(full); r != nil {
				return r
			}
		}
	}
	return j.test(node)
}

// best returns the node with the highest sum of weighted scores; of equals, a
// random one.
func (s *Scheduler) best(pod *snapshot.Pod, nodes []*snapshot.Node) *snapshot.Node {
	if len(nodes) == 1 {
		return nodes[0]
	}
	total := make([]int64, len(nodes))
	scores := make([]int64, len(nodes))
	for _, p := range s.plugins {
		scorer, ok := p.Plugin.(plugin.Score)
		if !ok {
			continue
		}
		clear(scores)
		if scorer.Score(pod, &s.nodes, nodes, scores) {
			for i := range total {
				total[i] += p.Weight * scores[i]
			}
		}
	}
	best, ties := 0, 1
	for i := 1; i < len(total); i++ {
		switch {
		case total[i] > total[best]:
			best, ties = i, 1
		case total[i] == total[best]:
			if ties++; s.random.IntN(ties) == 0 {
				best = i
			}
		}
	}
	return nodes[best]
}
