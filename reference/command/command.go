//go:build linux

// Package command is the command line of seatrial-reference: one subcommand
// for each component, and all-in-one for all of them.
package command

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs the command line and returns the exit code of the process.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := rootCommand()
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return 0
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "seatrial-reference",
		Short:         "A Kubernetes v1.36 cluster in one program",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	var log logging
	log.addTo(root.PersistentFlags())
	root.AddCommand(allInOne(log.newLogger), remove(), stopCommand(), status(), images())
	root.AddCommand(components(log.newLogger)...)
	return root
}
