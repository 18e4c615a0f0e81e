//go:build linux

package command

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/reference/cluster"
	"github.com/seatrial/seatrial/reference/host"
)

// placeFlags are the flags that say which cluster is meant.
type placeFlags struct{ name, dataDir, stateDir string }

func (f *placeFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "name", "seatrial", "name of the cluster")
	cmd.Flags().StringVar(&f.dataDir, "data-dir", "", "folder of what survives a reboot (default "+host.DataRoot+"/NAME)")
	cmd.Flags().StringVar(&f.stateDir, "state-dir", "", "folder of sockets and namespaces (default "+host.StateRoot+"/NAME)")
}

func (f *placeFlags) place() (host.Place, error) { return host.NewPlace(f.name, f.dataDir, f.stateDir) }

func remove() *cobra.Command {
	var flags placeFlags
	cmd := &cobra.Command{
		Use: "remove", Short: "End a cluster and delete all that it left on this host", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := flags.place()
			if err != nil {
				return err
			}
			return place.Remove(cmd.Context())
		},
	}
	flags.add(cmd)
	return cmd
}

func stopCommand() *cobra.Command {
	var flags placeFlags
	cmd := &cobra.Command{
		Use: "stop", Short: "End the process of a cluster; containers go on", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := flags.place()
			if err != nil {
				return err
			}
			return place.Stop(cmd.Context())
		},
	}
	flags.add(cmd)
	return cmd
}

func status() *cobra.Command {
	var flags placeFlags
	cmd := &cobra.Command{
		Use: "status", Short: "Print what is known of a cluster, as JSON", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := flags.place()
			if err != nil {
				return err
			}
			record, err := cluster.ReadRecord(place)
			if err != nil {
				return err
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(record)
		},
	}
	flags.add(cmd)
	return cmd
}

func images() *cobra.Command {
	parent := &cobra.Command{Use: "images", Short: "Images of a running cluster"}
	var flags placeFlags
	load := &cobra.Command{
		Use: "load FILE", Short: "Read an OCI or Docker archive into a running cluster; '-' is standard input", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := flags.place()
			if err != nil {
				return err
			}
			archive := io.ReadCloser(os.Stdin)
			if args[0] != "-" {
				if archive, err = os.Open(args[0]); err != nil {
					return fmt.Errorf("open archive: %w", err)
				}
			}
			defer func() { _ = archive.Close() }()
			names, err := cluster.LoadImages(cmd.Context(), place, archive)
			for _, name := range names {
				_, _ = fmt.Fprintln(cmd.OutOrStdout(), name)
			}
			return err
		},
	}
	flags.add(load)
	parent.AddCommand(load)
	return parent
}
