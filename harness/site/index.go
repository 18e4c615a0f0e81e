package site

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// How many entries of a list the index shows at once.
const (
	firstTroubles = 5
	slowest       = 5
)

// index is the page to start from: the verdict on the run in one screen, the search, and the areas.
type index struct {
	frame
	Results    bool
	Chapters   []*chapter
	Pages      int
	Behaviours int
	Counts     []count
	Search     searchIndex
	Tags       []string

	Outcome  verdict.Outcome
	Headline string
	Reason   string
	Facts    []fact
	// Trouble lists what was tried and did not hold; More is the rest of a long list.
	Trouble, More []trouble
	// Expected lists what a list of the user says about.
	Expected []*behaviour
	// Absent lists the capabilities that the cluster lacks; Lacking the reasons for which behaviours are not supported.
	Absent    []fact
	Lacking   []trouble
	Offered   []string
	Isolation *journal.Isolation
	Left      []string
	Unclean   []*behaviour
	Slowest   []*behaviour
}

type fact struct{ Name, Value string }

// trouble is a reason for which behaviours have the same verdict.
type trouble struct {
	Verdict    verdict.Verdict
	Why        string
	Behaviours []*behaviour
}

// gather puts together those that have the same verdict for the same reason.
func gather(list []trouble, s *behaviour) []trouble {
	for i := range list {
		if list[i].Verdict == s.Result.Verdict && list[i].Why == s.Result.Why && s.Result.Why != "" {
			list[i].Behaviours = append(list[i].Behaviours, s)
			return list
		}
	}
	return append(list, trouble{s.Result.Verdict, s.Result.Why, []*behaviour{s}})
}

func (b *book) index() *index {
	v := &index{frame: newFrame("Kubernetes, by behaviour", IndexName, b.site), Results: b.results(), Chapters: b.chapters(), Pages: len(b.pages)}
	all := b.all()
	v.Behaviours = len(all)
	v.Search = b.searchIndex()
	tags := map[string]int{}
	for _, s := range all {
		for _, label := range s.Labels {
			tags[label]++
		}
	}
	v.Tags = inOrder(tags)
	slices.Sort(v.Tags)
	if b.results() {
		v.judge(b.journal)
		v.sort(all)
	}
	return v
}

// judge takes over what the journal says of the run as a whole.
func (v *index) judge(j *journal.Journal) {
	v.Title = "Run " + j.Run.ID
	tally := j.Counts()
	v.Counts, v.Outcome = countsOf(tally), j.Outcome()
	v.Offered, v.Isolation = j.Run.Capabilities, j.Isolation
	took := ""
	if j.End == nil {
		v.Reason = "The run was killed before its end."
	} else {
		v.Outcome, v.Reason, v.Left, took = j.End.Outcome, j.End.Reason, j.End.Left, seconds(j.End.Seconds)
	}
	v.Headline = headline(j, v.Outcome)
	for _, name := range slices.Sorted(maps.Keys(j.Run.Absent)) {
		v.Absent = append(v.Absent, fact{name, j.Run.Absent[name]})
	}
	for _, f := range facts(j, took) {
		if f.Value != "" {
			v.Facts = append(v.Facts, f)
		}
	}
}

// facts tells what ran against what. Those without a value are not shown.
func facts(j *journal.Journal, took string) []fact {
	run, begin, resumes := j.Run, j.Begin, j.Resumes
	parallel, budget, resumed := "", "", ""
	if run.Parallel > 0 {
		parallel = fmt.Sprint(run.Parallel)
	}
	if run.Seed != 0 {
		parallel += fmt.Sprintf(", shuffled by %d", run.Seed)
	}
	if run.Budget > 0 {
		budget = seconds(run.Budget)
	}
	if resumes > 0 {
		resumed = plural(resumes, "time", "times")
	}
	made := ""
	if by := run.Implementation; by != nil {
		made = strings.Join(strings.Fields(by.Organization+" "+by.Project+" "+by.Version), " ")
	}
	return []fact{
		{"Cluster", run.Cluster},
		{"Implementation", made},
		{"Kubernetes", run.Version},
		{"Began", begin.UTC().Format("2006-01-02 15:04 UTC")},
		{"Took", took},
		{"Profile", run.Profile},
		{"Selection", run.Selection},
		{"Budget", budget},
		{"Side by side", parallel},
		{"Resumed", resumed},
		{"Seatrial", run.Kit},
	}
}

