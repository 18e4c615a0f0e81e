package apiserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/seatrial/seatrial/reference/apiserver/auth"
	"github.com/seatrial/seatrial/reference/apiserver/settings"
)

// Version is the version of Kubernetes whose API is served.
const Version = "v1.36.3"

// Options configures a server. Etcd is required; Listeners and what belongs to
// them may be absent, then only clients in the process reach the server.
type Options struct {
	// Etcd is the store. The server does not close it; stop etcd after Run has returned.
	Etcd *clientv3.Client
	// EtcdReady, if set, waits until the store can be used; New calls it before
	// it opens the store. For a member in this process it is Member.Ready.
	EtcdReady func(context.Context) error
	// EtcdCompaction is how long old revisions are kept; zero means what Settings say, 5 minutes by default.
	EtcdCompaction time.Duration

	// SharedStore says that other API servers use the same store. Then the first
	// object of a new custom resource waits until they know of it (decision 0013).
	SharedStore bool

	// Listeners serve HTTPS with ServingCert and ServingKey (PEM). The server closes them.
	Listeners               []net.Listener
	ServingCert, ServingKey []byte
	// ClientCA (PEM) signs client certificates: the common name is the user, organizations are the groups.
	ClientCA []byte

	// AdvertiseAddress is where nodes and pods reach the server: the endpoint of
	// the Service default/kubernetes. The zero value means port 6443 on the
	// address of the default route. It may not be a loopback address.
	AdvertiseAddress netip.AddrPort
	// ServiceCIDR is the range of cluster IPs; the zero value means 10.96.0.0/16.
	ServiceCIDR netip.Prefix
	// SecondServiceCIDR, of the other IP family, lets services have addresses of both.
	SecondServiceCIDR netip.Prefix
	// NodePorts are the ports that services get on every node; zero means 30000-32767.
	NodePorts utilnet.PortRange

	// Auth configures who may do what: its Flags and SigningKey. The rest is set
	// by the server.
	Auth auth.Options
	// EnableAdmission and DisableAdmission name admission plugins to turn on and
	// off, besides those that are on by default.
	EnableAdmission, DisableAdmission []string
	// AdmissionFile (--admission-control-config-file) has the configurations of
	// the plugins, as an AdmissionConfiguration. It may be empty.
	AdmissionFile string

	// Settings are audit, encryption at rest, limits, TLS and which versions are
	// served. Nil means the defaults.
	Settings *settings.Flags

	// KubeletTLS is how the server proves itself to kubelets (exec, log,
	// port-forward, nodes/proxy) and whom it trusts. Nil trusts any kubelet and
	// presents nothing.
	KubeletTLS *tls.Config

	// Components are asked for the health of the rest of the control plane, for
	// componentstatuses. The server itself adds etcd-0.
	Components map[string]func(context.Context) error

	// ProxyClientCertFile and ProxyClientKeyFile identify the aggregator to
	// extension API servers, which trust RequestHeaderCA (PEM).
	ProxyClientCertFile, ProxyClientKeyFile string
	RequestHeaderCA                         []byte

	// Logger is required by nobody; nil means slog.Default().
	Logger *slog.Logger

	trust *trust // made by complete
}

func (o *Options) complete() error {
	if o.Etcd == nil {
		return errors.New("make API server: no etcd client")
	}
	if len(o.Listeners) > 0 && (len(o.ServingCert) == 0 || len(o.ServingKey) == 0) {
		return errors.New("make API server: listeners need a serving certificate and its key")
	}
	if o.Settings == nil {
		o.Settings = settings.New()
	}
	if err := o.Settings.Validate(); err != nil {
		return fmt.Errorf("make API server: %w", err)
	}
	if err := o.Settings.ApplyGates(); err != nil {
		return fmt.Errorf("make API server: %w", err)
	}
	if !o.AdvertiseAddress.IsValid() {
		o.AdvertiseAddress = netip.AddrPortFrom(hostAddress(), 6443)
	}
	if err := o.completeServices(); err != nil {
		return fmt.Errorf("make API server: %w", err)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Settings.AuditsNothing() {
		o.Logger.Warn("nothing is audited: --audit-policy-file is not set")
	}
	var err error
	if o.KubeletTLS, err = o.Settings.Callees.KubeletTLS(o.KubeletTLS); err != nil {
		return fmt.Errorf("make API server: %w", err)
	}
	if o.trust, err = newTrust(o); err != nil {
		return fmt.Errorf("make API server: %w", err)
	}
	return nil
}

// hostAddress is the address of the default route, or one that leads nowhere:
// a machine without a network has no address for pods either.
func hostAddress() netip.Addr {
	ip, err := utilnet.ChooseHostInterface()
	if err == nil {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			return addr.Unmap()
		}
	}
	return netip.MustParseAddr("192.0.2.1") // RFC 5737
}
