package certify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// module holds the files of fixtures/upstream, which pin upstream's tests; see fixtures/upstream/generate.
//
//go:embed module
var module embed.FS

// ErrNoGo says that upstream's programs cannot be built here.
var ErrNoGo = errors.New("there is no Go here to build upstream's e2e.test and ginkgo with: install Go, or name ready ones with --e2e-test and --ginkgo")

// Version is that of the Kubernetes whose tests Build builds, such as "v1.36.3".
func Version() string {
	content, _ := module.ReadFile("module/go.mod.txt") // it is compiled in
	match := regexp.MustCompile(`k8s\.io/kubernetes (v\S+)`).FindSubmatch(content)
	if match == nil {
		return ""
	}
	return string(match[1])
}

// Build returns upstream's programs, and builds them first when the folder does not have them: that takes some minutes. Progress is told
// before and after.
func Build(ctx context.Context, cache string, progress func(step string)) (Tools, error) {
	dir, err := cacheDir(cache)
	if err != nil {
		return Tools{}, err
	}
	tools := Tools{E2E: filepath.Join(dir, "e2e.test"), Ginkgo: filepath.Join(dir, "ginkgo")}
	if exists(tools.E2E) && exists(tools.Ginkgo) {
		return tools, nil
	}
	if _, err := exec.LookPath("go"); err != nil {
		return Tools{}, ErrNoGo
	}
	if err := os.MkdirAll(cache, 0o755); err != nil { //nolint:gosec // programs, for all to run
		return Tools{}, fmt.Errorf("build upstream's tests: %w", err)
	}
	// Two that build at the same time do not meet: each builds in a folder of its own, and the first one's stays.
	scratch, err := os.MkdirTemp(cache, "building-")
	if err != nil {
		return Tools{}, fmt.Errorf("build upstream's tests: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	progress(fmt.Sprintf("building ginkgo and e2e.test %s into %s: once, for some minutes", Version(), dir))
	if err := build(ctx, scratch); err != nil {
		return Tools{}, err
	}
	if err := os.Rename(scratch, dir); err != nil && (!exists(tools.E2E) || !exists(tools.Ginkgo)) {
		return Tools{}, fmt.Errorf("build upstream's tests: %w", err)
	}
	progress("ginkgo and e2e.test are built")
	return tools, nil
}

// cacheDir is the folder for exactly these sources.
func cacheDir(cache string) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(module, "module", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := module.ReadFile(path)
		_, _ = sum.Write(content) // never fails
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read sources of upstream's tests: %w", err)
	}
	return filepath.Join(cache, Version()+"-"+hex.EncodeToString(sum.Sum(nil)[:4])), nil
}

// build writes the module into a folder and both programs beside it.
func build(ctx context.Context, dir string) error {
	for _, name := range []string{"go.mod", "go.sum", "tools.go"} {
		content, err := module.ReadFile("module/" + name + ".txt")
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), content, 0o644) //nolint:gosec // sources
		}
		if err != nil {
			return fmt.Errorf("write sources of upstream's tests: %w", err)
		}
	}
	for _, arguments := range [][]string{
		{"build", "-trimpath", "-ldflags", "-s -w", "-o", "ginkgo", "github.com/onsi/ginkgo/v2/ginkgo"},
		{"test", "-c", "-vet=off", "-trimpath", "-ldflags", stamp(), "-o", "e2e.test", "k8s.io/kubernetes/test/e2e"},
	} {
		var complaint bytes.Buffer
		cmd := exec.CommandContext(ctx, "go", arguments...) //nolint:gosec // constant but for the version
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &complaint, &complaint
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off", "GO111MODULE=on", "GOOS=", "GOARCH=")
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("go %s: %w%s", strings.Join(arguments, " "), errors.Join(err, ctx.Err()), quoteTail(complaint.String()))
		}
	}
	return nil
}

// stamp gives e2e.test its version, which it writes to its log.
func stamp() string {
	parts := strings.SplitN(strings.TrimPrefix(Version(), "v"), ".", 3)
	flags := []string{"-s -w"}
	for _, target := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags = append(flags, fmt.Sprintf("-X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=%[3]s -X %[1]s.gitMinor=%[4]s -X %[1]s.gitTreeState=clean",
			target, Version(), parts[0], parts[1]))
	}
	return strings.Join(flags, " ")
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
