package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/pkg/archive/compression"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/singleflight"
)

// carriedLabel marks images that came out of the binary, so that a newer binary may replace them, but never one the user loaded.
const carriedLabel = "seatrial.io/carried"

// loadedLabels are for images that the user loaded: nobody can get them again, so the kubelet must not remove them when the disk
// fills. The first label keeps CRI from replacing the others.
// Source: the field pinned of runtime.v1.Image, k8s.io/cri-api.
func loadedLabels() map[string]string {
	return map[string]string{"io.cri-containerd.image": "managed", "io.cri-containerd.pinned": "pinned"}
}

// imageStore puts images into containerd the way CRI expects to find them: unpacked, with a tag, a digest reference and an ID.
type imageStore struct {
	client      *client.Client
	cri         criImages
	snapshotter string
	carried     *archive
	once        singleflight.Group
}

// ensure makes the image that ref names present if the binary carries it, and reports whether it does. An image that the user
// loaded under the same name is left as it is.
func (s *imageStore) ensure(ctx context.Context, ref string) (bool, error) {
	name, desc, ok := s.carried.find(ref)
	if !ok {
		return false, nil
	}
	_, err, _ := s.once.Do(name, func() (any, error) {
		// The first caller's cancellation must not fail those that wait with it.
		return nil, s.extract(namespaces.WithNamespace(context.WithoutCancel(ctx), criNamespace), name, desc)
	})
	if err != nil {
		return false, fmt.Errorf("extract carried image %q: %w", name, err)
	}
	return true, nil
}

func (s *imageStore) extract(ctx context.Context, name string, desc ocispec.Descriptor) error {
	present, err := s.client.ImageService().Get(ctx, name)
	if err == nil && (present.Target.Digest == desc.Digest || present.Labels[carriedLabel] == "") {
		return nil
	}
	if err != nil && !errdefs.IsNotFound(err) {
		return err
	}
	ctx, done, err := s.client.WithLease(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = done(context.WithoutCancel(ctx)) }() // the lease ends by itself as well
	if err := s.copyBlobs(ctx, desc); err != nil {
		return err
	}
	return s.publish(ctx, images.Image{Name: name, Target: desc, Labels: map[string]string{carriedLabel: "true"}})
}

// copyBlobs writes an image's manifest and everything it refers to into the content store.
func (s *imageStore) copyBlobs(ctx context.Context, desc ocispec.Descriptor) error {
	store := s.client.ContentStore()
	write := images.HandlerFunc(func(ctx context.Context, desc ocispec.Descriptor) ([]ocispec.Descriptor, error) {
		blob, err := s.carried.open(desc.Digest)
		if err != nil {
			return nil, err
		}
		return nil, content.WriteBlob(ctx, store, "carried-"+desc.Digest.String(), blob, desc)
	})
	children := images.SetChildrenLabels(store, images.ChildrenHandler(store))
	return images.Walk(ctx, images.Handlers(write, children), desc)
}

// importArchive reads a docker or OCI archive and returns the names under which its images can now be used, sorted.
func (s *imageStore) importArchive(ctx context.Context, r io.Reader) ([]string, error) {
	plain, err := compression.DecompressStream(r)
	if err != nil {
		return nil, fmt.Errorf("read image archive: %w", err)
	}
	defer plain.Close()
	ctx, done, err := s.client.WithLease(namespaces.WithNamespace(ctx, criNamespace))
	if err != nil {
		return nil, err
	}
	defer func() { _ = done(context.WithoutCancel(ctx)) }() // the lease ends by itself as well
	found, err := s.client.Import(ctx, plain, client.WithImageRefTranslator(fullName), client.WithSkipMissing())
	if errors.Is(err, images.ErrEmptyWalk) {
		return nil, fmt.Errorf("read image archive: it holds no image for %s", platforms.DefaultString())
	}
	if err != nil {
		return nil, fmt.Errorf("read image archive: %w", err)
	}
	var names []string
	for _, img := range found {
		named, err := reference.ParseDockerRef(img.Name)
		if err != nil {
			return nil, fmt.Errorf("read image name %q: %w", img.Name, err)
		}
		old := img.Name
		img.Name, img.Labels = named.String(), loadedLabels()
		if err := s.publish(ctx, img); err != nil {
			return nil, fmt.Errorf("import image %q: %w", img.Name, err)
		}
		if old != img.Name {
			if err := s.client.ImageService().Delete(ctx, old); err != nil && !errdefs.IsNotFound(err) {
				return nil, err
			}
		}
		names = append(names, img.Name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("read image archive: it names no image (an OCI index needs the annotation %s, or %s with a whole name)",
			images.AnnotationImageName, ocispec.AnnotationRefName)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// fullName keeps an org.opencontainers.image.ref.name that is a whole name; many tools put only a tag there, which names nothing.
func fullName(ref string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil || reference.IsNameOnly(named) && named.String() != ref {
		return ""
	}
	return ref
}

// publish unpacks an image whose content is there and makes it known to CRI under its tag, its digest reference and its ID.
func (s *imageStore) publish(ctx context.Context, img images.Image) error {
	if err := client.NewImage(s.client, img).Unpack(ctx, s.snapshotter); err != nil {
		return fmt.Errorf("unpack layers: %w", err)
	}
	refs := []string{img.Name}
	if named, err := reference.ParseDockerRef(img.Name); err == nil {
		refs = append(refs, named.Name()+"@"+img.Target.Digest.String())
	}
	for _, ref := range refs {
		if err := s.put(ctx, images.Image{Name: ref, Target: img.Target, Labels: img.Labels}); err != nil {
			return fmt.Errorf("record image %q: %w", ref, err)
		}
		if err := s.cri.UpdateImage(ctx, ref); err != nil {
			return fmt.Errorf("tell CRI of image %q: %w", ref, err)
		}
	}
	return nil
}

// put creates or replaces an image record.
func (s *imageStore) put(ctx context.Context, img images.Image) error {
	service := s.client.ImageService()
	_, err := service.Create(ctx, img)
	if errdefs.IsAlreadyExists(err) {
		_, err = service.Update(ctx, img, "target", "labels")
	}
	return err
}

// id returns the image's ID: the digest of its configuration.
func (s *imageStore) id(ctx context.Context, ref string) (string, error) {
	name, _, _ := s.carried.find(ref)
	ctx = namespaces.WithNamespace(ctx, criNamespace)
	img, err := s.client.GetImage(ctx, name)
	if err != nil {
		return "", err
	}
	config, err := img.Config(ctx)
	if err != nil {
		return "", err
	}
	return config.Digest.String(), nil
}
