//go:build linux

package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/cluster"
	"github.com/seatrial/seatrial/reference/etcd"
	"github.com/seatrial/seatrial/reference/pki"
)

// apiServerFlags are the flags of an API server beside an external etcd.
type apiServerFlags struct {
	etcd      etcdFlags
	dataDir   string
	bind      string
	port      int
	certDir   string
	network   networkFlags
	sharePort bool
	// shareAddress needs nothing: the sockets of Go share their address anyway.
	shareAddress bool
	shared       cluster.APIServerFlags
}

func apiServerCommand(logger func() *slog.Logger) *cobra.Command {
	var flags apiServerFlags
	cmd := &cobra.Command{
		Use: "apiserver", Short: "Run the API server on an etcd, its own or another one", Args: cobra.NoArgs, Version: apiserver.Version,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd.Context(), logger()) },
	}
	f := cmd.Flags()
	cmd.SetVersionTemplate("Kubernetes {{.Version}}\n")
	flags.etcd.addTo(f)
	f.StringVar(&flags.dataDir, "data-dir", "", "folder of an etcd member in this process, instead of --etcd-servers")
	f.StringVar(&flags.bind, "bind-address", "127.0.0.1", "address to listen on")
	f.IntVar(&flags.port, "secure-port", 6443, "port to listen on")
	f.StringVar(&flags.network.advertise, "advertise-address", "", "where nodes and pods reach the server; not a loopback address (default the bind address)")
	f.StringVar(&flags.certDir, "cert-dir", "pki", "folder of certificates and keys; what is missing is made; DIR.kubeconfig is for the administrator")
	f.BoolVar(&flags.sharePort, "permit-port-sharing", false, "let other servers listen on the same address and port (SO_REUSEPORT)")
	f.BoolVar(&flags.shareAddress, "permit-address-sharing", true, "do not wait for the kernel to give the port free (SO_REUSEADDR); always so")
	flags.network.addTo(f)
	addAPIServerFlags(f, &flags.shared)
	refuse(cmd, refusedFlags())
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
	sockets := net.ListenConfig{Control: f.control}
	listener, err := sockets.Listen(ctx, "tcp", address)
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
	store, err := f.etcd.connect(ctx)
	if err != nil {
		return nil, err
	}
	o.Etcd, o.SharedStore = store, true // other API servers may use it
	return func() { _ = store.Close() }, nil
}

// options are all but the store and the listener.
func (f *apiServerFlags) options(log *slog.Logger) (apiserver.Options, error) {
	if f.network.advertise == "" {
		f.network.advertise = f.bind
	}
	network, err := f.network.network()
	if err != nil {
		return apiserver.Options{}, err
	}
	own := f.bind
	if bound, err := netip.ParseAddr(f.bind); err == nil && bound.IsUnspecified() {
		own = f.network.advertise
	}
	bundle, err := pki.Ensure(f.certDir, pki.Options{Hosts: append(network.Hosts(), "localhost", f.bind)})
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
	network.Set(&options, uint16(f.port)) //nolint:gosec // a port
	return options, nil
}

// control sets the socket options of the listener.
func (f *apiServerFlags) control(_, _ string, socket syscall.RawConn) error {
	if !f.sharePort {
		return nil
	}
	var failed error
	err := socket.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	return errors.Join(err, failed)
}
