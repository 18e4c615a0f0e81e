package runtime

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/vishvananda/netlink"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func TestNodeRunsPodsAndAdoptsThemAfterAKill(t *testing.T) {
	if !inNamespaces(t) {
		return
	}
	dir := testDir(t)
	n := startNode(t, dir)
	_, web, ip := n.run("web", "registry.k8s.io/e2e-test-images/agnhost:2.63.0", "/agnhost", "netexec", "--http-port=8080")
	if !strings.HasPrefix(ip, "10.244.7.") {
		t.Errorf("pod address = %q, want one of 10.244.7.0/24", ip)
	}
	_, box, _ := n.run("box", "docker.io/library/busybox:latest", "sh", "-c", "echo hello from box; while true; do sleep 1; done")
	if got := n.exec(box, "cat", "/etc/hostname"); strings.TrimSpace(got) != "box" {
		t.Errorf("hostname = %q, want box", got)
	}
	waitFor(t, "line in container log", func() bool {
		log, _ := os.ReadFile(filepath.Join(dir, "logs", "box", "c.log"))
		return bytes.Contains(log, []byte("stdout F hello from box"))
	})
	if got := n.exec(box, "wget", "-q", "-O-", "-T", "10", "http://"+ip+":8080/hostname"); got != "web" {
		t.Errorf("one pod got %q from the other, want web", got)
	}
	stats, err := n.ContainerStats(t.Context(), &cri.ContainerStatsRequest{ContainerId: web})
	if err != nil || stats.GetStats().GetMemory().GetWorkingSetBytes().GetValue() == 0 {
		t.Errorf("container stats = %v, %v; want a working set", stats, err)
	}

	before := n.exec(box, "cat", "/proc/1/stat")
	n.kill()
	n = startNode(t, dir)
	if after := n.exec(box, "cat", "/proc/1/stat"); startTime(after) != startTime(before) {
		t.Errorf("container was restarted: /proc/1/stat before %q, after %q", before, after)
	}
	n.end("stop")
	n = startNode(t, dir)
	n.exec(web, "/agnhost", "--help")
	n.end("remove")
	assertNothingLeft(t, dir)
}

func TestNodeImportsArchivesAndCarriesImages(t *testing.T) {
	if !inNamespaces(t) {
		return
	}
	dir := testDir(t)
	n := startNode(t, dir)
	present := func(ref string) *cri.Image {
		t.Helper()
		resp, err := n.ImageStatus(t.Context(), &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: ref}})
		if err != nil {
			t.Fatalf("status of %s: %v", ref, err)
		}
		return resp.GetImage()
	}

	imports := archivesToImport(t, dir)
	for file, want := range imports {
		if got := n.tell("import " + file); !strings.HasPrefix(got, want) {
			t.Errorf("import of %s = %q, want %q", filepath.Base(file), got, want)
		}
	}
	for _, ref := range []string{"one:1", "registry.example/many:2", "loaded:v1"} {
		if img := present(ref); img == nil || len(img.RepoDigests) != 1 {
			t.Errorf("image %s after import = %v, want it with a digest reference", ref, img)
		} else if !img.Pinned {
			t.Errorf("image %s after import may be removed when the disk fills: %v", ref, img)
		}
	}

	const busybox = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1"
	pulled, err := n.PullImage(t.Context(), &cri.PullImageRequest{Image: &cri.ImageSpec{Image: busybox}})
	if err != nil {
		t.Fatalf("pull carried image: %v", err)
	}
	if img := present(busybox); img.GetId() != pulled.GetImageRef() || img.GetPinned() {
		t.Errorf("image = %v, the pull returned %s", img, pulled.GetImageRef())
	}
	if _, err := n.RemoveImage(t.Context(), &cri.RemoveImageRequest{Image: &cri.ImageSpec{Image: busybox}}); err != nil {
		t.Fatal(err)
	}
	list, err := n.ListImages(t.Context(), &cri.ListImagesRequest{})
	if err != nil || strings.Contains(list.String(), busybox) {
		t.Errorf("images after removal = %v, %v", list, err)
	}
	if present(busybox) == nil {
		t.Error("a carried image did not come back when it was asked for")
	}
	if img := present("docker.io/library/nosuch:1"); img != nil {
		t.Errorf("image that nobody has = %v", img)
	}
	n.end("remove")
	assertNothingLeft(t, dir)
}

