package runtime

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// archive is an OCI image layout in a tar file that is read in place: nothing is copied until a blob is asked for.
type archive struct {
	file   io.ReaderAt
	blobs  map[digest.Digest]section
	images map[string]ocispec.Descriptor // by normalised name
}

type section struct{ offset, size int64 }

// carriedArchive opens the images that the binary carries. A build without them has an empty archive.
func carriedArchive() (*archive, error) {
	file, err := blobs.Open("blobs/images.tar")
	if errors.Is(err, fs.ErrNotExist) {
		return &archive{}, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return openArchive(file.(io.ReaderAt), info.Size())
}

func openArchive(file io.ReaderAt, size int64) (*archive, error) {
	a := &archive{file: file, blobs: map[digest.Digest]section{}, images: map[string]ocispec.Descriptor{}}
	r := io.NewSectionReader(file, 0, size)
	t := tar.NewReader(r)
	var index ocispec.Index
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read image archive: %w", err)
		}
		if hex, ok := strings.CutPrefix(h.Name, "blobs/sha256/"); ok && h.Typeflag == tar.TypeReg {
			// The tar reader reads no further than the header, so the section's data starts where the reader stands.
			offset, err := r.Seek(0, io.SeekCurrent)
			if err != nil {
				return nil, err
			}
			a.blobs[digest.NewDigestFromEncoded(digest.SHA256, hex)] = section{offset, h.Size}
		}
		if h.Name == ocispec.ImageIndexFile {
			if err := json.NewDecoder(t).Decode(&index); err != nil {
				return nil, fmt.Errorf("parse index.json of image archive: %w", err)
			}
		}
	}
	for _, m := range index.Manifests {
		name, err := reference.ParseDockerRef(m.Annotations[images.AnnotationImageName])
		if err != nil {
			return nil, fmt.Errorf("read image name %q in archive: %w", m.Annotations[images.AnnotationImageName], err)
		}
		m.Annotations = nil
		a.images[name.String()] = m
	}
	return a, nil
}

// open returns the content of a blob.
func (a *archive) open(d digest.Digest) (io.Reader, error) {
	s, ok := a.blobs[d]
	if !ok {
		return nil, fmt.Errorf("open blob %s: not in the archive", d)
	}
	return io.NewSectionReader(a.file, s.offset, s.size), nil
}

// find returns the image that ref names, by tag or by digest, under its normalised tag.
func (a *archive) find(ref string) (string, ocispec.Descriptor, bool) {
	named, err := reference.ParseDockerRef(ref)
	if err != nil {
		return "", ocispec.Descriptor{}, false
	}
	if desc, ok := a.images[named.String()]; ok {
		return named.String(), desc, true
	}
	canonical, ok := named.(reference.Canonical)
	if !ok {
		return "", ocispec.Descriptor{}, false
	}
	for name, desc := range a.images {
		if desc.Digest == canonical.Digest() && strings.HasPrefix(name, canonical.Name()+":") {
			return name, desc, true
		}
	}
	return "", ocispec.Descriptor{}, false
}

// names returns the normalised names of all images, sorted.
func (a *archive) names() []string {
	return slices.Sorted(maps.Keys(a.images))
}
