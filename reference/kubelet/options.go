package kubelet

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"

	"google.golang.org/grpc"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
)

// DefaultPort is where kubelets serve.
const DefaultPort = 10250

// Options describe the node and give its agent what it needs.
type Options struct {
	// NodeName is the name of the Node object; required.
	NodeName string
	// NodeIP is the address of the node; required.
	NodeIP string
	// Config reaches the API server; required.
	Config *rest.Config
	// CRI is an open connection to the container runtime; required.
	CRI *grpc.ClientConn
	// RootDir has the volumes of pods, LogDir the logs of containers, ManifestDir static pods (optional).
	RootDir, LogDir, ManifestDir string
	// CgroupRoot is the group below which pods run, such as /seatrial/demo. CgroupMount is /sys/fs/cgroup by default.
	CgroupRoot, CgroupMount string
	// ClusterDNS and ClusterDomain go into the resolv.conf of pods; ResolvConf is the node's own.
	ClusterDNS    []string
	ClusterDomain string
	ResolvConf    string
	PodCIDR       string
	Labels        map[string]string
	Taints        []corev1.Taint
	// MaxPods is 110 by default.
	MaxPods int
	// Certificate serves port 10250. Callers with a certificate of ClientCA (PEM) need no token.
	Certificate tls.Certificate
	ClientCA    []byte
	// Listener is where to serve; by default port 10250 of all addresses.
	Listener net.Listener
	// UnsafeSysctls are patterns allowed beside the safe ones.
	UnsafeSysctls []string
	// Version is told as the version of the kubelet, v1.36.3 by default.
	Version string
	Clock   clock.Clock
	Log     *slog.Logger
}

func (o *Options) complete() error {
	for _, required := range []struct {
		name string
		set  bool
	}{
		{"NodeName", o.NodeName != ""},
		{"NodeIP", net.ParseIP(o.NodeIP) != nil},
		{"Config", o.Config != nil},
		{"CRI", o.CRI != nil},
		{"RootDir", filepath.IsAbs(o.RootDir)},
		{"LogDir", filepath.IsAbs(o.LogDir)},
	} {
		if !required.set {
			return fmt.Errorf("start kubelet: option %s is missing or not valid", required.name)
		}
	}
	setDefault(&o.CgroupRoot, "/")
	setDefault(&o.CgroupMount, "/sys/fs/cgroup")
	setDefault(&o.ClusterDomain, "cluster.local")
	setDefault(&o.ResolvConf, "/etc/resolv.conf")
	setDefault(&o.Version, "v1.36.3")
	setDefault(&o.MaxPods, 110)
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Log = o.Log.With("component", "kubelet")
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
