package runtime

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"

	srvconfig "github.com/containerd/containerd/v2/cmd/containerd/server/config"
)

// paths are the files and folders of one node's runtime. Data outlives a reboot, state does not.
type paths struct {
	data, state string
}

func (p paths) programs() string   { return filepath.Join(p.data, "bin") }
func (p paths) root() string       { return filepath.Join(p.data, "containerd") }
func (p paths) run() string        { return filepath.Join(p.state, "containerd") }
func (p paths) socket() string     { return filepath.Join(p.state, "containerd.sock") }
func (p paths) ttrpc() string      { return filepath.Join(p.state, "containerd.ttrpc") }
func (p paths) runc() string       { return filepath.Join(p.state, "runc") }
func (p paths) networks() string   { return filepath.Join(p.state, "cni", "net.d") }
func (p paths) addresses() string  { return filepath.Join(p.state, "cni", "addresses") }
func (p paths) template() string   { return filepath.Join(p.state, "cni", "conflist.tmpl") }
func (p paths) registries() string { return filepath.Join(p.data, "certs.d") }

// shimDirLimit is what containerd allows: a unix socket's path has at most 107 bytes, and the name in it is a hash of 64.
const shimDirLimit = 42

// shims is the folder of the shims' sockets: in the state folder, or beside the nearest parent of it whose path is short enough.
func (p paths) shims() string {
	inside := filepath.Join(p.state, "s")
	if len(inside) <= shimDirLimit {
		return inside
	}
	sum := sha256.Sum256([]byte(p.state))
	name := "shims-" + hex.EncodeToString(sum[:4])
	dir := filepath.Dir(p.state)
	for len(filepath.Join(dir, name)) > shimDirLimit && dir != "/" {
		dir = filepath.Dir(dir)
	}
	return filepath.Join(dir, name)
}

// containerdConfig is the whole configuration of the embedded containerd; there is no file.
func containerdConfig(o Options, p paths, prog programs) *srvconfig.Config {
	handler := map[string]any{
		"runtime_type": "io.containerd.runc.v2",
		"runtime_path": prog.shim,
		"sandboxer":    "podsandbox",
		"options":      map[string]any{"BinaryName": prog.runc, "Root": p.runc(), "SystemdCgroup": false},
	}
	return &srvconfig.Config{
		Version: 4,
		Root:    p.root(),
		State:   p.run(),
		RequiredPlugins: []string{
			"io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", listenerURI,
		},
		Plugins: map[string]any{
			"io.containerd.server.v1.grpc":  map[string]any{"address": p.socket()},
			"io.containerd.server.v1.ttrpc": map[string]any{"address": p.ttrpc()},
			"io.containerd.shim.v1.manager": map[string]any{"socket_dir": p.shims()},
			"io.containerd.nri.v1.nri":      map[string]any{"disable": true},
			"io.containerd.internal.v1.opt": map[string]any{"path": filepath.Join(p.data, "opt")},
			"io.containerd.grpc.v1.cri": map[string]any{
				"stream_server_address": "127.0.0.1",
				"stream_server_port":    "0",
			},
			"io.containerd.cri.v1.images": map[string]any{
				"snapshotter":   o.Snapshotter,
				"pinned_images": map[string]any{"sandbox": o.SandboxImage},
				"registry":      map[string]any{"config_path": o.RegistryConfigDir},
				// Each collection walks the files of every container.
				"stats_collect_period": 30,
			},
			"io.containerd.cri.v1.runtime": map[string]any{
				"cni": map[string]any{
					"bin_dirs":              []string{filepath.Dir(prog.cni)},
					"conf_dir":              p.networks(),
					"conf_template":         p.template(),
					"use_internal_loopback": true,
				},
				// Lowering a process's OOM score needs CAP_SYS_RESOURCE, which not every node has.
				"restrict_oom_score_adj":       true,
				"netns_mounts_under_state_dir": true,
				"cdi_spec_dirs":                []string{},
				// Only the CPU rate of the stats API is computed from these samples; the default of one second is felt on an idle node.
				"stats_collect_period": "10s",
				"containerd": map[string]any{
					"default_runtime_name": DefaultHandler,
					"runtimes":             map[string]any{DefaultHandler: handler, TestHandler: handler},
				},
			},
		},
	}
}
