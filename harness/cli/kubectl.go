package cli

import (
	"os"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/component-base/cli"
	kubectlcmd "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/plugin"

	"github.com/seatrial/seatrial/steps/client"
)

// What a kubectl of its own has, so that this one paces its discovery alike.
const (
	discoveryQPS   = 50.0
	discoveryBurst = 300
)

// kubectl runs kubectl in this process; args are those behind the verb. Its requests are booked when a run asks for that.
func kubectl(args []string) int {
	os.Args = append([]string{"kubectl"}, args...) // kubectl looks for its plugins by them
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	flags := genericclioptions.NewConfigFlags(true).WithDeprecatedPasswordFlag().WithDiscoveryBurst(discoveryBurst).WithDiscoveryQPS(discoveryQPS).
		WithWarningPrinter(streams).WithWrapConfigFn(client.RecordProcess)
	command := kubectlcmd.NewDefaultKubectlCommandWithArgs(kubectlcmd.KubectlOptions{
		PluginHandler: kubectlcmd.NewDefaultPluginHandler(plugin.ValidPluginFilenamePrefixes),
		Arguments:     os.Args, ConfigFlags: flags, IOStreams: streams,
	})
	if err := cli.RunNoErrOutput(command); err != nil {
		return 1
	}
	return 0
}

// kubectlHelp is the entry in the list of verbs; Main handles the verb itself,
// since all flags behind it are kubectl's.
func kubectlHelp() *cobra.Command {
	return &cobra.Command{Use: "kubectl", Short: "Run kubectl, with kubectl's own flags", DisableFlagParsing: true}
}
