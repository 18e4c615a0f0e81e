//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// stopTime is how long the cluster's process may take to end by itself.
const stopTime = 10 * time.Second

// Stop ends the cluster's process. Containers go on.
func (p Place) Stop(ctx context.Context) error {
	pid := p.PID()
	if pid == 0 {
		return nil
	}
	polite, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	if killAndWait(polite, pid, unix.SIGTERM) == nil {
		return nil
	}
	return killAndWait(ctx, pid, unix.SIGKILL)
}

// Remove ends every process of the cluster and deletes all that it left on the
// host: containers, namespaces, interfaces, rules, cgroups, files. What is gone
// already is no error, so it may be repeated after a failure.
func (p Place) Remove(ctx context.Context) error {
	if err := p.Stop(ctx); err != nil {
		return err
	}
	if err := p.killAll(ctx); err != nil {
		return err
	}
	errs := []error{p.denyOutbound(), p.disconnect(), p.removeCgroups()}
	p.unpin()
	for _, dir := range []string{p.StateDir, p.DataDir} {
		if err := os.RemoveAll(dir); err != nil {
			errs = append(errs, fmt.Errorf("remove directory %q: %w", dir, err))
		}
		_ = unix.Rmdir(filepath.Dir(dir)) // stays while another cluster is there
	}
	return errors.Join(errs...)
}

// Exists reports whether anything of the cluster is on this host.
func (p Place) Exists() bool {
	for _, dir := range []string{p.DataDir, p.StateDir} {
		if _, err := os.Stat(dir); err == nil {
			return true
		}
	}
	return false
}
