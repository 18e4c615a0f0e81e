//go:build linux

package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/reference/dns"
	"github.com/seatrial/seatrial/reference/scheduler"
)

// components are the subcommands that run one component as a process of its own.
func components(logger func() *slog.Logger) []*cobra.Command {
	return []*cobra.Command{
		etcdCommand(logger), apiServerCommand(logger), controllerManagerCommand(logger), schedulerCommand(logger),
		kubeletCommand(logger), proxyCommand(logger), dnsCommand(logger),
	}
}

// client builds the configuration of a component from its --kubeconfig.
func client(path string) (*rest.Config, error) {
	if path == "" {
		return nil, errors.New("--kubeconfig is required")
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig %q: %w", path, err)
	}
	config.QPS = -1
	return config, nil
}

// component makes a subcommand of a component that needs a kubeconfig.
func component(name, short string, run func(context.Context, *rest.Config) error) *cobra.Command {
	var kubeconfig string
	cmd := &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := client(kubeconfig)
			if err != nil {
				return err
			}
			return run(cmd.Context(), config)
		},
	}
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the API server")
	return cmd
}

func schedulerCommand(logger func() *slog.Logger) *cobra.Command {
	return component("scheduler", "Run the scheduler", func(ctx context.Context, config *rest.Config) error {
		s, err := scheduler.New(scheduler.Options{Config: config, Logger: logger()})
		if err != nil {
			return err
		}
		return s.Run(ctx)
	})
}

func dnsCommand(logger func() *slog.Logger) *cobra.Command {
	var listen, service, domain, resolvConf string
	cmd := component("dns", "Run the cluster's name server", func(ctx context.Context, config *rest.Config) error {
		address, err := netip.ParseAddrPort(listen)
		if err != nil {
			return fmt.Errorf("--listen-address: %w", err)
		}
		ip, err := netip.ParseAddr(service)
		if err != nil {
			return fmt.Errorf("--service-ip: %w", err)
		}
		server, err := dns.New(dns.Options{
			Config: config, ListenAddr: address, ServiceIP: ip, ClusterDomain: domain, ResolvConf: resolvConf, Logger: logger(),
		})
		if err != nil {
			return err
		}
		return server.Run(ctx)
	})
	f := cmd.Flags()
	f.StringVar(&listen, "listen-address", "", "address and port for UDP and TCP, which pods reach")
	f.StringVar(&service, "service-ip", "10.96.0.10", "cluster IP of the Service kube-system/kube-dns")
	f.StringVar(&domain, "cluster-domain", "cluster.local", "end of the names of services and pods")
	f.StringVar(&resolvConf, "resolv-conf", "/etc/resolv.conf", "file with the resolvers of all other names")
	return cmd
}
