// Package cli is the command line of seatrial: one file for each verb.
//
// Results go to standard output, progress and errors to standard error. The
// exit codes are those of package verdict.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/cluster"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/verdict"
)

// Version is set at link time.
var Version = "development"

// env is what the verbs share.
type env struct {
	out, err io.Writer
	exit     func(code int)
	// remains tells what would be left if the process ended now.
	remains run.Remains
	// abandon, when a verb has set it, is what the second signal does instead of ending the process.
	abandon atomic.Pointer[func()]
}

// Main runs a command line and returns the exit code of the process.
func Main(args []string, out, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "kubectl" {
		return kubectl(args[1:])
	}
	e := &env{out: out, err: stderr, exit: os.Exit}
	ctx, stop := e.interrupts()
	defer stop()
	root := &cobra.Command{
		Use:           "seatrial",
		Short:         "Does this cluster behave as Kubernetes is documented to behave?",
		Version:       Version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(out)
	root.SetErr(stderr)
	root.AddCommand(e.up(), e.down(), e.status(), e.kubeconfig(), e.run(), e.list(), e.profiles(), e.rbac(), e.coverage(), e.report(), e.docs(), e.images(), e.diff(), e.sonobuoy(), e.certify(), e.cleanup(), kubectlHelp())
	root.SetArgs(args)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	return exitCode(root.ExecuteContext(ctx), stderr)
}

// usageError is a command line that cannot be understood.
type usageError struct{ error }

// codeError ends the process with a code; the verb has said why.
type codeError int

func (codeError) Error() string { return "" }

func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return verdict.ExitSuccess
	}
	if code, ok := errors.AsType[codeError](err); ok {
		return int(code)
	}
	_, _ = fmt.Fprintln(stderr, "error:", err)
	var usage *usageError
	switch {
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"), strings.HasPrefix(err.Error(), "accepts "):
		return verdict.ExitUsage
	case errors.Is(err, context.Canceled):
		return verdict.ExitInterrupted
	case errors.Is(err, cluster.ErrNotFound):
		return verdict.ExitCluster
	}
	return verdict.ExitKit
}

// nameFlag adds --name to a verb that works on one cluster.
func nameFlag(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "name", cluster.DefaultName, "name of the cluster")
}

// driverFlag adds --driver to a verb that starts a cluster.
func driverFlag(cmd *cobra.Command, driver *string) {
	cmd.Flags().StringVar(driver, "driver", "host", "how to run the cluster: "+strings.Join(cluster.Names(), " or "))
	_ = cmd.RegisterFlagCompletionFunc("driver", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return slices.Clone(cluster.Names()), cobra.ShellCompDirectiveNoFileComp
	})
}
