package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/certify"
	"github.com/seatrial/seatrial/harness/cluster"
	"github.com/seatrial/seatrial/harness/verdict"
)

// certifyFlags are the flags of seatrial certify.
type certifyFlags struct {
	driver, kubectl string
	images          string
	list            bool
	options         certify.Options
}

func (e *env) certify() *cobra.Command {
	var flags certifyFlags
	cmd := &cobra.Command{
		Use:   "certify [-- FLAGS OF e2e.test]",
		Short: "Run upstream's conformance tests, and collect what the CNCF asks for",
		Long: "Run upstream's conformance tests against the cluster of --kubeconfig: those that may, side by side, then the serial ones.\n" +
			"Without it, a reference cluster is started for the run, and removed after it. The files for the CNCF go to\n" +
			"<output>/v1.NN/<product>; `seatrial certify check` applies the rules for them. What `seatrial run` says plays no part in it.\n\n" +
			"Upstream's programs e2e.test and ginkgo are built with your Go, once; or name ready ones.\n\n" +
			"The exit code tells the result: 0 success, 1 failure, 2 partial (some tests did not run, or skipped themselves), 3 invalid\n" +
			"(nothing ran), 4 the kit failed, 5 no cluster answered, 64 wrong usage, 130 interrupted.",
		Example: "  seatrial certify --kubeconfig ~/.kube/config --product my-product\n" +
			"  seatrial certify --kubeconfig ~/.kube/config --focus 'ConfigMap|Secrets' --skip '\\[Slow\\]'   # a trial\n" +
			"  seatrial certify --kubeconfig ~/.kube/config --resume\n" +
			"  seatrial certify --images conformance-images.tar -- --kube-test-repo-list=mirrors.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.options.Arguments = args
			return e.runCertify(cmd.Context(), &flags)
		},
	}
	driverFlag(cmd, &flags.driver)
	f, o := cmd.Flags(), &flags.options
	f.StringVar(&o.Kubeconfig, "kubeconfig", "", "the cluster to test (default: a throw-away reference cluster)")
	f.StringVar(&o.Context, "context", "", "context of the kubeconfig (default its current one)")
	f.IntVar(&o.Parallel, "parallel", 0, "how many tests run side by side (default 8); 1 is what most submissions use")
	f.StringVar(&o.Focus, "focus", "", "run only tests whose name matches, for a trial")
	f.StringVar(&o.Skip, "skip", "", "do not run tests whose name matches, for a trial")
	f.DurationVar(&o.Timeout, "timeout", 0, "end the run after this time (default 24h)")
	f.StringVar(&o.Dir, "output", "", "folder of all files (default reports/certify/<time>)")
	f.StringVar(&o.Product, "product", "my-product", "folder of the submission in <output>/v1.NN")
	f.BoolVar(&o.Resume, "resume", false, "go on with the run in --output, or with the newest one: run the tests without a verdict")
	f.StringVar(&o.Tools.E2E, "e2e-test", "", "upstream's program e2e.test (default: built here)")
	f.StringVar(&o.Tools.Ginkgo, "ginkgo", "", "the program ginkgo of the version in e2e.test (default: built here)")
	f.StringVar(&flags.kubectl, "kubectl", "", "the program kubectl that tests run (default: the one in this program)")
	f.StringVar(&flags.images, "images", "", "OCI or Docker archive to read into the throw-away cluster first")
	f.BoolVar(&flags.list, "list", false, "print the names of the selected tests and end")
	cmd.AddCommand(e.certifyCheck())
	return cmd
}

func (e *env) runCertify(ctx context.Context, flags *certifyFlags) (err error) {
	o := flags.options
	o.Progress, o.Kit = e.err, Version
	if flags.images != "" && o.Kubeconfig != "" {
		return &usageError{errors.New("--images is for the throw-away cluster; load images into your cluster in its own way")}
	}
	if strings.ContainsAny(o.Product, `/\`) || o.Product == "." || o.Product == ".." {
		return &usageError{fmt.Errorf("product %q: it names a folder, without slashes", o.Product)}
	}
	if o.Dir, err = outputDir(o.Dir, o.Resume); err != nil {
		return err
	}
	if err := e.upstreamTools(ctx, &o.Tools); err != nil {
		return err
	}
	if flags.list {
		return e.listTests(ctx, o)
	}
	scratch, err := os.MkdirTemp("", "seatrial-certify-")
	if err != nil {
		return fmt.Errorf("prepare run: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if o.Tools.Kubectl, err = kubectlProgram(flags.kubectl, scratch); err != nil {
		return err
	}
	remove, err := e.certifyCluster(ctx, flags, &o, scratch)
	if err == nil {
		err = e.certifyRun(ctx, o)
	}
	return errors.Join(err, remove())
}

// certifyRun runs the tests; a second signal ends them by force.
func (e *env) certifyRun(ctx context.Context, o certify.Options) error {
	ended := make(chan struct{})
	atOnce := sync.OnceFunc(func() { close(ended) })
	e.abandon.Store(&atOnce)
	defer e.abandon.Store(nil)
	o.Abandon = ended
	report, err := certify.Run(ctx, o)
	var unreachable *certify.Unreachable
	switch {
	case errors.As(err, &unreachable):
		return fmt.Errorf("%w: %w", cluster.ErrNotFound, err)
	case errors.Is(err, certify.ErrNothingSelected):
		e.say("invalid run: %v", err)
		return codeError(verdict.ExitInvalid)
	case errors.Is(err, certify.ErrNoRun):
		return &usageError{err}
	case err != nil:
		return err
	}
	if code := report.ExitCode(); code != verdict.ExitSuccess {
		return codeError(code)
	}
	return nil
}

// outputDir names the folder of a run by its time, and for one that is resumed the newest.
func outputDir(wish string, resume bool) (string, error) {
	if wish != "" {
		return filepath.Abs(wish)
	}
	parent, err := filepath.Abs(filepath.Join("reports", "certify"))
	if err != nil || !resume {
		return filepath.Join(parent, time.Now().UTC().Format("20060102-150405")), err
	}
	entries, err := os.ReadDir(parent)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("find run to resume: %w", err)
	}
	for _, entry := range slices.Backward(entries) {
		if _, err := os.Stat(filepath.Join(parent, entry.Name(), certify.RecordName)); err == nil {
			return filepath.Join(parent, entry.Name()), nil
		}
	}
	return "", &usageError{fmt.Errorf("folder %q: %w", parent, certify.ErrNoRun)}
}
