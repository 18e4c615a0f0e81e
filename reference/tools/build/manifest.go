package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// manifest lists the packed programs by name. reference/runtime reads the same file, so that it knows a program's digest without unpacking it.
type manifest map[string]entry

type entry struct {
	Inputs string `json:"inputs"` // hash of what the program was built from
	Digest string `json:"digest"` // sha256 of the program, hex
	Size   int64  `json:"size"`   // bytes of the program
}

const manifestName = "tools.json"

func packed(name string) string { return name + ".zst" }

func readManifest(dir string) (manifest, error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return manifest{}, nil
	}
	if err != nil {
		return nil, err
	}
	m := manifest{}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("parse %s: %w", manifestName, err)
	}
	return m, nil
}

// writeManifest writes only when the content differs, so that a build that did nothing invalidates nothing.
func writeManifest(dir string, m manifest) error {
	data, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, manifestName)
	if old, err := os.ReadFile(path); err == nil && string(old) == string(data) {
		return nil
	}
	return os.WriteFile(path, data, 0o644)
}

// pack compresses in to the file at path, through a temporary file beside it.
func pack(in io.Reader, path string) (entry, error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".pack-")
	if err != nil {
		return entry{}, err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	z, err := zstd.NewWriter(tmp, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return entry{}, err
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(z, hash), in)
	if err != nil {
		return entry{}, err
	}
	if err := errors.Join(z.Close(), tmp.Chmod(0o644), tmp.Close()); err != nil {
		return entry{}, err
	}
	return entry{Digest: hex.EncodeToString(hash.Sum(nil)), Size: n}, os.Rename(tmp.Name(), path)
}
