package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/sonobuoy"
	"github.com/seatrial/seatrial/harness/verdict"
)

func (e *env) sonobuoy() *cobra.Command {
	parent := &cobra.Command{Use: "sonobuoy", Short: "Work together with Sonobuoy"}
	parent.AddCommand(e.sonobuoyPlugin(), e.sonobuoyArchive())
	return parent
}

func (e *env) sonobuoyPlugin() *cobra.Command {
	var definition sonobuoy.Definition
	cmd := &cobra.Command{
		Use:   "plugin [-- FLAGS OF SEATRIAL RUN]",
		Short: "Print the definition of a Sonobuoy plugin that runs the specification",
		Example: "  seatrial sonobuoy plugin --profile core > seatrial.yaml\n" +
			"  seatrial sonobuoy plugin --image registry.example/kit:v1 -- --tags 'not @slow' > seatrial.yaml\n" +
			"  sonobuoy run --plugin seatrial.yaml --wait",
		RunE: func(_ *cobra.Command, args []string) error {
			definition.Args = args
			out, err := definition.YAML()
			if err != nil {
				return &usageError{err}
			}
			_, err = e.out.Write(out)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&definition.Image, "image", "seatrial/kit:"+Version, "image that holds the kit as /seatrial, where the nodes can pull it")
	f.StringVar(&definition.Profile, "profile", "", "profile that the plugin runs (default everything)")
	f.StringVar(&definition.Name, "name", sonobuoy.PluginName, "name of the plugin")
	return cmd
}

func (e *env) sonobuoyArchive() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "archive RUN",
		Short: "Write a run as a tarball that Sonobuoy's tools read",
		Long:  "Write a run as a tarball that Sonobuoy's tools read. RUN is a directory of reports. The name of the file is printed.",
		Example: "  sonobuoy results $(seatrial sonobuoy archive reports/latest)\n" +
			"  seatrial sonobuoy archive reports/latest --output - | ssh elsewhere 'cat > run.tar.gz'",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return e.archive(args[0], output) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the file, or - for standard output (default <time>_sonobuoy_<uuid>.tar.gz, as Sonobuoy does)")
	return cmd
}

func (e *env) archive(dir, output string) error {
	j, err := readRun(dir)
	if err != nil {
		return &usageError{err}
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return &usageError{fmt.Errorf("read run: %s is not a directory of reports", dir)}
	}
	switch output {
	case "-":
		return sonobuoy.Archive(e.out, j, dir)
	case "":
		output = sonobuoy.FileName(j)
	}
	file, err := os.Create(output)
	if err != nil {
		return fmt.Errorf("write Sonobuoy's tarball: %w", err)
	}
	if err := errors.Join(sonobuoy.Archive(file, j, dir), file.Close()); err != nil {
		return errors.Join(err, os.Remove(output))
	}
	_, err = fmt.Fprintln(e.out, filepath.ToSlash(output))
	return err
}

// pluginChild is set in the environment of the process in which a plugin runs the specification.
const pluginChild = "SEATRIAL_SONOBUOY_CHILD"

// asPlugin runs the specification as a plugin of Sonobuoy where it is one, and else as usual. A plugin is two processes: one runs the
// specification, the other one waits, and hands over the results also when the first one breaks.
func (e *env) asPlugin(ctx context.Context, flags *runFlags, spec func(context.Context) error) error {
	worker, plugin := sonobuoy.FromEnvironment(os.Getenv)
	switch {
	case !plugin && !flags.sonobuoy:
		return spec(ctx)
	case flags.options.ReportDir != "":
		return &usageError{errors.New("--report has no place in a plugin of Sonobuoy: its results go to Sonobuoy's directory")}
	case os.Getenv(pluginChild) == "":
		return e.supervise(ctx, worker)
	}
	flags.inCluster = flags.kubeconfig == "" && flags.context == ""
	flags.options.ReportDir = worker.ReportDir()
	progress := worker.Progress(&http.Client{}, e.err)
	flags.options.Observe = progress.Observe
	posting, stop := context.WithCancel(context.WithoutCancel(ctx))
	var posts sync.WaitGroup
	posts.Go(func() { progress.Run(posting) })
	defer posts.Wait()
	defer stop()
	return spec(ctx)
}

// supervise runs this command line once more.
func (e *env) supervise(ctx context.Context, worker sonobuoy.Worker) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start the run: %w", err)
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), self, os.Args[1:]...)
	command.Env = append(os.Environ(), pluginChild+"=1")
	command.Stdout = e.out
	code, err := worker.Supervise(ctx, command, e.err)
	var broken *sonobuoy.BrokenError
	switch {
	case errors.As(err, &broken):
		e.say("sonobuoy: the run ended with %s; that is handed over as its result", broken.State) // it has said why
	case err != nil:
		e.say("error: %v", err)
	}
	if err != nil && code == verdict.ExitSuccess {
		code = verdict.ExitKit
	}
	if code != verdict.ExitSuccess {
		return codeError(code)
	}
	return nil
}
