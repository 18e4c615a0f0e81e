//go:build linux

package command

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/controllers"
	"github.com/seatrial/seatrial/reference/etcd"
	"github.com/seatrial/seatrial/reference/kubelet"
	"github.com/seatrial/seatrial/reference/proxy"
	"github.com/seatrial/seatrial/reference/runtime"
)

func etcdCommand(logger func() *slog.Logger) *cobra.Command {
	var dir, socket string
	cmd := &cobra.Command{
		Use: "etcd", Short: "Run an etcd member", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			member, err := etcd.Start(cmd.Context(), etcd.Options{Dir: dir, Socket: socket, Logger: logger()})
			if err != nil {
				return err
			}
			return member.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&dir, "data-dir", "default.etcd", "folder of the data")
	cmd.Flags().StringVar(&socket, "listen-client-socket", "", "path of the unix socket for clients")
	_ = cmd.MarkFlagRequired("listen-client-socket")
	return cmd
}

func controllerManagerCommand(logger func() *slog.Logger) *cobra.Command {
	var rootCA, clusterCIDR string
	cmd := component("controller-manager", "Run the controllers", func(ctx context.Context, config *rest.Config) error {
		options := controllers.Options{Config: config, Logger: logger()}
		var err error
		if rootCA != "" {
			if options.RootCA, err = os.ReadFile(rootCA); err != nil {
				return fmt.Errorf("read --root-ca-file: %w", err)
			}
		}
		if clusterCIDR != "" {
			if options.PodCIDR, err = netip.ParsePrefix(clusterCIDR); err != nil {
				return fmt.Errorf("--cluster-cidr: %w", err)
			}
		}
		all, err := controllers.New(options)
		if err != nil {
			return err
		}
		return all.Run(ctx)
	})
	cmd.Flags().StringVar(&rootCA, "root-ca-file", "", "bundle that pods verify the API server with")
	cmd.Flags().StringVar(&clusterCIDR, "cluster-cidr", "", "range that nodes without a pod CIDR get a /24 from")
	return cmd
}

func proxyCommand(logger func() *slog.Logger) *cobra.Command {
	var node, clusterCIDR string
	var masquerade bool
	cmd := component("proxy", "Run the service proxy of a node", func(ctx context.Context, config *rest.Config) error {
		pods, err := netip.ParsePrefix(clusterCIDR)
		if err != nil {
			return fmt.Errorf("--cluster-cidr: %w", err)
		}
		p, err := proxy.New(proxy.Options{Config: config, NodeName: node, PodCIDR: pods, MasqueradeOutbound: masquerade, Logger: logger()})
		if err != nil {
			return err
		}
		return p.Run(ctx)
	})
	cmd.Flags().StringVar(&node, "hostname-override", hostname(), "name of the node")
	cmd.Flags().StringVar(&clusterCIDR, "cluster-cidr", "10.244.0.0/16", "addresses of the pods of all nodes")
	cmd.Flags().BoolVar(&masquerade, "masquerade-outbound", false, "give connections from pods to other networks the node's address")
	return cmd
}

// kubeletFlags are the flags of the kubelet, with upstream's names where upstream has them.
type kubeletFlags struct {
	node, ip, root, state          string
	cert, key, clientCA, podCIDR   string
	manifests, domain, cgroupsRoot string
	dns                            []string
}

func kubeletCommand(logger func() *slog.Logger) *cobra.Command {
	var flags kubeletFlags
	cmd := component("kubelet", "Run a node: the agent and its container runtime", func(ctx context.Context, config *rest.Config) error {
		return flags.run(ctx, config, logger())
	})
	f := cmd.Flags()
	f.StringVar(&flags.node, "hostname-override", hostname(), "name of the node")
	f.StringVar(&flags.ip, "node-ip", "", "address of the node")
	f.StringVar(&flags.root, "root-dir", "/var/lib/seatrial-kubelet", "folder of volumes, images and logs")
	f.StringVar(&flags.state, "state-dir", "/run/seatrial-kubelet", "folder of sockets and pod networks")
	f.StringVar(&flags.cert, "tls-cert-file", "", "serving certificate")
	f.StringVar(&flags.key, "tls-private-key-file", "", "key of the serving certificate")
	f.StringVar(&flags.clientCA, "client-ca-file", "", "CA of clients that need no token")
	f.StringVar(&flags.podCIDR, "pod-cidr", "", "addresses of the node's pods")
	f.StringVar(&flags.manifests, "pod-manifest-path", "", "folder of static pods")
	f.StringVar(&flags.domain, "cluster-domain", "cluster.local", "end of the names of services and pods")
	f.StringVar(&flags.cgroupsRoot, "cgroup-root", "/", "parent of the cgroups of pods")
	f.StringSliceVar(&flags.dns, "cluster-dns", nil, "addresses of the cluster's name server")
	return cmd
}

func (f *kubeletFlags) run(ctx context.Context, config *rest.Config, log *slog.Logger) error {
	if f.cert == "" || f.key == "" || f.clientCA == "" {
		return errors.New("--tls-cert-file, --tls-private-key-file and --client-ca-file are required: the kubelet serves nobody that it cannot tell apart")
	}
	serving, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("read serving certificate: %w", err)
	}
	clientCA, err := os.ReadFile(f.clientCA)
	if err != nil {
		return fmt.Errorf("read --client-ca-file: %w", err)
	}
	containers, err := runtime.Start(ctx, runtime.Options{
		DataDir: filepath.Join(f.root, "containerd"), StateDir: filepath.Join(f.state, "containerd"), PodCIDR: f.podCIDR, Log: log,
	})
	if err != nil {
		return err
	}
	agent, err := kubelet.New(kubelet.Options{
		NodeName: f.node, NodeIP: f.ip, Config: config, CRI: containers.Conn(),
		RootDir: filepath.Join(f.root, "kubelet"), LogDir: filepath.Join(f.root, "logs"), ManifestDir: f.manifests,
		CgroupRoot: f.cgroupsRoot, ClusterDNS: f.dns, ClusterDomain: f.domain, PodCIDR: f.podCIDR,
		Certificate: serving, ClientCA: clientCA, Log: log,
	})
	if err == nil {
		err = agent.Run(ctx)
	}
	return errors.Join(err, containers.Close())
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
