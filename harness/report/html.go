package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

//go:embed page.html
var pageTemplate string

// view is what the template shows.
type view struct {
	Run     journal.Run
	Begin   string
	Outcome verdict.Outcome
	Reason  string
	Seconds float64
	Counts  []count
	Areas   []area
	// Trouble lists what was tried and did not pass.
	Trouble []scenario
}

type count struct {
	Verdict verdict.Verdict
	N       int
}

type area struct {
	Name  string
	Pages []page
}

type page struct {
	spec.Feature
	Anchor string
	Counts []count
	Rules  []rule
}

type rule struct {
	Name, Lead string
	Scenarios  []scenario
}

type scenario struct {
	spec.Scenario
	Result   journal.Result
	Page     string
	Lines    []line
	Evidence []exhibit
}

// line is a step with what became of it.
type line struct {
	spec.Step
	State   string
	Seconds float64
}

type exhibit struct{ Name, Text string }

// HTML writes one self-contained page: the specification as it reads, with the results of the run in it.
func HTML(j *journal.Journal, dir string) ([]byte, error) {
	tmpl, err := template.New("page").Funcs(template.FuncMap{"seconds": seconds, "paragraphs": paragraphs}).Parse(pageTemplate)
	if err != nil {
		return nil, fmt.Errorf("write HTML: %w", err)
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, newView(j, dir)); err != nil {
		return nil, fmt.Errorf("write HTML: %w", err)
	}
	return out.Bytes(), nil
}

func seconds(s float64) string { return fmt.Sprintf("%.1f s", s) }

func paragraphs(text string) []string { return strings.Split(text, "\n\n") }

func newView(j *journal.Journal, dir string) view {
	v := view{Run: j.Run, Begin: j.Begin.UTC().Format("2006-01-02 15:04:05 UTC"), Counts: counts(j.Counts()), Outcome: j.Counts().Outcome()}
	if j.End == nil {
		v.Reason = "The run was killed before its end."
	} else {
		v.Outcome, v.Reason, v.Seconds = j.End.Outcome, j.End.Reason, j.End.Seconds
	}
	for _, feature := range j.Pages {
		shown, trouble := newPage(j, feature, dir)
		v.Trouble = append(v.Trouble, trouble...)
		if n := len(v.Areas); n > 0 && v.Areas[n-1].Name == feature.Area {
			v.Areas[n-1].Pages = append(v.Areas[n-1].Pages, shown)
			continue
		}
		v.Areas = append(v.Areas, area{Name: feature.Area, Pages: []page{shown}})
	}
	return v
}

func counts(c verdict.Counts) []count {
	var list []count
	for _, v := range verdict.All() {
		if c[v] > 0 {
			list = append(list, count{v, c[v]})
		}
	}
	return list
}

func newPage(j *journal.Journal, feature spec.Feature, dir string) (page, []scenario) {
	p := page{Feature: feature, Anchor: strings.TrimSuffix(strings.ReplaceAll(feature.Path, "/", "-"), ".feature")}
	var trouble []scenario
	tally := verdict.Counts{}
	for _, written := range feature.Rules {
		shown := rule{Name: written.Name, Lead: written.Lead}
		for _, s := range written.Scenarios {
			if !j.Selected(s.ID) {
				continue
			}
			each := newScenario(j, s, p.Anchor, dir)
			tally[each.Result.Verdict]++
			shown.Scenarios = append(shown.Scenarios, each)
			switch each.Result.Verdict {
			case verdict.Passed, verdict.Unsupported, verdict.NotRun:
			default:
				trouble = append(trouble, each)
			}
		}
		if len(shown.Scenarios) > 0 {
			p.Rules = append(p.Rules, shown)
		}
	}
	p.Counts = counts(tally)
	return p, trouble
}

func newScenario(j *journal.Journal, s spec.Scenario, anchor, dir string) scenario {
	shown := scenario{Scenario: s, Result: j.Result(s.ID), Page: anchor}
	took := map[int]journal.Step{}
	for _, step := range j.Steps[s.ID] {
		took[step.Index] = step
	}
	for i, step := range s.Steps {
		l := line{Step: step, State: "undone"}
		if done, ok := took[i]; ok {
			l.State, l.Seconds = "done", done.Seconds
			if done.Error != "" {
				l.State = "broke"
			}
		}
		shown.Lines = append(shown.Lines, l)
	}
	for _, name := range shown.Result.Evidence {
		// A file that is gone says nothing; the page is made of what is there.
		if text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
			shown.Evidence = append(shown.Evidence, exhibit{path.Base(name), string(text)})
		}
	}
	return shown
}
