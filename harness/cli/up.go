package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/cluster"
)

func (e *env) up() *cobra.Command {
	var driver, kubeconfig string
	var spec cluster.Spec
	cmd := &cobra.Command{
		Use:   "up [-- FLAGS OF THE COMPONENTS]",
		Short: "Start a reference cluster and make it kubectl's current context",
		Example: "  seatrial up\n" +
			"  seatrial up --name demo --kubeconfig demo.kubeconfig\n" +
			"  seatrial up -- --authorization-mode=RBAC --enable-admission-plugins=AlwaysPullImages",
		Long: "Start a reference cluster and make it kubectl's current context.\n\n" +
			"What follows -- are flags of the API server under upstream's names; seatrial-reference all-in-one --help lists them.",
		RunE: func(cmd *cobra.Command, args []string) error {
			spec.Args = args
			d, err := cluster.New(driver)
			if err != nil {
				return &usageError{err}
			}
			started := time.Now()
			if err := d.Up(cmd.Context(), spec, e.step); err != nil {
				return err
			}
			config, err := d.Kubeconfig(cmd.Context(), spec.Name)
			if err != nil {
				return err
			}
			file, err := cluster.MergeKubeconfig(spec.Name, config, kubeconfig)
			if err != nil {
				return err
			}
			e.say("Cluster %q is ready after %s. Context %q is current in %s.", spec.Name,
				time.Since(started).Round(10*time.Millisecond), cluster.ContextName(spec.Name), file)
			e.say("Try:  kubectl get pods -A   (or seatrial kubectl ...)")
			return nil
		},
	}
	nameFlag(cmd, &spec.Name)
	driverFlag(cmd, &driver)
	f := cmd.Flags()
	f.StringVar(&kubeconfig, "kubeconfig", "", "file that gets the cluster's context (default $KUBECONFIG, else ~/.kube/config)")
	f.IntVar(&spec.APIPort, "api-port", 0, "port of the API on 127.0.0.1 (default a free one)")
	f.DurationVar(&spec.Wait, "wait", time.Minute, "how long to wait for the node to be Ready")
	return cmd
}

func (e *env) down() *cobra.Command {
	var name, kubeconfig string
	cmd := &cobra.Command{
		Use: "down", Short: "Remove a reference cluster and everything that belongs to it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			driver, _, err := cluster.Find(cmd.Context(), name)
			if err == nil {
				err = driver.Down(cmd.Context(), name)
			}
			if err != nil && !isMissing(err) {
				return err
			}
			if err := cluster.RemoveKubeconfig(name, kubeconfig); err != nil {
				return err
			}
			e.say("Cluster %q is gone.", name)
			return nil
		},
	}
	nameFlag(cmd, &name)
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "file that has the cluster's context (default $KUBECONFIG, else ~/.kube/config)")
	return cmd
}

// step tells that a part of a start is done.
func (e *env) step(text string) { e.say(" ✓ %s", text) }

// say writes a line of progress.
func (e *env) say(format string, args ...any) { _, _ = fmt.Fprintf(e.err, format+"\n", args...) }
