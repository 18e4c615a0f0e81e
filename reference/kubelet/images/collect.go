package images

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sys/unix"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"
)

// https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-lifecycle
const (
	collectPeriod = 5 * time.Minute
	highPercent   = 85 // begin
	lowPercent    = 80 // end
	minimumAge    = 2 * time.Minute
)

// Collector removes images that no container uses when the disk fills.
type Collector struct {
	Runtime runtimeapi.RuntimeServiceClient
	Images  runtimeapi.ImageServiceClient
	// Usage returns how full the disk with the images is, in bytes.
	Usage func(path string) (used, capacity uint64, err error)
	// Collected is called when images went.
	Collected func()
	Clock     clock.Clock
	Log       *slog.Logger

	unused map[string]time.Time // since when, by image ID
}

// Run looks at the disk until ctx ends.
func (c *Collector) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.Clock.After(collectPeriod):
		}
		if err := c.Collect(ctx); err != nil && ctx.Err() == nil {
			c.Log.Warn("collect images", "err", err)
		}
	}
}

// Collect removes images until the disk is below the low mark, those that are unused longest first.
func (c *Collector) Collect(ctx context.Context) error {
	images, err := c.findUnused(ctx)
	if err != nil {
		return err
	}
	info, err := c.Images.ImageFsInfo(ctx, &runtimeapi.ImageFsInfoRequest{})
	if err != nil || len(info.ImageFilesystems) == 0 {
		return err
	}
	path := info.ImageFilesystems[0].GetFsId().GetMountpoint()
	removed := false
	for _, image := range images {
		used, capacity, err := c.Usage(path)
		if err != nil {
			return err
		}
		limit := uint64(highPercent)
		if removed {
			limit = lowPercent
		}
		if capacity == 0 || used*100/capacity < limit {
			break
		}
		if _, err := c.Images.RemoveImage(ctx, &runtimeapi.RemoveImageRequest{Image: &runtimeapi.ImageSpec{Image: image.Id}}); err != nil {
			return fmt.Errorf("remove image %q: %w", image.Id, err)
		}
		c.Log.Info("image removed to free disk space", "image", image.Id, "bytes", image.Size)
		removed = true
	}
	if removed && c.Collected != nil {
		c.Collected()
	}
	return nil
}

// findUnused returns the images that no container has used for a while.
func (c *Collector) findUnused(ctx context.Context) ([]*runtimeapi.Image, error) {
	list, err := c.Images.ListImages(ctx, &runtimeapi.ListImagesRequest{})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	containers, err := c.Runtime.ListContainers(ctx, &runtimeapi.ListContainersRequest{})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	used := map[string]bool{}
	for _, container := range containers.Containers {
		used[container.ImageRef], used[container.ImageId], used[container.Image.GetImage()] = true, true, true
	}
	now, since := c.Clock.Now(), map[string]time.Time{}
	var out []*runtimeapi.Image
	for _, image := range list.Images {
		if used[image.Id] || image.Pinned || slices.ContainsFunc(slices.Concat(image.RepoTags, image.RepoDigests), func(name string) bool { return used[name] }) {
			continue
		}
		since[image.Id] = now
		if first, known := c.unused[image.Id]; known {
			since[image.Id] = first
		}
		if now.Sub(since[image.Id]) >= minimumAge {
			out = append(out, image)
		}
	}
	c.unused = since
	slices.SortFunc(out, func(a, b *runtimeapi.Image) int { return since[a.Id].Compare(since[b.Id]) })
	return out, nil
}

// DiskUsage is Usage of the file system at a path.
func DiskUsage(path string) (used, capacity uint64, err error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return 0, 0, fmt.Errorf("read disk usage of %q: %w", path, err)
	}
	size := uint64(stat.Bsize)
	return (stat.Blocks - stat.Bavail) * size, stat.Blocks * size, nil
}
