// Package verdict holds what can be said of a scenario and of a run, and the exit codes that tell it.
package verdict

// Verdict is the result of one scenario.
type Verdict string

// The verdicts of scenarios.
const (
	// Passed: the cluster behaves as documented.
	Passed Verdict = "passed"
	// Failed: it does not.
	Failed Verdict = "failed"
	// Unsupported: the cluster lacks a capability that the scenario needs.
	Unsupported Verdict = "unsupported"
	// Blocked: something that is not the behaviour's fault kept the scenario from being set up, such as a quota or a missing image.
	Blocked Verdict = "blocked"
	// Error: the kit or the feature file is at fault.
	Error Verdict = "error"
	// Flaky: passed, but not at the first attempt.
	Flaky Verdict = "flaky"
	// NotRun: the run ended before the scenario did.
	NotRun Verdict = "not-run"
)

// All lists the verdicts in the order of reports.
func All() []Verdict {
	return []Verdict{Passed, Failed, Flaky, Unsupported, Blocked, Error, NotRun}
}

// Outcome is the result of a run.
type Outcome string

// The outcomes of runs.
const (
	// Success: everything that was selected passed or is not supported, and something passed.
	Success Outcome = "success"
	// Failure: at least one scenario failed.
	Failure Outcome = "failure"
	// Partial: nothing failed, but not everything could be judged.
	Partial Outcome = "partial"
	// Invalid: nothing was judged, so that the run says nothing about the cluster.
	Invalid Outcome = "invalid"
)

// Counts is how many scenarios have each verdict.
type Counts map[Verdict]int

// Outcome judges a run.
func (c Counts) Outcome() Outcome {
	switch {
	case c[Failed] > 0:
		return Failure
	case c[Passed]+c[Flaky] == 0:
		return Invalid
	case c[Error]+c[Blocked]+c[NotRun] > 0:
		return Partial
	}
	return Success
}

// Exit codes of a run.
const (
	ExitSuccess     = 0   // the outcome is success
	ExitFailure     = 1   // the outcome is failure
	ExitPartial     = 2   // the outcome is partial
	ExitInvalid     = 3   // the outcome is invalid: nothing ran
	ExitKit         = 4   // the kit could not do its work, for example write its report
	ExitCluster     = 5   // the cluster could not be reached, or stopped answering during the run
	ExitUsage       = 64  // the command line cannot be understood
	ExitInterrupted = 130 // the run was interrupted; what it made was removed and its reports are written
)

// ExitCode is the exit code of the outcome.
func (o Outcome) ExitCode() int {
	switch o {
	case Success:
		return ExitSuccess
	case Failure:
		return ExitFailure
	case Partial:
		return ExitPartial
	}
	return ExitInvalid
}
