package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/cluster"
)

func isMissing(err error) bool { return errors.Is(err, cluster.ErrNotFound) }

func (e *env) status() *cobra.Command {
	var name string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Short: "Show the reference clusters of this machine", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			infos, err := e.infos(cmd, name)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(e.out).Encode(infos)
			}
			table := tabwriter.NewWriter(e.out, 0, 0, 3, ' ', 0)
			_, _ = fmt.Fprintln(table, "NAME\tDRIVER\tSTATE\tSERVER\tLOG")
			for _, i := range infos {
				_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", i.Name, i.Driver, i.State, i.Server, i.Log)
			}
			return table.Flush()
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "show this cluster only; it is an error when it is not there")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func (e *env) infos(cmd *cobra.Command, name string) ([]cluster.Info, error) {
	if name == "" {
		return cluster.List(cmd.Context())
	}
	_, info, err := cluster.Find(cmd.Context(), name)
	if err != nil {
		return nil, err
	}
	return []cluster.Info{info}, nil
}

func (e *env) kubeconfig() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "kubeconfig", Short: "Print the administrator's kubeconfig of a reference cluster", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			driver, _, err := cluster.Find(cmd.Context(), name)
			if err != nil {
				return err
			}
			config, err := driver.Kubeconfig(cmd.Context(), name)
			if err != nil {
				return err
			}
			_, err = e.out.Write(config)
			return err
		},
	}
	nameFlag(cmd, &name)
	return cmd
}
