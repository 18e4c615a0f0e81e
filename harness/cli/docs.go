package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/site"
	"github.com/seatrial/seatrial/harness/spec"
)

// docsFlags are the flags of seatrial docs.
type docsFlags struct {
	output, report, address string
	serve                   bool
}

func (e *env) docs() *cobra.Command {
	var flags docsFlags
	cmd := &cobra.Command{
		Use:   "docs",
		Short: "Write the specification as a web site",
		Long: "Write the specification as a web site that needs no server: open its index.html.\n" +
			"With --report, the site has the results of that run, and lies in the folder of the run.",
		Example: "  seatrial docs --output site\n" +
			"  seatrial docs --serve\n" +
			"  seatrial docs --report reports/latest --serve",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return e.writeDocs(cmd.Context(), flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.output, "output", "", "folder of the site (default reports/docs, or with --serve a temporary one)")
	f.StringVar(&flags.report, "report", "", "folder of a run whose results the site shall have")
	f.BoolVar(&flags.serve, "serve", false, "serve the site until interrupted")
	f.StringVar(&flags.address, "address", "127.0.0.1:0", "where to serve it; port 0 takes a free one")
	return cmd
}

func (e *env) writeDocs(ctx context.Context, flags docsFlags) error {
	dir, write := flags.output, docsOf
	switch {
	case flags.report != "" && flags.output != "":
		return &usageError{errors.New("--report and --output exclude each other: the site of a run lies with its evidence")}
	case flags.report != "":
		dir, write = flags.report, reportOf
	case dir == "" && flags.serve:
		temporary, err := os.MkdirTemp("", "seatrial-docs-")
		if err != nil {
			return fmt.Errorf("write site: %w", err)
		}
		defer os.RemoveAll(temporary)
		dir = temporary
	case dir == "":
		dir = filepath.Join("reports", "docs")
	}
	if err := write(dir); err != nil {
		return err
	}
	if !flags.serve {
		_, err := fmt.Fprintln(e.out, filepath.Join(dir, site.IndexName))
		return err
	}
	return e.serveDocs(ctx, dir, flags.address)
}

// docsOf makes the site of the specification.
func docsOf(dir string) error {
	pages, err := spec.Load(features.FS)
	if err != nil {
		return err
	}
	return site.Docs(pages, dir)
}

// reportOf makes the site of the run in the folder.
func reportOf(dir string) error {
	j, err := journal.Read(dir)
	if errors.Is(err, os.ErrNotExist) {
		return &usageError{fmt.Errorf("--report %q has no %s: it is not the folder of a run", dir, journal.Name)}
	}
	if err != nil {
		return err
	}
	return site.Write(dir, j)
}

func (e *env) serveDocs(ctx context.Context, dir, address string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("serve site: %w", err)
	}
	if _, err := fmt.Fprintf(e.out, "http://%s/\n", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	e.say("press Ctrl-C to end")
	return site.Serve(ctx, listener, dir)
}
