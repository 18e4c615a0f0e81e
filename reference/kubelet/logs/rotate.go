package logs

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"
)

const (
	rotatePeriod = 10 * time.Second
	stampLayout  = "20060102-150405"
)

// Rotator keeps the logs of running containers small.
type Rotator struct {
	Runtime runtimeapi.RuntimeServiceClient
	// MaxSize is when a log is rotated, in bytes. MaxFiles is how many files of a container are kept, the current one included.
	MaxSize  int64
	MaxFiles int
	Clock    clock.Clock
	Log      *slog.Logger
}

// Run looks at the logs until ctx ends.
func (r *Rotator) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.Clock.After(rotatePeriod):
		}
		if err := r.Rotate(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("rotate logs", "err", err)
		}
	}
}

// Rotate rotates the logs that are too large.
func (r *Rotator) Rotate(ctx context.Context) error {
	running := runtimeapi.ContainerState_CONTAINER_RUNNING
	list, err := r.Runtime.ListContainers(ctx, &runtimeapi.ListContainersRequest{
		Filter: &runtimeapi.ContainerFilter{State: &runtimeapi.ContainerStateValue{State: running}},
	})
	if err != nil {
		return fmt.Errorf("list containers: %w", err)
	}
	var errs []error
	for _, container := range list.Containers {
		answer, err := r.Runtime.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: container.Id})
		if err != nil || answer.Status.LogPath == "" {
			continue // gone meanwhile
		}
		info, err := os.Stat(answer.Status.LogPath)
		if err != nil || info.Size() < r.MaxSize {
			continue
		}
		errs = append(errs, r.rotate(ctx, container.Id, answer.Status.LogPath))
	}
	return errors.Join(errs...)
}

// rotate moves the log away, has the runtime begin a new one, and removes and compresses old ones. The
// newest of the old ones stays as it is: a reader may still be at it.
func (r *Rotator) rotate(ctx context.Context, id, path string) error {
	old := path + "." + r.Clock.Now().UTC().Format(stampLayout)
	if err := os.Rename(path, old); err != nil {
		return fmt.Errorf("rotate log: %w", err)
	}
	if _, err := r.Runtime.ReopenContainerLog(ctx, &runtimeapi.ReopenContainerLogRequest{ContainerId: id}); err != nil {
		return errors.Join(fmt.Errorf("reopen log of container %q: %w", id, err), os.Rename(old, path))
	}
	rotated, err := Rotated(path)
	if err != nil {
		return err
	}
	for len(rotated) > r.MaxFiles-1 {
		if err := os.Remove(rotated[0]); err != nil {
			return fmt.Errorf("remove old log: %w", err)
		}
		rotated = rotated[1:]
	}
	for _, file := range rotated[:max(len(rotated)-1, 0)] {
		if err := compress(file); err != nil {
			return err
		}
	}
	return nil
}

// Rotated returns the files that were rotated away from a log, the oldest first.
func Rotated(path string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("list logs: %w", err)
	}
	var out []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), filepath.Base(path)+".") {
			out = append(out, filepath.Join(filepath.Dir(path), entry.Name()))
		}
	}
	slices.Sort(out) // the names end with the time
	return out, nil
}

func compress(path string) (err error) {
	if strings.HasSuffix(path, ".gz") {
		return nil
	}
	in, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("compress log: %w", err)
	}
	defer in.Close()
	out, err := os.Create(path + ".gz")
	if err != nil {
		return fmt.Errorf("compress log: %w", err)
	}
	zip := gzip.NewWriter(out)
	_, err = io.Copy(zip, in)
	if err = errors.Join(err, zip.Close(), out.Close()); err != nil {
		return errors.Join(fmt.Errorf("compress log: %w", err), os.Remove(out.Name()))
	}
	return os.Remove(path)
}
