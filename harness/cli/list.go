package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

func (e *env) list() *cobra.Command {
	var tags, output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the behaviours of the specification",
		Long: "List the behaviours of the specification on standard output, and on standard error how many there are.\n" +
			"The exit code is 3 when none matches.",
		Example: "  seatrial list --tags '@needs:nodes and not @slow'\n" +
			"  seatrial list --output ids | grep conflict",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			write, ok := listWriters()[output]
			if !ok {
				return &usageError{fmt.Errorf("--output %q is not table, json or ids", output)}
			}
			pages, selected, err := run.List(run.Options{Features: features.FS, Selection: tags})
			if err != nil {
				return &usageError{err}
			}
			listed := newListing(pages, selected)
			if err := write(e.out, listed); err != nil {
				return fmt.Errorf("write list: %w", err)
			}
			e.say("%s", listed.count())
			if len(selected) == 0 {
				return codeError(verdict.ExitInvalid)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&tags, "tags", "", "tag expression that selects behaviours, such as '@id:api.* and not @slow'")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, json or ids")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(slices.Sorted(maps.Keys(listWriters())), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// listing is the list of behaviours as JSON has it.
type listing struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Items      []listed `json:"items"`
}

type listed struct {
	ID            string   `json:"id"`
	Title         string   `json:"title"`
	Area          string   `json:"area"`
	Feature       string   `json:"feature"`
	Rule          string   `json:"rule"`
	Path          string   `json:"path"`
	Line          int      `json:"line"`
	Documentation string   `json:"documentation"`
	Tags          []string `json:"tags"`
	Needs         []string `json:"needs"`
}

func newListing(pages []spec.Feature, selected []spec.Scenario) listing {
	l := listing{APIVersion: report.APIVersion, Kind: "BehaviourList", Items: []listed{}}
	for _, s := range selected {
		i := slices.IndexFunc(pages, func(p spec.Feature) bool { return p.Path == s.Path })
		l.Items = append(l.Items, listed{
			ID: s.ID, Title: s.Title, Area: pages[i].Area, Feature: s.Feature, Rule: s.Rule, Path: s.Path, Line: s.Line, Documentation: pages[i].Link,
			Tags: append([]string{}, s.Tags...), Needs: append([]string{}, s.Values("needs")...),
		})
	}
	return l
}

// count tells how many behaviours there are, and in which areas.
func (l listing) count() string {
	areas := map[string]int{}
	for _, item := range l.Items {
		areas[item.Area]++
	}
	var parts []string
	for _, area := range slices.Sorted(maps.Keys(areas)) {
		parts = append(parts, fmt.Sprintf("%s %d", area, areas[area]))
	}
	text := fmt.Sprintf("%d behaviours", len(l.Items))
	if len(l.Items) == 1 {
		text = "1 behaviour"
	}
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}

func listWriters() map[string]func(io.Writer, listing) error {
	return map[string]func(io.Writer, listing) error{"table": listTable, "json": listJSON, "ids": listIDs}
}

func listTable(w io.Writer, l listing) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "AREA\tID\tNEEDS\tTITLE")
	for _, item := range l.Items {
		needs := strings.Join(item.Needs, ",")
		if needs == "" {
			needs = "-"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", item.Area, item.ID, needs, item.Title)
	}
	return table.Flush()
}

func listJSON(w io.Writer, l listing) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(l)
}

func listIDs(w io.Writer, l listing) error {
	var wrong []error
	for _, item := range l.Items {
		_, err := fmt.Fprintln(w, item.ID)
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}
