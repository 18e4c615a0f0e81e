package cli

import (
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	kubectlcmd "k8s.io/kubectl/pkg/cmd"
)

// kubectl runs kubectl in this process; args are those behind the verb.
func kubectl(args []string) int {
	os.Args = append([]string{"kubectl"}, args...) // kubectl looks for its plugins by them
	command := kubectlcmd.NewDefaultKubectlCommand()
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
