//go:build linux

package command

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/cluster"
	"github.com/seatrial/seatrial/reference/etcd"
	"github.com/seatrial/seatrial/reference/pki"
)

// apiServerFlags are the flags of an API server beside an external etcd.
type apiServerFlags struct {
	etcdServers        []string
	dataDir            string
	bind, advertise    string
	port               int
	certDir, serviceIP string
	nodePorts          utilnet.PortRange
	shared             cluster.APIServerFlags
}

func apiServerCommand(logger func() *slog.Logger) *cobra.Command {
	var flags apiServerFlags
	cmd := &cobra.Command{
		Use: "apiserver", Short: "Run the API server on an etcd, its own or another one", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd.Context(), logger()) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&flags.etcdServers, "etcd-servers", nil, "URLs of etcd, such as http://127.0.0.1:2379 or unix:///run/etcd.sock")
	f.StringVar(&flags.dataDir, "data-dir", "", "folder of an etcd member in this process, instead of --etcd-servers")
	f.StringVar(&flags.bind, "bind-address", "127.0.0.1", "address to listen on")
	f.IntVar(&flags.port, "secure-port", 6443, "port to listen on")
	f.StringVar(&flags.advertise, "advertise-address", "", "where nodes and pods reach the server; not a loopback address (default the bind address)")
	f.StringVar(&flags.certDir, "cert-dir", "pki", "folder of certificates and keys; what is missing is made; DIR.kubeconfig is for the administrator")
	f.StringVar(&flags.serviceIP, "service-cluster-ip-range", "10.96.0.0/16", "range of cluster IPs, or one of each IP family with a comma between, the default family first")
	flags.nodePorts = utilnet.PortRange{Base: 30000, Size: 2768}
	f.Var(&flags.nodePorts, "service-node-port-range", "ports that services get on every node, such as 30000-32767")
	addAPIServerFlags(f, &flags.shared)
	cmd.MarkFlagsOneRequired("etcd-servers", "data-dir")
	cmd.MarkFlagsMutuallyExclusive("etcd-servers", "data-dir")
	return cmd
}

// settle gives back what only the start has needed.
func settle(ctx context.Context, server *apiserver.Server, log *slog.Logger) {
	if server.Ready(ctx) == nil {
		cluster.GiveBackMemory(ctx, log)
	}
}

func (f *apiServerFlags) run(ctx context.Context, log *slog.Logger) error {
	cluster.QuietLibraries(log)
	options, err := f.options(log)
	if err != nil {
		return err
	}
	closeStore, err := f.openStore(ctx, &options)
	if err != nil {
		return err
	}
	defer closeStore()
	address := net.JoinHostPort(f.bind, strconv.Itoa(f.port))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("open API port: %w", err)
	}
	options.Listeners = []net.Listener{listener}
	server, err := apiserver.New(ctx, options)
	if err != nil {
		_ = listener.Close() // New may have done so
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go settle(ctx, server, log)
	go cluster.PaceCollector(ctx)
	return server.Run(ctx)
}

// openStore sets the store of the options; the caller closes it after the server has ended.
func (f *apiServerFlags) openStore(ctx context.Context, o *apiserver.Options) (closeStore func(), err error) {
	if f.dataDir != "" {
		member, err := etcd.Start(ctx, etcd.Options{Dir: f.dataDir, Logger: o.Logger.With("component", "etcd")})
		if err != nil {
			return nil, err
		}
		o.Etcd, o.EtcdReady = member.Client(), member.Ready
		return member.Stop, nil
	}
	store, err := clientv3.New(clientv3.Config{Endpoints: f.etcdServers, Context: ctx})
	if err != nil {
		return nil, fmt.Errorf("connect to etcd at %s: %w", strings.Join(f.etcdServers, ","), err)
	}
	o.Etcd, o.SharedStore = store, true // other API servers may use it
	return func() { _ = store.Close() }, nil
}

// options are all but the store and the listener.
func (f *apiServerFlags) options(log *slog.Logger) (apiserver.Options, error) {
	if f.advertise == "" {
		f.advertise = f.bind
	}
	address, err := netip.ParseAddr(f.advertise)
	if err != nil {
		return apiserver.Options{}, fmt.Errorf("--advertise-address: %w", err)
	}
	if address.IsLoopback() || address.IsUnspecified() {
		return apiserver.Options{}, fmt.Errorf("--advertise-address: nodes and pods cannot reach %s; give an address of this host", address)
	}
	own := f.bind
	if bound, err := netip.ParseAddr(f.bind); err == nil && bound.IsUnspecified() {
		own = f.advertise
	}
	services, second, err := serviceRanges(f.serviceIP)
	if err != nil {
		return apiserver.Options{}, fmt.Errorf("--service-cluster-ip-range: %w", err)
	}
	bundle, err := pki.Ensure(f.certDir, pki.Options{Hosts: []string{
		"localhost", f.bind, f.advertise, services.Masked().Addr().Next().String(),
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
	}})
	if err != nil {
		return apiserver.Options{}, err
	}
	err = pki.WriteKubeconfig(f.certDir+".kubeconfig", pki.Kubeconfig{
		Name: "seatrial", Server: "https://" + net.JoinHostPort(own, strconv.Itoa(f.port)),
		CA: bundle.CA.PEM(), User: "kubernetes-admin", Client: bundle.Admin,
	})
	if err != nil {
		return apiserver.Options{}, err
	}
	options := cluster.ServerOptions(bundle, f.shared, log)
	options.AdvertiseAddress = netip.AddrPortFrom(address, uint16(f.port)) //nolint:gosec // a port
	options.ServiceCIDR, options.SecondServiceCIDR = services, second
	options.NodePorts = f.nodePorts
	return options, nil
}

// serviceRanges reads one or two ranges.
func serviceRanges(flag string) (first, second netip.Prefix, err error) {
	all := strings.Split(flag, ",")
	if len(all) > 2 {
		return first, second, fmt.Errorf("%d ranges; at most one of each IP family", len(all))
	}
	if first, err = netip.ParsePrefix(strings.TrimSpace(all[0])); err != nil || len(all) == 1 {
		return first, second, err
	}
	second, err = netip.ParsePrefix(strings.TrimSpace(all[1]))
	return first, second, err
}
