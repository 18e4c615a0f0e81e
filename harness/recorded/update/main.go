// Command update renews the recording of the calls from the journals of runs: go run ./harness/recorded/update reports/latest. What did
// not run stays as it was recorded before.
package main

import (
	"fmt"
	"os"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/recorded"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

const target = "harness/recorded/calls.txt"

func main() {
	if err := update(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func update(dirs []string) error {
	pages, err := spec.Load(features.FS)
	if err != nil {
		return err
	}
	scenarios := spec.Scenarios(pages)
	file, err := os.Open(target)
	if err != nil {
		return fmt.Errorf("update recording: %w (run this at the top of the repository)", err)
	}
	recording, err := recorded.Read(file)
	if err := file.Close(); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		j, err := journal.Read(dir)
		if err != nil {
			return err
		}
		newer := recorded.Of(j)
		for id := range newer {
			if result, ok := j.Results[id]; ok && result.Verdict != verdict.Passed {
				delete(newer, id) // it may have ended early
			}
		}
		recording = recording.Update(newer, scenarios)
	}
	out, err := os.Create(target)
	if err != nil {
		return fmt.Errorf("update recording: %w", err)
	}
	if err := recording.Write(out); err != nil {
		return err
	}
	if stale := recording.Stale(scenarios); len(stale) > 0 {
		_, _ = fmt.Fprintf(os.Stderr, "%d behaviours are not recorded as they read now: %v\n", len(stale), stale)
	}
	return out.Close()
}
