package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/diff"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/site"
	"github.com/seatrial/seatrial/harness/verdict"
)

func (e *env) diff() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "Compare two runs: what broke, what was fixed",
		Long: "Compare two runs by their journals. BEFORE and AFTER are directories of reports, or journal files.\n\n" +
			"The exit code tells the result: 0 nothing broke, 1 something broke, 2 nothing broke, but something that\n" +
			"was judged before no longer was, 3 one of the runs judged nothing, 64 there is no journal to read.",
		Example: "  seatrial diff reports/runs/20261120-220000-ab12 reports/latest\n" +
			"  seatrial diff before.ndjson after.ndjson --output html > diff.html",
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			write, ok := diffWriters(e)[output]
			if !ok {
				return &usageError{fmt.Errorf("--output %q is not text, json or html", output)}
			}
			before, err := readRun(args[0])
			if err != nil {
				return &usageError{err}
			}
			after, err := readRun(args[1])
			if err != nil {
				return &usageError{err}
			}
			d := diff.Compare(before, after)
			if err := write(d); err != nil {
				return fmt.Errorf("write difference: %w", err)
			}
			if code := d.Outcome().ExitCode(); code != verdict.ExitSuccess {
				return codeError(code)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, json or html")
	return cmd
}

func diffWriters(e *env) map[string]func(diff.Diff) error {
	return map[string]func(diff.Diff) error{
		"text": func(d diff.Diff) error { return d.Text(e.out) },
		"html": func(d diff.Diff) error { return writeDiffPage(e.out, d) },
		"json": func(d diff.Diff) error {
			encoder := json.NewEncoder(e.out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(d)
		},
	}
}

// writeDiffPage writes one page that needs no other file.
func writeDiffPage(w io.Writer, d diff.Diff) error {
	body, err := d.Body()
	if err != nil {
		return err
	}
	page, err := site.Page(d.Before.ID+" and "+d.After.ID, body)
	if err != nil {
		return err
	}
	_, err = w.Write(page)
	return err
}

// readRun reads the journal of a run: the one in a directory of reports, or a file.
func readRun(path string) (*journal.Journal, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	read := journal.ReadFile
	if info.IsDir() {
		read = journal.Read
	}
	j, err := read(path)
	if err != nil {
		return nil, err
	}
	if j.Run.ID == "" {
		return nil, fmt.Errorf("read journal: %s does not begin with a run", path)
	}
	return j, nil
}
