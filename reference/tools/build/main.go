// Command build makes the programs that a node runs beside the reference (runc, the containerd shim, the CNI plugin)
// and packs them, compressed, into a folder that the reference embeds. What is up to date is left alone.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	out := flag.String("out", "../runtime/blobs", "folder for the packed programs")
	root := flag.String("root", "../..", "root of the repository")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *root, *out); err != nil {
		fmt.Fprintln(os.Stderr, "build tools:", err)
		os.Exit(1)
	}
}

// run brings every program in out up to date and drops entries that no recipe makes any more.
func run(ctx context.Context, root, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	old, err := readManifest(out)
	if err != nil {
		return err
	}
	current := manifest{}
	for _, r := range recipes(root) {
		inputs, err := r.inputs()
		if err != nil {
			return fmt.Errorf("hash inputs of %s: %w", r.name, err)
		}
		if entry, ok := old[r.name]; ok && entry.Inputs == inputs && exists(filepath.Join(out, packed(r.name))) {
			current[r.name] = entry
			continue
		}
		if r.missing != nil {
			if what := r.missing(ctx); what != "" {
				fmt.Printf("%s: not built: %s\n", r.name, what)
				continue
			}
		}
		entry, err := r.make(ctx, out)
		if err != nil {
			return fmt.Errorf("make %s: %w", r.name, err)
		}
		entry.Inputs = inputs
		current[r.name] = entry
		fmt.Printf("%s: built, %.1f MB\n", r.name, float64(entry.Size)/1e6)
	}
	for name := range old {
		if _, ok := current[name]; !ok {
			if err := os.Remove(filepath.Join(out, packed(name))); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
	}
	return writeManifest(out, current)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
