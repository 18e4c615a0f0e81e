package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/cluster"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/verdict"
)

// runFlags are the flags of seatrial run.
type runFlags struct {
	kubeconfig, context string
	driver              string
	// sonobuoy makes the run a plugin of Sonobuoy; inCluster takes the cluster in which this process is a pod.
	sonobuoy, inCluster bool
	options             run.Options
}

func (e *env) run() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the specification against a cluster",
		Long: "Run the specification against the cluster of --kubeconfig. Without it, a reference\n" +
			"cluster is started for the run, and removed after it.\n\n" +
			"The exit code tells the result: 0 success, 1 failure, 2 partial, 3 invalid (nothing ran),\n" +
			"4 the kit failed, 5 no cluster answered, 64 wrong usage, 130 interrupted.",
		Example: "  seatrial run\n" +
			"  seatrial run --kubeconfig ~/.kube/config --tags '@id:workloads.* and not @slow'",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.asPlugin(cmd.Context(), &flags, func(ctx context.Context) error { return e.runSpec(ctx, &flags) })
		},
	}
	driverFlag(cmd, &flags.driver)
	f := cmd.Flags()
	f.StringVar(&flags.kubeconfig, "kubeconfig", "", "the cluster to judge (default: a throw-away reference cluster)")
	f.StringVar(&flags.context, "context", "", "context of the kubeconfig (default its current one)")
	f.StringVar(&flags.options.Selection, "tags", "", "tag expression that selects behaviours, such as '@id:api.* and not @slow'")
	f.IntVar(&flags.options.Parallel, "parallel", 0, "how many scenarios run side by side (default 16)")
	f.StringVar(&flags.options.ReportDir, "report", "", "folder of the reports (default reports/runs/<time>, linked as reports/latest)")
	f.StringVar(&flags.options.ImageRegistry, "image-registry", "", "mirror of the images that the specification uses")
	f.BoolVar(&flags.sonobuoy, "sonobuoy", false, "run as a plugin of Sonobuoy in the cluster to judge; also when $SONOBUOY_RESULTS_DIR is set")
	f.Float64Var(&flags.options.Scale, "timeout-scale", 1, "stretch all time bounds, for slow clusters")
	return cmd
}

func (e *env) runSpec(ctx context.Context, flags *runFlags) error {
	o := flags.options
	o.Features, o.Progress, o.Kit = features.FS, e.err, Version
	_, selected, err := run.List(o)
	if err != nil {
		return &usageError{err}
	}
	if len(selected) == 0 {
		e.say("%s (tags %q)", run.NothingMatched, o.Selection)
		return codeError(verdict.ExitInvalid)
	}
	remove := func() error { return nil }
	switch {
	case flags.inCluster:
		o.Config, err = run.InCluster()
	case flags.kubeconfig == "" && flags.context == "":
		o.Throwaway = true
		o.Config, remove, err = e.throwaway(ctx, flags.driver)
	default:
		o.Config, err = run.Connect(flags.kubeconfig, flags.context)
	}
	if err != nil {
		return clusterError(err, remove())
	}
	result, err := run.Run(ctx, o)
	if removeErr := remove(); removeErr != nil {
		return removeErr
	}
	if err != nil {
		return clusterError(err, nil)
	}
	return codeOf(result)
}

func codeOf(result run.Result) error {
	if code := result.ExitCode(); code != verdict.ExitSuccess {
		return codeError(code)
	}
	return nil
}

// clusterError gives the errors that mean "no cluster" their exit code.
func clusterError(err, more error) error {
	var unreachable *run.Unreachable
	if errors.As(err, &unreachable) {
		return fmt.Errorf("%w: %w", cluster.ErrNotFound, errors.Join(err, more))
	}
	return errors.Join(err, more)
}

// throwaway starts a cluster with a name of its own. The returned function
// removes it, also when the context has ended.
func (e *env) throwaway(ctx context.Context, driver string) (*rest.Config, func() error, error) {
	nothing := func() error { return nil }
	d, err := cluster.New(driver)
	if err != nil {
		return nil, nothing, &usageError{err}
	}
	name := "run-" + strings.ToLower(rand.Text()[:8])
	remove := func() error {
		const bound = time.Minute
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
		defer cancel()
		if err := d.Down(ctx, name); err != nil {
			return fmt.Errorf("remove cluster %q: %w (try: seatrial down --name %s)", name, err, name)
		}
		return nil
	}
	err = d.Up(ctx, cluster.Spec{Name: name, Wait: time.Minute}, e.step)
	var unavailable *cluster.UnavailableError
	if errors.As(err, &unavailable) {
		return nil, nothing, err
	}
	if err != nil {
		return nil, remove, err
	}
	data, err := d.Kubeconfig(ctx, name)
	if err != nil {
		return nil, remove, err
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(data)
	if err != nil {
		return nil, remove, fmt.Errorf("read kubeconfig of cluster %q: %w", name, err)
	}
	return config, remove, nil
}
