package run

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/known"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// NothingMatched is the reason of a run that selects no behaviour.
const NothingMatched = "invalid run: no behaviour matched"

// latest leads to the directory of the newest run.
const latest = "reports/latest"

// List returns the pages of the specification and the scenarios among them that the tag expression selects.
func List(o Options) (pages []spec.Feature, selected []spec.Scenario, err error) {
	selector, err := spec.ParseSelector(o.Selection)
	if err != nil {
		return nil, nil, err
	}
	if pages, err = spec.Load(o.Features); err != nil {
		return nil, nil, err
	}
	return pages, spec.Select(spec.Scenarios(pages), selector), nil
}

// Plan is what a run is going to do, as far as that is known without the cluster.
type Plan struct {
	Options
	// Scenarios are those that take part, in the order of the pages. None means that there is nothing to run, for the Reason.
	Scenarios []spec.Scenario
	Reason    string

	pages    []spec.Feature
	required []string // nil: all
	takes    map[string]time.Duration
	known    known.List
	past     *journal.Journal // of the run that is resumed
	dir      string           // the directory of the run that is resumed
}

// NewPlan reads the specification and the journal of the run before. Its error is one of the options.
func NewPlan(o Options) (*Plan, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p := &Plan{Options: o.withDefaults(), Reason: NothingMatched}
	from, before, err := p.before()
	if err != nil {
		return nil, err
	}
	if o.Resume {
		p.dir, p.past = from, before
		if err := p.adopt(); err != nil {
			return nil, fmt.Errorf("resume %s: %w", from, err)
		}
	}
	if p.pages, p.Scenarios, err = List(p.Options); err != nil {
		return nil, err
	}
	if p.Profile.Name != "" {
		p.required = ids(spec.Select(spec.Scenarios(p.pages), p.Profile.requires))
		p.Scenarios = spec.Select(p.Scenarios, p.Profile.Selects)
	}
	if o.RerunFailed {
		p.onlyFailed(from, before)
	}
	if o.Resume {
		if err := p.samePages(); err != nil {
			return nil, fmt.Errorf("resume %s: %w", from, err)
		}
	}
	p.takes = estimate(p.Scenarios, before)
	if p.Shuffle && p.Seed == 0 {
		p.Seed = 1 + rand.Int64N(1_000_000) //nolint:gosec // an order, no secret
	}
	if o.Known != "" {
		var all []string
		for _, s := range spec.Scenarios(p.pages) {
			all = append(all, s.ID)
		}
		p.known, err = known.Load(o.Known, all)
	}
	return p, err
}

// requires reports whether a cluster must pass the scenario to fulfil the profile.
func (p Profile) requires(s spec.Scenario) bool {
	return p.Selects(s) && (p.Optional == nil || !p.Optional(s))
}

// Past is how the run was begun that is resumed; nil when none is.
func (p *Plan) Past() *journal.Run {
	if p.past == nil {
		return nil
	}
	return &p.past.Run
}

// before reads the journal of an earlier run. Only who names it, or needs it, gets an error when there is none.
func (p *Plan) before() (dir string, j *journal.Journal, err error) {
	needed := p.Resume || p.RerunFailed || p.From != ""
	for _, dir := range []string{p.From, p.ReportDir, latest} {
		if dir == "" {
			continue
		}
		j, err := journal.Read(dir)
		if err == nil && j.Run.ID == "" {
			err = fmt.Errorf("read journal: %s tells of no run", filepath.Join(dir, journal.Name))
		}
		switch {
		case err == nil:
			return p.resolved(dir), j, nil
		case needed && (dir == p.From || dir == latest || p.Resume):
			return "", nil, fmt.Errorf("no run before: %w", err)
		case !errors.Is(err, fs.ErrNotExist):
			_, _ = fmt.Fprintf(p.Progress, "durations of the run before are not known: %v\n", err)
		}
	}
	return "", nil, nil
}

// resolved follows the link to the newest run, which soon leads to another one.
func (p *Plan) resolved(dir string) string {
	if target, err := os.Readlink(dir); err == nil && !filepath.IsAbs(target) {
		return filepath.Join(filepath.Dir(dir), target)
	}
	return dir
}

// onlyFailed keeps what did not pass in the run before.
func (p *Plan) onlyFailed(from string, before *journal.Journal) {
	selected := len(p.Scenarios)
	p.Scenarios = spec.Select(p.Scenarios, func(s spec.Scenario) bool {
		result, ran := before.Results[s.ID]
		return ran && slices.Contains([]verdict.Verdict{verdict.Failed, verdict.Blocked, verdict.Error}, result.Verdict)
	})
	if selected > 0 && len(p.Scenarios) == 0 {
		p.Reason = fmt.Sprintf("invalid run: nothing of what is selected failed in %s", from)
	}
}

// shown lists the pages that have a scenario in the run.
func (p *Plan) shown() []spec.Feature {
	var pages []spec.Feature
	for _, page := range p.pages {
		if slices.ContainsFunc(p.Scenarios, func(s spec.Scenario) bool { return s.Path == page.Path }) {
			pages = append(pages, page)
		}
	}
	return pages
}
