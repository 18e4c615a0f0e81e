// Package volumes makes the volumes of pods on this node, keeps their content current, and removes them.
package volumes

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/objects"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/claim"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/mount"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/projected"
)

// Options are the dependencies of Volumes.
type Options struct {
	// Dir has one directory per pod, named by UID.
	Dir     string
	Client  kubernetes.Interface
	Store   *objects.Store
	Tokens  *projected.TokenCache
	Mounter mount.Mounter
	Clock   clock.PassiveClock
	// Node returns the node object, or nil before it is known.
	Node func() *corev1.Node
}

// Volumes are the volumes of all pods of the node.
type Volumes struct {
	Options
	mu   sync.Mutex
	pods map[types.UID]*podVolumes
}

type podVolumes struct {
	mu       sync.Mutex // one set up at a time
	releases map[objects.Ref]func()
	closed   bool
}

// New returns the volumes of the pods below a directory.
func New(options Options) *Volumes {
	return &Volumes{Options: options, pods: map[types.UID]*podVolumes{}}
}

// Set is the volumes of one pod that are ready, by name.
type Set struct {
	Mounted map[string]Mounted
	// Refresh is when the content must be brought up to date even if nothing changed; zero = never.
	Refresh time.Time
}

// Mounted is a volume that is ready.
type Mounted struct {
	// Path on the node.
	Path string
	// Image, if not nil, is mounted by the runtime; Path is empty.
	Image    *corev1.ImageVolumeSource
	ReadOnly bool
}

// SetUp makes all volumes of a pod. It may be repeated: content is brought up to date. changed is
// called when an object changes that a volume shows; SetUp should then run again.
func (v *Volumes) SetUp(ctx context.Context, pod *corev1.Pod, changed func()) (*Set, error) {
	return v.setUp(ctx, pod, v.Store, changed)
}

// Refresh brings the content up to date from what the watches saw last.
func (v *Volumes) Refresh(ctx context.Context, pod *corev1.Pod, changed func()) (*Set, error) {
	return v.setUp(ctx, pod, v.Store.Watched(), changed)
}

func (v *Volumes) setUp(ctx context.Context, pod *corev1.Pod, reader objects.Reader, changed func()) (*Set, error) {
	state := v.state(pod.UID)
	state.mu.Lock()
	defer state.mu.Unlock()
	if state.closed {
		return nil, fmt.Errorf("set up volumes: the pod's volumes are already removed")
	}
	set := &Set{Mounted: map[string]Mounted{}}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	for i := range pod.Spec.Volumes {
		volume := &pod.Spec.Volumes[i]
		v.watch(pod, volume, state, changed)
		group.Go(func() error {
			mounted, refresh, err := v.one(ctx, pod, volume, reader)
			if err != nil {
				return fmt.Errorf("MountVolume.SetUp failed for volume %q : %w", volume.Name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			set.Mounted[volume.Name] = mounted
			if !refresh.IsZero() && (set.Refresh.IsZero() || refresh.Before(set.Refresh)) {
				set.Refresh = refresh
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return set, nil
}

func (v *Volumes) state(uid types.UID) *podVolumes {
	v.mu.Lock()
	defer v.mu.Unlock()
	state := v.pods[uid]
	if state == nil {
		state = &podVolumes{releases: map[objects.Ref]func(){}}
		v.pods[uid] = state
	}
	return state
}

func (v *Volumes) watch(pod *corev1.Pod, volume *corev1.Volume, state *podVolumes, changed func()) {
	source, ok := projected.Of(volume)
	if !ok || changed == nil {
		return
	}
	for _, ref := range projected.Refs(pod.Namespace, source) {
		if state.releases[ref] == nil {
			state.releases[ref] = v.Store.Acquire(ref, changed)
		}
	}
}

func (v *Volumes) one(ctx context.Context, pod *corev1.Pod, volume *corev1.Volume, reader objects.Reader) (Mounted, time.Time, error) {
	if source, ok := projected.Of(volume); ok {
		return v.setUpProjected(ctx, pod, volume, source, reader)
	}
	switch {
	case volume.EmptyDir != nil:
		mounted, err := v.setUpEmptyDir(pod, volume)
		return mounted, time.Time{}, err
	case volume.HostPath != nil:
		mounted, err := v.setUpHostPath(volume.HostPath)
		return mounted, time.Time{}, err
	case volume.Image != nil:
		return Mounted{Image: volume.Image, ReadOnly: true}, time.Time{}, nil
	}
	if _, ok := claim.Name(pod, volume); ok {
		mounted, err := v.setUpClaim(ctx, pod, volume)
		return mounted, time.Time{}, err
	}
	return Mounted{}, time.Time{}, errors.New("the type of the volume is not supported by this kubelet")
}

// PodDir is the directory of a pod.
func (v *Volumes) PodDir(uid types.UID) string { return filepath.Join(v.Dir, string(uid)) }

// TearDown removes the volumes of a pod and everything else in its directory. It may be repeated.
func (v *Volumes) TearDown(uid types.UID) error {
	state := v.state(uid)
	state.mu.Lock()
	defer state.mu.Unlock()
	state.closed = true
	for ref, release := range state.releases {
		release()
		delete(state.releases, ref)
	}
	v.Tokens.Forget(uid)
	dir := v.PodDir(uid)
	if err := removeTree(v.Mounter, dir); err != nil {
		return fmt.Errorf("remove volumes: %w", err)
	}
	return nil
}

// Forget ends what TearDown began: the UID may be used again.
func (v *Volumes) Forget(uid types.UID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.pods, uid)
}

// UIDs lists the pods that have a directory.
func (v *Volumes) UIDs() ([]types.UID, error) {
	entries, err := os.ReadDir(v.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list pod directories: %w", err)
	}
	var uids []types.UID
	for _, entry := range entries {
		uids = append(uids, types.UID(entry.Name()))
	}
	return uids, nil
}

// removeTree removes a directory whose mounts it undoes first; what is mounted is not removed.
func removeTree(mounter mount.Mounter, dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	mounts, err := mounter.Below(dir)
	if err != nil {
		return err
	}
	for _, path := range mounts {
		if err := mounter.Unmount(path); err != nil {
			return err
		}
	}
	if left, err := mounter.Below(dir); err != nil || len(left) > 0 {
		return errors.Join(err, fmt.Errorf("%d mounts are left below %q", len(left), dir))
	}
	return os.RemoveAll(dir)
}
