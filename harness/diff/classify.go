package diff

import "github.com/seatrial/seatrial/harness/verdict"

// From which change on a scenario is slower: it takes more than twice as long, and more than a second longer. Both have to hold, since a
// small time doubles by chance, and a long one varies by seconds.
const (
	slowerTimes   = 2
	slowerSeconds = 1
)

// classify tells in which ways a scenario has changed. A nil entry is one that is no part of the run.
func classify(before, after *entry) []Kind {
	switch {
	case before == nil && after == nil:
		return nil
	case before == nil:
		return []Kind{New}
	case after == nil:
		return []Kind{Vanished}
	}
	var kinds []Kind
	if kind, changed := compare(before.result.Verdict, after.result.Verdict); changed {
		kinds = append(kinds, kind)
	}
	if good(before.result.Verdict) && good(after.result.Verdict) && slower(before.result.Seconds, after.result.Seconds) {
		kinds = append(kinds, Slower)
	}
	if before.Title != after.Title {
		kinds = append(kinds, Renamed)
	}
	return kinds
}

// compare tells what a change from one verdict to another means.
func compare(before, after verdict.Verdict) (Kind, bool) {
	switch {
	case before == after:
		return "", false
	case before == verdict.NotRun:
		return New, true
	case after == verdict.Failed:
		return Broken, true
	case after == verdict.Unsupported:
		return NowUnsupported, true
	case good(after):
		return improvement(before, after)
	case open(before): // from one reason why it was not judged to another
		return "", false
	}
	return Unjudged, true
}

// improvement tells what it means that a scenario passes, in one of the two ways.
func improvement(before, after verdict.Verdict) (Kind, bool) {
	switch {
	case before == verdict.Unsupported:
		return NowSupported, true
	case !good(before):
		return Fixed, true
	case after == verdict.Flaky:
		return NowFlaky, true
	}
	return NoLongerFlaky, true
}

func good(v verdict.Verdict) bool { return v == verdict.Passed || v == verdict.Flaky }

// open reports whether the verdict says nothing about the cluster.
func open(v verdict.Verdict) bool {
	return v == verdict.Blocked || v == verdict.Error || v == verdict.NotRun
}

func slower(before, after float64) bool {
	return after > slowerTimes*before && after-before > slowerSeconds
}
