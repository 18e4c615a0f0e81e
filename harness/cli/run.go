package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/klog/v2"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/cluster"
	"github.com/seatrial/seatrial/harness/falsify"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/verdict"
)

// runFlags are the flags of seatrial run.
type runFlags struct {
	kubeconfig, context string
	driver              string
	// sonobuoy makes the run a plugin of Sonobuoy; inCluster takes the cluster in which this process is a pod.
	sonobuoy, inCluster bool
	profile             string
	options             run.Options
	telling             telling
	// dropWhen runs the specification without its Whens; see falsify.
	dropWhen bool
}

const runHelp = `Run the specification against the cluster of --kubeconfig. Without it, a reference
cluster is started for the run, and removed after it.

The first SIGINT or SIGTERM ends the run: it starts nothing more, cleans up and writes
its reports. The second one ends the process at once and tells what is left. A run that
was ended, or killed, goes on with --resume.

The exit code tells the result:
    0  success: everything that was judged passed, and something was
    1  failure: a behaviour failed, or one that is known to fail passed
    2  partial: nothing failed, but something was blocked, not run, or met an error of
       the kit; or the cluster does not support what the profile requires
    3  invalid: nothing was judged
    4  the kit could not do its work, for example not write its report
    5  no cluster answered, or it stopped answering during the run
   64  the command line cannot be understood
  130  interrupted`

func (e *env) run() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the specification against a cluster",
		Long:  runHelp,
		Example: "  seatrial run\n" +
			"  seatrial run --kubeconfig ~/.kube/config --tags '@id:workloads.* and not @slow'\n" +
			"  seatrial run --kubeconfig ~/.kube/config --budget 10m --retries 1\n" +
			"  seatrial run --kubeconfig ~/.kube/config --rerun-failed --shuffle --until-fail",
		Args: func(_ *cobra.Command, args []string) error { return flags.seed(args) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.asPlugin(cmd.Context(), &flags, func(ctx context.Context) error { return e.runSpec(ctx, &flags) })
		},
	}
	driverFlag(cmd, &flags.driver)
	f, o := cmd.Flags(), &flags.options
	f.StringVar(&flags.kubeconfig, "kubeconfig", "", "the cluster to judge (default: a throw-away reference cluster)")
	f.StringVar(&flags.context, "context", "", "context of the kubeconfig (default its current one)")
	f.StringVar(&o.Selection, "tags", "", "tag expression that selects behaviours, such as '@id:api.* and not @slow'")
	f.StringVar(&flags.profile, "profile", "", "what the run has to judge to be complete: a profile of the kit, or a file (see seatrial profiles)")
	f.StringVar(&o.ReportDir, "report", "", "folder of the reports (default reports/runs/<time>, linked as reports/latest)")
	f.StringVar(&o.ImageRegistry, "image-registry", "", "mirror of the images that the specification uses")
	f.BoolVar(&flags.sonobuoy, "sonobuoy", false, "run as a plugin of Sonobuoy in the cluster to judge; also when $SONOBUOY_RESULTS_DIR is set")
	f.IntVar(&o.Parallel, "parallel", 0, "how many scenarios run side by side (default 16)")
	f.DurationVar(&o.Deadline, "deadline", 0, "how long one scenario may take (default 5m)")
	f.Float64Var(&o.Scale, "timeout-scale", 1, "stretch all time bounds, for slow clusters")
	f.DurationVar(&o.Budget, "budget", 0, "run the widest set of behaviours that fits into this time")
	f.Var((*shuffle)(&o.Effort), "shuffle", "mix the order, by a seed if one is given")
	f.Lookup("shuffle").NoOptDefVal = "0"
	f.IntVar(&o.Repeat, "repeat", 0, "run each behaviour so often; it must pass every time")
	f.BoolVar(&o.UntilFail, "until-fail", false, "repeat until something fails (at most --repeat times)")
	f.BoolVar(&o.FailFast, "fail-fast", false, "start nothing more after the first failure")
	f.IntVar(&o.Retries, "retries", 0, "try again so often what did not pass; what passes then is flaky")
	f.BoolVar(&o.RerunFailed, "rerun-failed", false, "run only what failed, was blocked or met an error in the run before")
	f.BoolVar(&o.Resume, "resume", false, "go on with the run before, which was interrupted or killed")
	f.StringVar(&o.From, "from", "", "folder of the run before (default that of --report, or else reports/latest)")
	f.StringSliceVar(&o.Namespaces, "namespace", nil, "empty Namespaces to use instead of making new ones, separated by commas")
	f.StringVar(&o.Known, "known", "", "YAML list of behaviours that are known to fail or to be flaky: id, kind (failing or flaky), reason, issue")
	f.StringSliceVar(&o.Offer, "offer", nil, "capabilities that the cluster has although they are not detected, such as network-policy")
	f.StringSliceVar(&o.Lack, "lack", nil, "capabilities that the cluster has not although they are detected")
	flags.telling.flags(cmd)
	dropWhenFlag(f, &flags.dropWhen)
	f.BoolVar(&o.NoInventory, "no-inventory", false, "do not compare what is in the cluster before and after the run")
	return cmd
}

