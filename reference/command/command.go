//go:build linux

// Package command is the command line of seatrial-reference: one subcommand
// for each component, and all-in-one for all of them.
package command

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs the command line and returns the exit code of the process.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use:           "seatrial-reference",
		Short:         "A Kubernetes v1.36 cluster in one program",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	var verbose bool
	root.PersistentFlags().BoolVarP(&verbose, "verbose", "v", false, "log debug messages, too")
	logger := func() *slog.Logger { return newLogger(verbose) }
	root.AddCommand(allInOne(logger), remove(), stopCommand(), status(), images())
	root.AddCommand(components(logger)...)
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return 0
}

// newLogger logs to stderr, and takes over what libraries log.
func newLogger(verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}
