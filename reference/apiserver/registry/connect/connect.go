// Package connect hands a request of a connect subresource (exec, attach,
// port-forward, proxy) on to a kubelet, a pod or a service.
package connect

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/proxy"
	"k8s.io/apiserver/pkg/registry/rest"
	translate "k8s.io/apiserver/pkg/util/proxy"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// dialTimeout bounds the connection to a pod or a service.
const dialTimeout = 10 * time.Second

// Methods returns the methods of the proxy subresources.
func Methods() []string {
	return []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodHead, http.MethodOptions,
	}
}

// Command streams a command: exec and attach. A client that speaks
// v5.channel.k8s.io over WebSocket is translated to the SPDY of the kubelet;
// other upgrades are passed through.
func Command(location *url.URL, transport http.RoundTripper, r rest.Responder, streams translate.Options) http.Handler {
	through := upgradeOnly(location, transport, r)
	translator := translate.NewStreamTranslatorHandler(location, transport, 0, streams)
	return translate.NewTranslatingHandler(through, translator, wsstream.IsWebSocketRequestWithStreamCloseProtocol)
}

// PortForward streams ports. SPDY tunnelled in a WebSocket is unpacked; other upgrades are passed through.
func PortForward(location *url.URL, transport http.RoundTripper, r rest.Responder) http.Handler {
	through := upgradeOnly(location, transport, r)
	return translate.NewTranslatingHandler(through, translate.NewTunnelingHandler(through), wsstream.IsWebSocketRequestWithTunnelingProtocol)
}

func upgradeOnly(location *url.URL, transport http.RoundTripper, r rest.Responder) http.Handler {
	h := proxy.NewUpgradeAwareHandler(location, transport, false, true, proxy.NewErrorResponder(r))
	h.UseLocationHost = true
	return h
}

// Proxy passes any HTTP request to the location below which path is appended.
// Links and redirects in answers are rewritten to lead through the API server.
func Proxy(location *url.URL, path string, transport http.RoundTripper, r rest.Responder) http.Handler {
	l := *location
	l.Path = utilnet.JoinPreservingTrailingSlash(l.Path, path)
	return proxy.NewUpgradeAwareHandler(&l, transport, true, false, proxy.NewErrorResponder(r))
}

// Proxyable refuses addresses through which a user could reach the API server's
// own machine: a pod's address is a claim of whoever may write its status.
func Proxyable(ip string) error {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return fmt.Errorf("address %q is not an IP", ip)
	}
	if a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
		return fmt.Errorf("address %q may not be proxied to", ip)
	}
	return nil
}

// NewTransport is a transport to pods and services, which do not prove who they are.
func NewTransport() http.RoundTripper {
	return utilnet.SetTransportDefaults(&http.Transport{
		DialContext:       (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // https:pod:port has no name to verify
		DisableKeepAlives: true,                                  // the next answer may come from another pod
	})
}
