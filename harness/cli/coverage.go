package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/coverage"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/recorded"
	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/verdict"
)

// coverageFlags are the flags of seatrial coverage.
type coverageFlags struct {
	output    string
	untouched bool
	min       float64
}

func (e *env) coverage() *cobra.Command {
	var flags coverageFlags
	cmd := &cobra.Command{
		Use:   "coverage [REPORTDIR]",
		Short: "Show which operations of the Kubernetes API the behaviours touch",
		Long: "Show which operations of the Kubernetes API the behaviours of a run have touched, and which none did:\n" +
			"of the run in the folder, or else of the run that was recorded when the kit was built. What counts are\n" +
			"the operations of stable versions, without those that upstream's conformance tests need not touch.\n\n" +
			"The exit code is 1 when less is touched than --min asks for, and 3 when the run has made no request.",
		Example: "  seatrial coverage reports/latest\n" +
			"  seatrial coverage --untouched | grep ^apps\n" +
			"  seatrial coverage --output json | jq '.operations[] | select(.by == []) | .operationId'",
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := ""
			if len(args) > 0 {
				dir = args[0]
			}
			return e.showCoverage(dir, flags)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&flags.output, "output", "o", "table", "table or json")
	f.BoolVar(&flags.untouched, "untouched", false, "list the operations that no behaviour touches, one on a line")
	f.Float64Var(&flags.min, "min", 0, "percentage that must be touched")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (e *env) showCoverage(dir string, flags coverageFlags) error {
	if flags.output != "table" && flags.output != "json" {
		return &usageError{fmt.Errorf("--output %q is not table or json", flags.output)}
	}
	if flags.min < 0 || flags.min > 100 {
		return &usageError{fmt.Errorf("--min %g is no percentage", flags.min)}
	}
	recording, source, err := recordingFrom(dir)
	if err != nil {
		return err
	}
	calls := map[string][]journal.Call{}
	for id, entry := range recording {
		if id != recorded.Kit { // what the kit asks for itself proves nothing about the cluster
			calls[id] = entry.Calls
		}
	}
	operations, err := coverage.Operations()
	if err != nil {
		return err
	}
	found := coverage.Measure(operations, calls)
	switch {
	case flags.output == "json":
		err = coverageJSON(e.out, found, source)
	case flags.untouched:
		err = untouchedList(e.out, found)
	default:
		err = coverageTable(e.out, found, source, len(calls))
	}
	if err != nil {
		return fmt.Errorf("write coverage: %w", err)
	}
	switch {
	case len(calls) == 0:
		e.say("no behaviour has made a request in %s", source)
		return codeError(verdict.ExitInvalid)
	case found.Eligible().Percent() < flags.min:
		e.say("%.1f %% are touched, and --min asks for %g %%", found.Eligible().Percent(), flags.min)
		return codeError(verdict.ExitFailure)
	}
	return nil
}

func coverageTable(w io.Writer, r coverage.Report, source string, behaviours int) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "GROUP\tRESOURCE\tTOUCHED\tUNTOUCHED")
	for _, row := range r.Rows() {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d/%d\t%s\n", row.Group, row.Resource, row.Touched, row.All, strings.Join(row.Untouched, " "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	eligible, others := r.Eligible(), r.Ineligible()
	_, err := fmt.Fprintf(w, "\n%d of %d eligible operations (%.1f %%) are touched by %d behaviours of %s, %d of them by a single one.\n"+
		"%d of %d others of stable versions, which upstream's conformance tests need not touch, are touched as well.\n",
		eligible.Touched, eligible.All, eligible.Percent(), behaviours, source, eligible.Single, others.Touched, others.All)
	return err
}

func untouchedList(w io.Writer, r coverage.Report) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, t := range r.Operations {
		if t.Ineligible == "" && len(t.By) == 0 {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", t.Group, t.ID, t.Method, t.Path)
		}
	}
	return table.Flush()
}

func coverageJSON(w io.Writer, r coverage.Report, source string) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		APIVersion string          `json:"apiVersion"`
		Kind       string          `json:"kind"`
		Source     string          `json:"source"`
		Eligible   coverage.Counts `json:"eligible"`
		Ineligible coverage.Counts `json:"ineligible"`
		Rows       []coverage.Row  `json:"rows"`
		coverage.Report
	}{report.APIVersion, "Coverage", source, r.Eligible(), r.Ineligible(), r.Rows(), r})
}