// headline says the result of the run in one sentence.
func headline(j *journal.Journal, outcome verdict.Outcome) string {
	tally, total, failed := j.Counts(), len(j.Order), 0
	for _, id := range j.Order {
		if r := j.Result(id); r.Verdict == verdict.Failed && r.Decides() {
			failed++
		}
	}
	switch outcome {
	case verdict.Failure:
		if passes := len(j.UnexpectedPasses()); failed == 0 && passes > 0 {
			return plural(passes, "behaviour that was known to fail passes", "behaviours that were known to fail pass")
		}
		if failed == 1 {
			return fmt.Sprintf("One of %d behaviours does not hold", total)
		}
		return fmt.Sprintf("%d of %d behaviours do not hold", failed, total)
	case verdict.Success:
		held := tally[verdict.Passed] + tally[verdict.Flaky]
		if held == total {
			return fmt.Sprintf("All %d behaviours hold", total)
		}
		apart := ""
		if n := tally[verdict.Unsupported]; n > 0 {
			apart = "; " + plural(n, "is not supported here", "are not supported here")
		}
		return fmt.Sprintf("%d of %d behaviours hold%s", held, total, apart)
	case verdict.Partial:
		return fmt.Sprintf("Nothing failed, but %d of %d behaviours could not be judged", open(j), total)
	}
	return "Nothing was judged: this run says nothing about the cluster"
}

// open counts the behaviours that the run should have judged and did not.
func open(j *journal.Journal) int {
	ids := map[string]bool{}
	for _, id := range j.Missing() {
		ids[id] = true
	}
	for _, id := range j.Order {
		if r := j.Result(id); r.Verdict == verdict.Error || (r.Verdict == verdict.Blocked && r.Decides()) {
			ids[id] = true
		}
	}
	return len(ids)
}

// sort puts the behaviours into the lists of the index.
func (v *index) sort(all []*behaviour) {
	for _, order := range []verdict.Verdict{verdict.Failed, verdict.Error, verdict.Blocked, verdict.Flaky} {
		for _, s := range all {
			if s.Result.Verdict == order && s.Result.Expected == "" {
				v.Trouble = gather(v.Trouble, s)
			}
		}
	}
	for _, s := range all {
		if s.Result.Expected != "" {
			v.Expected = append(v.Expected, s)
		}
		if s.Result.Left != "" {
			v.Unclean = append(v.Unclean, s)
		}
		if s.Result.Verdict == verdict.Unsupported {
			v.Lacking = gather(v.Lacking, s)
		}
	}
	if len(v.Trouble) > firstTroubles+2 {
		v.Trouble, v.More = v.Trouble[:firstTroubles], v.Trouble[firstTroubles:]
	}
	byTime := slices.Clone(all)
	slices.SortStableFunc(byTime, func(a, b *behaviour) int { return cmp.Compare(b.Result.Seconds, a.Result.Seconds) })
	for _, s := range byTime[:min(slowest, len(byTime))] {
		if s.Result.Seconds > 0 {
			v.Slowest = append(v.Slowest, s)
		}
	}
}

// Clean tells that the run left the cluster as it was, as far as one looked.
func (v *index) Clean() bool {
	return v.Isolation != nil && len(v.Isolation.Left)+len(v.Isolation.Touched)+len(v.Left) == 0
}

// Sign is the mark of the outcome.
func (v *index) Sign() string {
	switch v.Outcome {
	case verdict.Success:
		return "✓"
	case verdict.Failure:
		return "✗"
	case verdict.Partial:
		return "~"
	}
	return "!"
}
