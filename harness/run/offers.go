package run

import (
	"context"

	"github.com/seatrial/seatrial/harness/capability"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
)

// Claims are what the user knows better about the cluster than can be detected.
type Claims struct {
	// Offer and Lack name capabilities that the cluster has and has not.
	Offer, Lack []string
}

// detect finds out what the cluster offers, and writes it into the journal's first record. What only a trial can tell is tried when a
// selected scenario needs it.
func (r *runner) detect(ctx context.Context, now *journal.Run) error {
	bounded, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	var look capability.Options
	if len(r.Namespaces) > 0 {
		look.Namespace = r.Namespaces[0]
	}
	found, err := capability.Detect(bounded, r.cluster, look)
	if err != nil {
		return &Unreachable{err}
	}
	if found, err = found.Override(r.Offer, r.Lack); err != nil {
		return err
	}
	needed := needs(r.Scenarios)
	if unknown := found.Unknown(needed); len(unknown) > 0 {
		if found, err = r.probe(ctx, found, unknown); err != nil {
			return err
		}
	}
	r.offers = found
	now.Capabilities, now.Absent = found.Summary(needed)
	return nil
}

// probe tries capabilities in a Namespace of the run. Where there can be none, they stay unknown, which is no error of the run.
func (r *runner) probe(ctx context.Context, found capability.Set, unknown []string) (capability.Set, error) {
	namespace, err := r.rooms.take(ctx, "capability.probe")
	if err != nil {
		return found, nil //nolint:nilerr // the scenarios will say why
	}
	defer r.rooms.release(namespace)
	return found.Probe(ctx, r.cluster, namespace, unknown)
}

// needs lists what the scenarios need, each once.
func needs(scenarios []spec.Scenario) []string {
	var all []string
	seen := map[string]bool{}
	for _, s := range scenarios {
		for _, need := range s.Values("needs") {
			if !seen[need] {
				seen[need] = true
				all = append(all, need)
			}
		}
	}
	return all
}