// shuffle is the flag --shuffle, which takes a seed or none.
type shuffle run.Effort

func (s *shuffle) String() string { return "" }
func (s *shuffle) Type() string   { return "seed" }

func (s *shuffle) Set(text string) (err error) {
	s.Shuffle = true
	s.Seed, err = strconv.ParseInt(text, 10, 64)
	return err
}

// seed takes the seed that stands apart from its flag: --shuffle 7.
func (f *runFlags) seed(args []string) error {
	if len(args) == 0 {
		return nil
	}
	o := &f.options.Effort
	if len(args) == 1 && o.Shuffle && o.Seed == 0 && (*shuffle)(o).Set(args[0]) == nil {
		return nil
	}
	return &usageError{fmt.Errorf("run takes no argument %q; behaviours are selected with --tags", args[len(args)-1])}
}

func (e *env) runSpec(ctx context.Context, flags *runFlags) error {
	o := flags.options
	o.Features, o.Progress, o.Kit, o.Remains = features.FS, e.err, Version, &e.remains
	where := flags.where()
	o.Command = "seatrial run" + where
	if flags.dropWhen {
		o.Features = falsify.DropWhen(features.FS)
	}
	if err := flags.telling.apply(&o); err != nil {
		return &usageError{err}
	}
	if err := adoptProfile(flags.profile, &o); err != nil {
		return err
	}
	e.remains.At(where)
	if where == "" && !flags.inCluster {
		o.Throwaway = throwawayName()
	}
	klog.SetSlogLogger(slog.New(slog.DiscardHandler)) // what client-go thinks of closed connections is no part of the progress
	plan, err := run.NewPlan(o)
	if err != nil {
		return &usageError{err}
	}
	if len(plan.Scenarios) == 0 {
		e.say("%s (tags %q)", plan.Reason, o.Selection)
		return codeError(verdict.ExitInvalid)
	}
	remove, err := e.reach(ctx, flags, plan)
	if err != nil {
		return clusterError(err, remove())
	}
	result, err := plan.Run(ctx)
	publish(result.ReportDir, e.err)
	if removeErr := remove(); removeErr != nil {
		return removeErr
	}
	if err != nil {
		return clusterError(err, nil)
	}
	if flags.dropWhen {
		return e.survivors(result)
	}
	return codeOf(result)
}

// reach finds or makes the cluster of the plan. The returned function removes it if it is the run's own.
func (e *env) reach(ctx context.Context, flags *runFlags, plan *run.Plan) (remove func() error, err error) {
	remove = func() error { return nil }
	switch past := plan.Past(); {
	case flags.inCluster:
		plan.Config, err = run.InCluster()
	case plan.Throwaway == "":
		plan.Config, err = run.Connect(flags.kubeconfig, flags.context)
	case past == nil:
		plan.Config, remove, err = e.throwaway(ctx, flags.driver, plan.Throwaway)
	case past.Throwaway != "":
		plan.Throwaway = past.Throwaway
		plan.Config, remove, err = e.abandoned(ctx, past.Throwaway)
	default:
		err = &usageError{fmt.Errorf("--resume needs the cluster of the run, %s: --kubeconfig", past.Cluster)}
	}
	return remove, err
}

// where is the part of the command line that names the cluster.
func (f *runFlags) where() string {
	var words []string
	if f.kubeconfig != "" {
		words = append(words, " --kubeconfig "+quoted(f.kubeconfig))
	}
	if f.context != "" {
		words = append(words, " --context "+quoted(f.context))
	}
	return strings.Join(words, "")
}

// quoted makes a word safe for a shell.
func quoted(word string) string {
	if strings.ContainsAny(word, " \t\n'\"\\$`*?[]{}()<>|&;!#~") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

func codeOf(result run.Result) error {
	if code := result.ExitCode(); code != verdict.ExitSuccess {
		return codeError(code)
	}
	return nil
}

// clusterError gives the errors that mean "no cluster" their exit code.
func clusterError(err, more error) error {
	if _, ok := errors.AsType[*run.Unreachable](err); ok {
		return fmt.Errorf("%w: %w", cluster.ErrNotFound, errors.Join(err, more))
	}
	if _, ok := errors.AsType[*run.Refused](err); ok {
		return &usageError{errors.Join(err, more)}
	}
	return errors.Join(err, more)
}
