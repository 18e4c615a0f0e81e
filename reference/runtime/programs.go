package runtime

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"
)

//go:embed blobs/*
var blobs embed.FS

// programs are the absolute paths of what containerd executes.
type programs struct {
	runc, shim, cni string
}

const (
	runcName = "runc"
	shimName = "containerd-shim-runc-v2"
	cniName  = "seatrial-cni"
)

// packed is one line of blobs/tools.json, which reference/tools writes.
type packed struct {
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
}

// unpackPrograms makes sure that the embedded programs are in a folder of dir that is named after their content, and returns
// their paths. Programs of other versions stay, since shims that still run may execute them.
func unpackPrograms(dir string) (programs, error) {
	index, err := blobs.ReadFile("blobs/tools.json")
	if err != nil {
		return programs{}, errors.New("this build carries no node programs: run `go run ./build` in reference/tools, then build again")
	}
	var tools map[string]packed
	if err := json.Unmarshal(index, &tools); err != nil {
		return programs{}, fmt.Errorf("parse tools.json: %w", err)
	}
	home := filepath.Join(dir, contentName(tools))
	if _, err := os.Stat(home); errors.Is(err, fs.ErrNotExist) {
		if err := unpackInto(home, tools); err != nil {
			return programs{}, err
		}
	} else if err != nil {
		return programs{}, err
	}
	found := programs{runc: filepath.Join(home, runcName), shim: filepath.Join(home, shimName), cni: filepath.Join(home, cniName)}
	if _, ok := tools[runcName]; !ok {
		path, err := exec.LookPath(runcName)
		if err != nil {
			return programs{}, errors.New("this build carries no runc (it was made without gcc and libseccomp-dev) and there is none in PATH")
		}
		found.runc = path
	}
	return found, nil
}

// contentName is a short name that changes whenever a program does.
func contentName(tools map[string]packed) string {
	h := sha256.New()
	for _, name := range []string{runcName, shimName, cniName} {
		fmt.Fprintln(h, name, tools[name].Digest)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// unpackInto fills a folder beside home and renames it, so that home is complete or absent.
func unpackInto(home string, tools map[string]packed) error {
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(home), ".unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	var group errgroup.Group
	for name, want := range tools {
		group.Go(func() error {
			if err := unpack(name, filepath.Join(tmp, name), want); err != nil {
				return fmt.Errorf("unpack %s: %w", name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, home)
}

func unpack(name, path string, want packed) error {
	in, err := blobs.Open("blobs/" + name + ".zst")
	if err != nil {
		return err
	}
	defer in.Close()
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return err
	}
	defer z.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, hash), z)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want.Digest {
		return fmt.Errorf("content is %s, tools.json has %s", got, want.Digest)
	}
	return nil
}
