package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/run"
)

func (e *env) list() *cobra.Command {
	var tags string
	cmd := &cobra.Command{
		Use: "list", Short: "List the behaviours of the specification", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, selected, err := run.List(run.Options{Features: features.FS, Selection: tags})
			if err != nil {
				return &usageError{err}
			}
			for _, scenario := range selected {
				_, _ = fmt.Fprintf(e.out, "%-60s %s\n", scenario.ID, scenario.Title)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&tags, "tags", "", "tag expression that selects behaviours")
	return cmd
}
