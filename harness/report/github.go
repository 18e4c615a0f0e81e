package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
)

// annotate writes the workflow commands that make GitHub show failures on the page of the run. It shows ten of a step
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
func annotate(w io.Writer, j *journal.Journal) {
	const most = 10
	all := with(entries(j), wrong, surprise, broken)
	for _, e := range all[:min(len(all), most)] {
		fmt.Fprintf(w, "::error title=%s::%s\n", escapeProperty(e.ID), escapeData(printable(e.why())))
	}
}

// escapeData writes a text so that it ends where it should.
func escapeData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func escapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(text))
}

// StepSummary adds the run's summary to the file that GitHub shows on the page of a workflow's run. It does nothing where the variable
// GITHUB_STEP_SUMMARY is not set, and where the run left no reports.
func StepSummary(dir string, getenv func(string) string) error {
	name := getenv("GITHUB_STEP_SUMMARY")
	if name == "" || dir == "" {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(dir, SummaryName))
	if err != nil {
		return fmt.Errorf("write step summary: %w", err)
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write step summary: %w", err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write step summary: %w", err)
	}
	return nil
}
