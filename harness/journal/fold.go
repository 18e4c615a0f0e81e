package journal

import (
	"slices"
	"time"

	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// Journal is what the records of a run say together.
type Journal struct {
	Run     Run
	Begin   time.Time
	Pages   []spec.Feature
	Order   []string
	Results map[string]Result
	Started map[string]Started
	Steps   map[string][]Step
	Calls   map[string][]Call
	// Attempts tells of every time a scenario began; Steps has only those of the last time.
	Attempts map[string][]Attempt
	// Last is the time of the newest record.
	Last time.Time
	// Required is what the run's profile asks for or its budget has room for; nil means all of Order. See Selected.
	Required []string
	// Unfit are those of Order that the budget has no room for.
	Unfit    []string
	Estimate map[string]float64
	// Resumes is how often a later process went on with the run.
	Resumes   int
	Isolation *Isolation
	// End is nil while the run goes on, and for ever when it was killed.
	End *End
}

// Attempt is one time that a scenario ran, or began to.
type Attempt struct {
	Started
	Begin time.Time
	Steps []Step
}

// New returns a journal without records.
func New() *Journal {
	return &Journal{
		Results: map[string]Result{}, Started: map[string]Started{}, Steps: map[string][]Step{}, Calls: map[string][]Call{},
		Attempts: map[string][]Attempt{},
	}
}

// Add takes one record in.
func (j *Journal) Add(r Record) {
	j.Last = r.Time
	switch {
	case r.Run != nil:
		j.Run, j.Begin = *r.Run, r.Time
	case r.Page != nil:
		j.Pages = append(j.Pages, *r.Page)
	case r.Selected != nil:
		j.Order = append(j.Order, r.Selected.IDs...)
		j.Required = append(j.Required, r.Selected.Required...)
		j.Unfit = append(j.Unfit, r.Selected.Unfit...)
		j.Estimate = r.Selected.Estimate
	case r.Started != nil:
		j.Started[r.Started.ID] = *r.Started
		j.Steps[r.Started.ID] = nil
		j.Attempts[r.Started.ID] = append(j.Attempts[r.Started.ID], Attempt{Started: *r.Started, Begin: r.Time})
	case r.Step != nil:
		j.Steps[r.Step.ID] = append(j.Steps[r.Step.ID], *r.Step)
		if n := len(j.Attempts[r.Step.ID]); n > 0 {
			last := &j.Attempts[r.Step.ID][n-1]
			last.Steps = append(last.Steps, *r.Step)
		}
	case r.Result != nil:
		j.Results[r.Result.ID] = *r.Result
	case r.Calls != nil:
		j.Calls[r.Calls.ID] = append(j.Calls[r.Calls.ID], r.Calls.Calls...)
	case r.Resumed != nil:
		j.resume()
	case r.Isolation != nil:
		j.Isolation = r.Isolation
	case r.End != nil:
		j.End = r.End
	}
}

// resume forgets that the run has ended, and the scenarios that did not run because of that.
func (j *Journal) resume() {
	j.Resumes++
	j.End = nil
	for _, id := range j.Order {
		if j.Results[id].Verdict == verdict.NotRun && !slices.Contains(j.Unfit, id) {
			delete(j.Results, id)
		}
	}
}

// Result is the verdict on a scenario that was selected; one that has none did not run.
func (j *Journal) Result(id string) Result {
	if result, ok := j.Results[id]; ok {
		return result
	}
	return Result{ID: id, Verdict: verdict.NotRun, Why: "the run ended before the scenario did", FailedStep: -1}
}

// Counts counts the verdicts of all scenarios that were selected.
func (j *Journal) Counts() verdict.Counts {
	counts := verdict.Counts{}
	for _, id := range j.Order {
		counts[j.Result(id).Verdict]++
	}
	return counts
}

// Selected reports whether the scenario takes part in the run.
func (j *Journal) Selected(id string) bool {
	return slices.Contains(j.Order, id)
}