// archivesToImport writes archives of all kinds and returns, by file, how the answer to their import has to begin.
func archivesToImport(t *testing.T, dir string) map[string]string {
	t.Helper()
	oci := newLayout(t)
	full := oci.manifest("one")
	full.Annotations = map[string]string{"io.containerd.image.name": "one:1", "org.opencontainers.image.ref.name": "1"}
	elsewhere := oci.manifest("two")
	elsewhere.Platform = &ocispec.Platform{Architecture: "s390x", OS: "linux"}
	here := oci.manifest("three")
	here.Platform = &ocispec.Platform{Architecture: runtime.GOARCH, OS: "linux"}
	gone := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString("gone"), Size: 4, Platform: &ocispec.Platform{Architecture: "arm", OS: "linux"}}
	many := ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{elsewhere, gone, here}}
	many.SchemaVersion = 2
	multi := oci.blob(ocispec.MediaTypeImageIndex, oci.json(many))
	multi.Annotations = map[string]string{"org.opencontainers.image.ref.name": "registry.example/many:2"}
	nameless := newLayout(t)
	return map[string]string{
		writeFile(t, dir, "oci.tar", oci.index(full, multi)):                      "ok docker.io/library/one:1 registry.example/many:2",
		writeFile(t, dir, "docker.tar.gz", dockerArchive(t)):                      "ok docker.io/library/loaded:v1",
		writeFile(t, dir, "none.tar", newLayout(t).index()):                       "error read image archive: it holds no image for linux/" + runtime.GOARCH,
		writeFile(t, dir, "nameless.tar", nameless.index(nameless.manifest("x"))): "error read image archive: it names no image",
		writeFile(t, dir, "text", []byte("no archive")):                           "error read image archive: ",
	}
}

func writeFile(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// dockerArchive is what docker save writes, compressed.
func dockerArchive(t *testing.T) []byte {
	t.Helper()
	l := newLayout(t)
	layer := l.layerWith("file", "docker")
	l.file("layer.tar", layer)
	l.file("config.json", l.config(layer))
	l.file("manifest.json", []byte(`[{"Config":"config.json","RepoTags":["loaded:v1"],"Layers":["layer.tar"]}]`))
	if err := l.tar.Close(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(l.buf.Bytes())
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// startTime is field 22 of /proc/PID/stat.
func startTime(stat string) string {
	fields := strings.Fields(stat)
	if len(fields) < 22 {
		return stat
	}
	return fields[21]
}

func TestSweepCleansUpAfterAKill(t *testing.T) {
	if !inNamespaces(t) {
		return
	}
	dir := testDir(t)
	n := startNode(t, dir)
	n.run("one", "busybox", "sleep", "1000")
	n.run("two", "busybox", "sh", "-c", "trap '' TERM; while true; do sleep 1; done")
	n.kill()
	for range 2 {
		if err := Sweep(t.Context(), filepath.Join(dir, "data"), filepath.Join(dir, "state")); err != nil {
			t.Errorf("sweep: %v", err)
		}
	}
	assertNothingLeft(t, dir)
	// The kernel takes a namespace apart after its last user has gone, and its interfaces with it.
	waitFor(t, "end of the pods' interfaces", func() bool {
		links, err := netlink.LinkList()
		return err == nil && !slices.ContainsFunc(links, func(l netlink.Link) bool { return l.Type() == "veth" })
	})
}

// stop stops a container and returns its exit code and how long it took.
func (n *node) stop(container string, grace int64) (int32, time.Duration) {
	n.t.Helper()
	begin := time.Now()
	if _, err := n.StopContainer(n.t.Context(), &cri.StopContainerRequest{ContainerId: container, Timeout: grace}); err != nil {
		n.t.Fatalf("stop container: %v", err)
	}
	took := time.Since(begin)
	resp, err := n.ContainerStatus(n.t.Context(), &cri.ContainerStatusRequest{ContainerId: container})
	if err != nil {
		n.t.Fatal(err)
	}
	return resp.GetStatus().GetExitCode(), took
}

// The stand-in for busybox as the first process of a container, where the kernel drops signals without a handler.
func TestStandInIsAGoodFirstProcess(t *testing.T) {
	if !inNamespaces(t) {
		return
	}
	n := startNode(t, testDir(t))
	const image = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1"
	for name, c := range map[string]struct {
		command []string
		code    int32
		atOnce  bool
	}{
		"sleep":        {[]string{"sleep", "1000"}, 143, true},
		"sleep by sh":  {[]string{"sh", "-c", "sleep 1000"}, 143, true},
		"trap":         {[]string{"sh", "-c", "trap 'exit 5' TERM; touch /tmp/up; while true; do sleep 0.1; done"}, 5, true},
		"without trap": {[]string{"sh", "-c", "touch /tmp/up; while true; do sleep 1; done"}, 137, false},
	} {
		_, container, _ := n.run(strings.ReplaceAll(name, " ", "-"), image, c.command...)
		waitFor(t, "readiness of "+name, func() bool {
			return n.exec(container, "cat", "/proc/1/comm") == "sleep\n" || n.exec(container, "ls", "/tmp") == "up\n"
		})
		code, took := n.stop(container, 2)
		if code != c.code || c.atOnce != (took < 2*time.Second) {
			t.Errorf("%s: exit code %d after %v; want %d, at once: %v", name, code, took, c.code, c.atOnce)
		}
	}

	_, box, _ := n.run("orphans", image, "sh", "-c", "while true; do sleep 1; done")
	n.exec(box, "sh", "-c", "sleep 0.1 >/dev/null 2>&1 & exit 0")
	waitFor(t, "end of the orphan", func() bool {
		return !strings.Contains(n.exec(box, "ps", "-o", "stat,args"), "sleep 0.1") && !strings.Contains(n.exec(box, "ps", "-o", "stat,args"), "Z")
	})
	n.end("remove")
}
