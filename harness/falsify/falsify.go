// Package falsify proves that the specification can fail: it leaves out of every scenario what the scenario is about, after which none may
// pass.
package falsify

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// DropWhen shows the feature files without their When steps. The lines are blank, so that all others keep their numbers.
func DropWhen(pages fs.FS) fs.FS { return dropped{pages} }

type dropped struct{ fs.FS }

// ReadFile implements fs.ReadFileFS.
func (d dropped) ReadFile(name string) ([]byte, error) {
	text, err := fs.ReadFile(d.FS, name)
	if err != nil || path.Ext(name) != ".feature" {
		return text, err
	}
	page, err := spec.Parse(name, text)
	if err != nil {
		return nil, fmt.Errorf("drop the When: %w", err)
	}
	lines := bytes.Split(text, []byte("\n"))
	for _, s := range spec.Scenarios([]spec.Feature{page}) {
		for i, step := range s.Steps {
			if step.Phase == spec.When && i+1 < len(s.Steps) {
				blank(lines[step.Line-1 : s.Steps[i+1].Line-1])
			}
		}
	}
	return bytes.Join(lines, []byte("\n")), nil
}

func blank(lines [][]byte) {
	for i := range lines {
		lines[i] = nil
	}
}

// Survivors lists the scenarios that passed in the run of the journal, though what they are about was left out.
func Survivors(j *journal.Journal) []string {
	return pick(j, func(_ spec.Scenario, r journal.Result) bool {
		return r.Verdict == verdict.Passed || r.Verdict == verdict.Flaky
	})
}

// Unproven lists the scenarios that the run says nothing about, because they did not get as far as a Then.
func Unproven(j *journal.Journal) []string {
	return pick(j, func(s spec.Scenario, r journal.Result) bool {
		switch r.Verdict {
		case verdict.Passed, verdict.Flaky:
			return false
		case verdict.Failed, verdict.Blocked, verdict.Error:
			return r.FailedStep < 0 || r.FailedStep >= len(s.Steps) || s.Steps[r.FailedStep].Phase != spec.Then
		}
		return true
	})
}

func pick(j *journal.Journal, wanted func(spec.Scenario, journal.Result) bool) []string {
	var ids []string
	for _, s := range spec.Scenarios(j.Pages) {
		if j.Selected(s.ID) && wanted(s, j.Result(s.ID)) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}
