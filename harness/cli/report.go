package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/run"
)

const everything = "all"

func (e *env) report() *cobra.Command {
	var format, output, implementation string
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "Write the reports of a run anew from its journal",
		Long: "Write the reports of a run anew from its journal, also of a run that was killed. DIR is the folder of the\n" +
			"run, or for a single format, also a journal file. Without --format, all reports are written into the\n" +
			"folder; one format goes to --output, or else to standard output.\n\nThe formats:\n" + formatHelp(),
		Example: "  seatrial report reports/latest --format text\n" +
			"  seatrial report reports/latest --format conformance --implementation us.yaml --output report.yaml",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			j, err := readRun(args[0])
			if err != nil {
				return &usageError{err}
			}
			if implementation != "" {
				if j.Run.Implementation, err = report.ReadImplementation(implementation); err != nil {
					return &usageError{err}
				}
			}
			if format == everything {
				return e.reportAll(args[0], output, j)
			}
			return e.reportOne(args[0], format, output, j)
		},
	}
	f := cmd.Flags()
	f.StringVar(&format, "format", everything, "what to write: all, "+strings.Join(formatNames(), ", "))
	f.StringVarP(&output, "output", "o", "", "file that gets the report of one format (default standard output)")
	implementationFlag(cmd, &implementation)
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(append(formatNames(), everything), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func implementationFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "implementation", "",
		"YAML file that tells whose cluster it is, for the conformance report: organization, project, url, version, contact, mode")
}

func formatNames() []string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func formatHelp() string {
	var b strings.Builder
	for _, f := range report.Formats() {
		fmt.Fprintf(&b, "  %-12s %-16s %s\n", f.Name, f.File, f.About)
	}
	return b.String()
}

func (e *env) reportAll(dir, output string, j *journal.Journal) error {
	if output != "" {
		return &usageError{errors.New("--output needs a --format: all reports go into the folder of the run")}
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return &usageError{fmt.Errorf("%s is a file: all reports go into the folder of a run; choose one --format", dir)}
	}
	if err := report.WriteAll(dir, j); err != nil {
		return err
	}
	e.say("reports: %s", dir)
	return nil
}

func (e *env) reportOne(dir, format, output string, j *journal.Journal) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		dir = filepath.Dir(dir) // where the evidence would be
	}
	for _, f := range report.Formats() {
		if f.Name != format {
			continue
		}
		if output == "" {
			return f.Write(e.out, j, dir)
		}
		var whole bytes.Buffer // a report that cannot be made does not replace a file
		if err := f.Write(&whole, j, dir); err != nil {
			return err
		}
		return writeFile(output, &whole)
	}
	return &usageError{fmt.Errorf("there is no format %q: use all, %s", format, strings.Join(formatNames(), ", "))}
}

func writeFile(name string, content *bytes.Buffer) error {
	if err := os.WriteFile(name, content.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// telling are the flags of seatrial run that say what it tells, and to whom.
type telling struct {
	quiet, verbose bool
	implementation string
}

func (t *telling) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&t.quiet, "quiet", "q", false, "tell nothing before the end of the run")
	cmd.Flags().BoolVarP(&t.verbose, "verbose", "v", false, "tell every result and every step")
	implementationFlag(cmd, &t.implementation)
}

func (t *telling) apply(o *run.Options) error {
	switch {
	case t.quiet && t.verbose:
		return errors.New("--quiet and --verbose contradict each other: use one of them")
	case t.quiet:
		o.Detail = report.Quiet
	case t.verbose:
		o.Detail = report.Verbose
	}
	if t.implementation == "" {
		return nil
	}
	var err error
	o.Implementation, err = report.ReadImplementation(t.implementation)
	return err
}

// publish adds the summary of the run to the page of the CI that runs it. What goes wrong there is told, and changes no verdict.
func publish(dir string, stderr io.Writer) {
	if err := report.StepSummary(dir, os.Getenv); err != nil {
		_, _ = fmt.Fprintln(stderr, "warning:", err)
	}
}
