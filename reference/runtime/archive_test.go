package runtime

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// layout builds image archives for tests.
type layout struct {
	t   *testing.T
	buf bytes.Buffer
	tar *tar.Writer
}

func newLayout(t *testing.T) *layout {
	l := &layout{t: t}
	l.tar = tar.NewWriter(&l.buf)
	return l
}

func (l *layout) file(name string, content []byte) {
	l.t.Helper()
	err := l.tar.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))})
	if err == nil {
		_, err = l.tar.Write(content)
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *layout) json(v any) []byte {
	l.t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		l.t.Fatal(err)
	}
	return data
}

func (l *layout) blob(mediaType string, content []byte) ocispec.Descriptor {
	d := ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(content), Size: int64(len(content))}
	l.file("blobs/sha256/"+d.Digest.Encoded(), content)
	return d
}

// layerWith is an uncompressed layer that holds one file.
func (l *layout) layerWith(name, content string) []byte {
	var buf bytes.Buffer
	t := tar.NewWriter(&buf)
	_ = t.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))})
	_, _ = io.WriteString(t, content)
	if err := t.Close(); err != nil {
		l.t.Fatal(err)
	}
	return buf.Bytes()
}

func (l *layout) config(layer []byte) []byte {
	c := ocispec.Image{Platform: ocispec.Platform{Architecture: runtime.GOARCH, OS: "linux"}}
	c.RootFS = ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromBytes(layer)}}
	return l.json(c)
}

func (l *layout) manifest(content string) ocispec.Descriptor {
	layer := l.layerWith("file", content)
	m := ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest}
	m.SchemaVersion = 2
	m.Config = l.blob(ocispec.MediaTypeImageConfig, l.config(layer))
	m.Layers = []ocispec.Descriptor{l.blob(ocispec.MediaTypeImageLayer, layer)}
	return l.blob(ocispec.MediaTypeImageManifest, l.json(m))
}

func (l *layout) index(manifests ...ocispec.Descriptor) []byte {
	l.file("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`))
	i := ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: manifests}
	i.SchemaVersion = 2
	l.file("index.json", l.json(i))
	if err := l.tar.Close(); err != nil {
		l.t.Fatal(err)
	}
	return l.buf.Bytes()
}

func TestArchiveFindsImagesByEveryNameAUserMayWrite(t *testing.T) {
	l := newLayout(t)
	m := l.manifest("x")
	m.Annotations = map[string]string{"io.containerd.image.name": "docker.io/library/tool:latest"}
	data := l.index(m)
	a, err := openArchive(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]bool{
		"tool": true, "tool:latest": true, "library/tool": true, "docker.io/library/tool:latest": true, "docker.io/tool": true,
		"tool@" + m.Digest.String():        true,
		"tool:latest@" + m.Digest.String(): true,
		"tool:1":                           false, "other": false, "registry.k8s.io/tool": false, "not a name": false,
		"tool@sha256:" + strings.Repeat("0", 64):    false,
		"tool@" + digest.FromString("y").String():   false,
		"other/tool@" + m.Digest.String():           false,
		"registry.k8s.io/tool@" + m.Digest.String(): false,
	} {
		name, desc, ok := a.find(ref)
		if ok != want || ok && (name != "docker.io/library/tool:latest" || desc.Digest != m.Digest) {
			t.Errorf("find %q = %q, %s, %v; want found %v", ref, name, desc.Digest, ok, want)
		}
	}
}

func TestArchiveReadsBlobsInPlace(t *testing.T) {
	l := newLayout(t)
	want := l.blob(ocispec.MediaTypeImageLayer, []byte("content of a blob"))
	data := l.index()
	a, err := openArchive(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.open(want.Digest)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); string(got) != "content of a blob" || err != nil {
		t.Errorf("blob = %q, %v", got, err)
	}
	if _, err := a.open(digest.FromString("other")); err == nil {
		t.Error("a blob that is not there was opened")
	}
}

func TestTagsAloneAreNoNames(t *testing.T) {
	for ref, want := range map[string]string{
		"latest": "", "3.10": "", "": "", "UPPER": "",
		"docker.io/library/busybox:1": "docker.io/library/busybox:1", "registry.k8s.io/pause:3.10": "registry.k8s.io/pause:3.10",
		"busybox:1.36": "busybox:1.36", "localhost:5000/x": "localhost:5000/x",
	} {
		if got := fullName(ref); got != want {
			t.Errorf("fullName(%q) = %q, want %q", ref, got, want)
		}
	}
}

// The images that the build carries have what the specification's tests and upstream's suite ask for.
func TestCarriedImagesAreComplete(t *testing.T) {
	a, err := carriedArchive()
	if err != nil {
		t.Fatal(err)
	}
	if len(a.images) == 0 {
		t.Skip("needs the carried images: run `go run ./compose` in fixtures/images")
	}
	for _, ref := range []string{
		PauseImage, "registry.k8s.io/e2e-test-images/agnhost:2.63.0", "registry.k8s.io/e2e-test-images/agnhost:2.55",
		"registry.k8s.io/e2e-test-images/busybox:1.37.0-1", "registry.k8s.io/e2e-test-images/nginx:1.15-4", "busybox",
	} {
		_, desc, ok := a.find(ref)
		if !ok {
			t.Errorf("no image %s", ref)
			continue
		}
		blob, err := a.open(desc.Digest)
		if err != nil {
			t.Errorf("image %s: %v", ref, err)
			continue
		}
		var m ocispec.Manifest
		if err := json.NewDecoder(blob).Decode(&m); err != nil {
			t.Errorf("image %s: %v", ref, err)
		}
		for _, part := range append(m.Layers, m.Config) {
			if _, err := a.open(part.Digest); err != nil {
				t.Errorf("image %s: %v", ref, err)
			}
		}
	}
}
