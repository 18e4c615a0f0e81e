package run

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// adopt takes over how the run that is resumed was begun. What contradicts it would make one report of two different runs.
func (p *Plan) adopt() error {
	was := p.past.Run
	switch {
	case len(p.past.Order) == 0:
		return errors.New("it was killed before it had selected anything: begin a new run")
	case p.Selection != "" && p.Selection != was.Selection:
		return fmt.Errorf("it selected %q and not %q: leave --tags out, or begin a new run", was.Selection, p.Selection)
	case p.Profile.Name != "" && p.Profile.Name != was.Profile:
		return fmt.Errorf("its profile was %q and not %q: leave --profile out, or begin a new run", was.Profile, p.Profile.Name)
	case p.Kit != was.Kit:
		return fmt.Errorf("it was begun by version %q of the kit and this is %q: begin a new run", was.Kit, p.Kit)
	case p.Budget != 0:
		return errors.New("it runs what was planned: leave --budget out")
	case (p.Repeat != 0 && p.Repeat != was.Repeat) || (p.Retries != 0 && p.Retries != was.Retries):
		return fmt.Errorf("it repeats scenarios %d times and retries them %d times: leave --repeat and --retries out, or begin a new run", was.Repeat, was.Retries)
	case len(unfinished(p.past)) == 0:
		return errors.New("every scenario has its result, so there is nothing left to do")
	}
	p.Selection, p.Repeat, p.Retries = was.Selection, was.Repeat, was.Retries
	if was.Repeat < 0 {
		p.Repeat, p.UntilFail = 0, true
	}
	if len(p.Namespaces) == 0 {
		p.Namespaces = was.Namespaces
	}
	p.Shuffle, p.Seed = was.Seed != 0, was.Seed
	p.Profile = Profile{} // what it asks for is in the journal
	return nil
}

// unfinished lists the scenarios that have no verdict and were to have one.
func unfinished(j *journal.Journal) []string {
	return slices.DeleteFunc(slices.Clone(j.Order), func(id string) bool {
		return j.Result(id).Verdict != verdict.NotRun || slices.Contains(j.Unfit, id)
	})
}

// samePages keeps the scenarios of the run that is resumed. The specification must say of them what it said then.
func (p *Plan) samePages() error {
	was, now := map[string]spec.Scenario{}, map[string]spec.Scenario{}
	for _, s := range spec.Scenarios(p.past.Pages) {
		was[s.ID] = s
	}
	for _, s := range spec.Scenarios(p.pages) {
		now[s.ID] = s
	}
	p.Scenarios = nil
	for _, id := range p.past.Order {
		if !reflect.DeepEqual(was[id], now[id]) {
			return fmt.Errorf("the specification of %s has changed since: begin a new run", id)
		}
		p.Scenarios = append(p.Scenarios, now[id])
	}
	return nil
}

// sameCluster refuses to go on against another cluster than the one the run was begun against.
func sameCluster(was, now journal.Run) error {
	switch {
	case was.ClusterUID != "" && now.ClusterUID != "" && was.ClusterUID != now.ClusterUID:
		return fmt.Errorf("it ran against another cluster (%s; the UID of the Namespace kube-system was %s and is %s)", was.Cluster, was.ClusterUID, now.ClusterUID)
	case (was.ClusterUID == "" || now.ClusterUID == "") && was.Cluster != now.Cluster:
		return fmt.Errorf("it ran against %s and this is %s", was.Cluster, now.Cluster)
	case was.Version != now.Version:
		return fmt.Errorf("the cluster was Kubernetes %s and is %s", was.Version, now.Version)
	case !slices.Equal(was.Capabilities, now.Capabilities):
		return fmt.Errorf("the cluster offered %s and offers %s", list(was.Capabilities), list(now.Capabilities))
	}
	return nil
}

func list(words []string) string {
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// Refused tells that what the options ask for cannot be done with this cluster or this journal.
type Refused struct{ Cause error }

func (e *Refused) Error() string { return e.Cause.Error() }

// Unwrap gives the cause.
func (e *Refused) Unwrap() error { return e.Cause }

// openJournal makes the journal of the run, or goes on with that of the run that is resumed.
func (r *runner) openJournal(now journal.Run) (err error) {
	if r.past == nil {
		if r.journal, err = journal.Create(r.dir); err != nil {
			return err
		}
		r.record(journal.Record{Run: &now})
		return nil
	}
	if err := sameCluster(r.past.Run, now); err != nil {
		return &Refused{fmt.Errorf("resume %s: %w: begin a new run", r.dir, err)}
	}
	if r.journal, r.folded, err = journal.Resume(r.dir); errors.Is(err, journal.ErrInUse) {
		return &Refused{fmt.Errorf("resume %s: the run still goes on: %w", filepath.Join(r.dir, journal.Name), err)}
	}
	if err != nil {
		return err
	}
	r.record(journal.Record{Resumed: &journal.Resumed{Left: len(unfinished(r.folded))}})
	return nil
}
