package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/profile"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/spec"
)

func (e *env) profiles() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "profiles [FILE...]",
		Short: "List the profiles: parts of the specification that have a name",
		Long: "List the profiles of the kit, and those of the files that are named. A file holds:\n\n" +
			"    name: mine\n" +
			"    description: one sentence on what the profile is for\n" +
			"    extends: core                  # a profile of the kit, or a file\n" +
			"    tags: not @slow                # narrows what is extended\n" +
			"    required: [network.dns.*]      # ids or patterns, whatever the tags say\n" +
			"    optional: [storage.*]          # takes part, and may be unsupported\n" +
			"    parallel: 8                    # unless --parallel says otherwise\n" +
			"    deadline: 5m                   # unless --deadline says otherwise\n",
		Example: "  seatrial profiles\n  seatrial run --profile core --kubeconfig ~/.kube/config\n  seatrial run --profile ./mine.yaml",
		RunE:    func(_ *cobra.Command, args []string) error { return e.listProfiles(args, output) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// profileSize is a profile with how many behaviours it has.
type profileSize struct {
	Name        string `json:"name"`
	Behaviours  int    `json:"behaviours"`
	Optional    int    `json:"optional"`
	Description string `json:"description"`
}

func (e *env) listProfiles(files []string, output string) error {
	if output != "table" && output != "json" {
		return &usageError{fmt.Errorf("--output %q is not table or json", output)}
	}
	pages, err := spec.Load(features.FS)
	if err != nil {
		return err
	}
	all := spec.Scenarios(pages)
	sizes := []profileSize{}
	for _, name := range append(profile.Names(), files...) {
		p, err := loadProfile(name, all)
		if err != nil {
			return err
		}
		size := profileSize{Name: p.Name, Description: p.Description}
		for _, s := range spec.Select(all, p.Selects) {
			size.Behaviours++
			if p.IsOptional(s) {
				size.Optional++
			}
		}
		sizes = append(sizes, size)
	}
	if output == "json" {
		encoder := json.NewEncoder(e.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(sizes)
	}
	table := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "PROFILE\tBEHAVIOURS\tOPTIONAL\tDESCRIPTION")
	for _, size := range sizes {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%s\n", size.Name, size.Behaviours, size.Optional, size.Description)
	}
	return table.Flush()
}

// loadProfile reads a profile and holds it against the specification.
func loadProfile(nameOrFile string, all []spec.Scenario) (*profile.Profile, error) {
	p, err := profile.Load(nameOrFile)
	if err == nil {
		err = p.Check(all)
	}
	if err != nil {
		return nil, &usageError{err}
	}
	return p, nil
}

// adoptProfile makes the profile that of the run; the empty name means none.
func adoptProfile(nameOrFile string, o *run.Options) error {
	if nameOrFile == "" {
		return nil
	}
	pages, err := spec.Load(o.Features)
	if err != nil {
		return err
	}
	p, err := loadProfile(nameOrFile, spec.Scenarios(pages))
	if err != nil {
		return err
	}
	o.Profile = run.Profile{Name: p.Name, Selects: p.Selects, Optional: p.IsOptional}
	parallel, deadline := p.Pace()
	if o.Parallel == 0 {
		o.Parallel = parallel
	}
	if o.Deadline == 0 {
		o.Deadline = deadline
	}
	return nil
}
