package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/cluster"
)

func (e *env) images() *cobra.Command {
	parent := &cobra.Command{Use: "images", Short: "Images of reference clusters"}
	var name string
	load := &cobra.Command{
		Use: "load FILE", Short: "Read an OCI or Docker archive into a running cluster; '-' is standard input", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			archive := io.ReadCloser(os.Stdin)
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return fmt.Errorf("open archive: %w", err)
				}
				archive = file
			}
			defer func() { _ = archive.Close() }()
			driver, _, err := cluster.Find(cmd.Context(), name)
			if err != nil {
				return err
			}
			names, err := driver.LoadImages(cmd.Context(), name, archive)
			for _, image := range names {
				_, _ = fmt.Fprintln(e.out, image)
			}
			return err
		},
	}
	nameFlag(load, &name)
	parent.AddCommand(load)
	return parent
}
