// Package filewatch tells when the content of a file changes.
//
//	err := filewatch.Run(ctx, "/etc/kubernetes/authn.yaml", initial, func(data []byte) { ... })
package filewatch

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// interval is how often the file is read without a sign of change: network
// file systems and bind mounts give none. Upstream's for its own files.
const interval = time.Minute

// Run calls changed with the content of the file whenever it differs from the
// content before, last at first, until ctx is done. It watches the folder, so
// that a file that is replaced, as in a mounted Secret, is seen too. A file that
// cannot be read, or is empty, is taken for one that is being written.
func Run(ctx context.Context, path string, last []byte, changed func([]byte)) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %q: %w", path, err)
	}
	defer func() { _ = w.Close() }()
	if err := w.Add(filepath.Dir(path)); err != nil {
		return fmt.Errorf("watch %q: %w", path, err)
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		// The first look comes before the first event: the file may have changed
		// between its reading and the watch.
		if data, err := os.ReadFile(path); err == nil && len(data) > 0 && !bytes.Equal(data, last) {
			last = data
			changed(data)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.Events:
		case <-w.Errors: //nolint:errcheck // an overflow: look
		case <-tick.C:
		}
	}
}
