//go:build linux

// Package host gives a cluster its place on a Linux machine: a network
// namespace, a mount namespace, a link to the host, cgroups, and takes all of
// it away again.
//
// The namespaces are pinned as files below the state directory, so that they
// outlive the process: containers go on when it is killed, and the next
// process with the same name enters the same namespaces and finds them.
package host

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
)

// Default directories; the cluster's name is appended.
const (
	DataRoot  = "/var/lib/seatrial"
	StateRoot = "/run/seatrial"
)

var validName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// Place is where one cluster lives on this host.
type Place struct {
	Name     string // the cluster's name
	DataDir  string // survives a reboot: etcd, PKI, images, volumes
	StateDir string // gone after a reboot: sockets, pinned namespaces
}

// NewPlace returns the place of the named cluster; empty directories mean the defaults.
func NewPlace(name, dataDir, stateDir string) (Place, error) {
	if !validName.MatchString(name) {
		return Place{}, fmt.Errorf("cluster name %q: use 1 to 40 lower-case letters, digits and '-', starting and ending with a letter or digit", name)
	}
	if dataDir == "" {
		dataDir = filepath.Join(DataRoot, name)
	}
	if stateDir == "" {
		stateDir = filepath.Join(StateRoot, name)
	}
	for _, dir := range []string{dataDir, stateDir} {
		if !filepath.IsAbs(dir) || filepath.Clean(dir) == "/" {
			return Place{}, fmt.Errorf("directory %q: use an absolute path below /", dir)
		}
	}
	return Place{Name: name, DataDir: filepath.Clean(dataDir), StateDir: filepath.Clean(stateDir)}, nil
}

// CgroupRoot is the parent cgroup of everything that the cluster runs.
func (p Place) CgroupRoot() string { return "/seatrial/" + p.Name }

func (p Place) pin(kind string) string { return filepath.Join(p.StateDir, "ns", kind) }

// id is a short name that is unique to the cluster, for interface names (at most 15 bytes).
func (p Place) id() string {
	sum := sha256.Sum256([]byte(p.DataDir))
	return hex.EncodeToString(sum[:4])
}

func (p Place) hostLink() string { return "st-" + p.id() }

func (p Place) outboundTable() string { return "seatrial-" + p.id() }

// Link is the point-to-point connection between the host and the cluster's network namespace.
type Link struct {
	Host netip.Addr // the host's end
	Node netip.Addr // the node's end: its InternalIP
}

// linkBits is the prefix length of a link's subnet: two usable addresses.
const linkBits = 30

// ErrRunning says that another process holds the cluster.
var ErrRunning = errors.New("the cluster is running already")
