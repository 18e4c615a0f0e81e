package journal

import "github.com/seatrial/seatrial/harness/verdict"

// Outcome judges the run. A known failure does not decide, and a known-failing scenario that passed is a failure. What is required and was
// not judged makes the run partial; so does a scenario that was blocked or met an error of the kit. A run that judged nothing is invalid.
func (j *Journal) Outcome() verdict.Outcome {
	counts := verdict.Counts{}
	for _, id := range j.Order {
		if result := j.Result(id); result.Decides() {
			counts[result.Verdict]++
		}
	}
	switch {
	case counts[verdict.Failed] > 0 || len(j.UnexpectedPasses()) > 0:
		return verdict.Failure
	case !j.judged():
		return verdict.Invalid
	case counts[verdict.Error]+counts[verdict.Blocked] > 0 || len(j.Missing()) > 0:
		return verdict.Partial
	}
	return verdict.Success
}

// Decides reports whether the result counts for the outcome: a known failure does not, nor does anything of a known-flaky scenario.
func (r Result) Decides() bool {
	switch r.Verdict {
	case verdict.Failed, verdict.Blocked:
		return r.Expected == ""
	}
	return true
}

// judged reports whether the run says anything about the cluster.
func (j *Journal) judged() bool {
	for _, id := range j.Order {
		switch j.Result(id).Verdict {
		case verdict.Passed, verdict.Flaky, verdict.Failed:
			return true
		}
	}
	return false
}

// UnexpectedPasses lists the scenarios that are known to fail and passed.
func (j *Journal) UnexpectedPasses() []string {
	var ids []string
	for _, id := range j.Order {
		result := j.Result(id)
		if result.Expected == KnownFailing && (result.Verdict == verdict.Passed || result.Verdict == verdict.Flaky) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Missing lists the required scenarios that were not judged: they did not run, and where a profile asks for them, also those that the
// cluster does not support.
func (j *Journal) Missing() []string {
	required := j.Required
	if required == nil {
		required = j.Order
	}
	var ids []string
	for _, id := range required {
		switch j.Result(id).Verdict {
		case verdict.NotRun:
			ids = append(ids, id)
		case verdict.Unsupported:
			if j.Run.Profile != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
