package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// recipe says how one program is built.
type recipe struct {
	name    string
	dir     string   // where go build runs
	pkg     string   // the main package
	env     []string // on top of the process's environment
	flags   []string // of go build
	sources []string // files whose content decides whether the program is up to date
	// modules narrows a go.mod among the sources to the lines of these modules; empty takes the whole file.
	modules []string
	// missing names what the machine lacks to build the program, or returns "".
	missing func(context.Context) string
}

const strip = "-s -w"

func recipes(root string) []recipe {
	tools := filepath.Join(root, "reference", "tools")
	cni, _ := filepath.Glob(filepath.Join(root, "reference", "runtime", "cni", "*.go"))
	cni = slices.DeleteFunc(cni, func(path string) bool { return strings.HasSuffix(path, "_test.go") })
	return []recipe{
		{
			name: "containerd-shim-runc-v2", dir: tools, pkg: "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
			env: []string{"CGO_ENABLED=0"}, flags: []string{"-ldflags", strip},
			sources: []string{filepath.Join(tools, "go.mod"), filepath.Join(tools, "go.sum")},
		},
		{
			// libseccomp is what makes the RuntimeDefault and Localhost seccomp profiles work; it needs cgo, at build time only.
			name: "runc", dir: tools, pkg: "github.com/opencontainers/runc",
			env: []string{"CGO_ENABLED=1"}, flags: []string{"-tags", "seccomp netgo osusergo", "-ldflags", strip + " -extldflags -static"},
			sources: []string{filepath.Join(tools, "go.mod"), filepath.Join(tools, "go.sum")},
			missing: missingForRunc,
		},
		{
			name: "seatrial-cni", dir: root, pkg: "./reference/runtime/cni",
			env: []string{"CGO_ENABLED=0"}, flags: []string{"-ldflags", strip},
			sources: append([]string{filepath.Join(root, "go.mod")}, cni...),
			modules: []string{"github.com/containernetworking/cni", "github.com/vishvananda/netlink", "github.com/vishvananda/netns", "golang.org/x/sys"},
		},
	}
}

// missingForRunc returns a line for the user when the C compiler or the static libseccomp is not installed.
func missingForRunc(ctx context.Context) string {
	const advice = "install gcc and libseccomp-dev to build it; until then the node uses the runc it finds in PATH"
	path, err := exec.LookPath("gcc")
	if err != nil {
		return "no gcc in PATH: " + advice
	}
	lib, err := exec.CommandContext(ctx, path, "-print-file-name=libseccomp.a").Output()
	if err != nil || !filepath.IsAbs(strings.TrimSpace(string(lib))) {
		return "no static libseccomp: " + advice
	}
	return ""
}

// inputs is the hash of all that decides what the program's bytes are.
func (r recipe) inputs() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOOS, runtime.GOARCH, r.pkg, r.env, r.flags)
	for _, path := range r.sources {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if filepath.Base(path) == "go.mod" && len(r.modules) > 0 {
			data = requirements(data, r.modules)
		}
		fmt.Fprintln(h, filepath.Base(path), len(data))
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// requirements keeps the lines of a go.mod that name one of the modules.
func requirements(gomod []byte, modules []string) []byte {
	var kept bytes.Buffer
	for line := range strings.Lines(string(gomod)) {
		for _, m := range modules {
			if strings.Contains(line, m+" ") {
				kept.WriteString(line)
			}
		}
	}
	return kept.Bytes()
}

// make builds the program and packs it into out.
func (r recipe) make(ctx context.Context, out string) (entry, error) {
	tmp, err := os.MkdirTemp("", "seatrial-tools-")
	if err != nil {
		return entry{}, err
	}
	defer os.RemoveAll(tmp)
	program := filepath.Join(tmp, r.name)
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-trimpath", "-buildvcs=false"}, r.flags...), "-o", program, r.pkg)...)
	cmd.Dir, cmd.Env = r.dir, append(os.Environ(), r.env...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Run(); err != nil {
		return entry{}, fmt.Errorf("go build %s: %w\n%s", r.pkg, err, log.String())
	}
	in, err := os.Open(program)
	if err != nil {
		return entry{}, err
	}
	defer in.Close()
	return pack(in, filepath.Join(out, packed(r.name)))
}
