// Package nodes serves the subresources of nodes that lead to their kubelets.
package nodes

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/apiserver/registry/connect"
	"github.com/seatrial/seatrial/reference/apiserver/registry/kubelet"
)

// Proxy is nodes/proxy.
type Proxy struct {
	Kubelets  *kubelet.Client
	Transport http.RoundTripper // for nodes/NAME:PORT/proxy, which is not the kubelet
}

// New implements rest.Storage.
func (*Proxy) New() runtime.Object { return &corev1.NodeProxyOptions{} }

// Destroy implements rest.Storage.
func (*Proxy) Destroy() {}

// ConnectMethods implements rest.Connecter.
func (*Proxy) ConnectMethods() []string { return connect.Methods() }

// NewConnectOptions implements rest.Connecter.
func (*Proxy) NewConnectOptions() (runtime.Object, bool, string) {
	return &corev1.NodeProxyOptions{}, true, "path"
}

// Connect implements rest.Connecter. The id is NAME, NAME:PORT or SCHEME:NAME:PORT.
func (p *Proxy) Connect(ctx context.Context, id string, options runtime.Object, r rest.Responder) (http.Handler, error) {
	opts, ok := options.(*corev1.NodeProxyOptions)
	if !ok {
		return nil, fmt.Errorf("proxy to node %q: %T is not NodeProxyOptions", id, options)
	}
	location, transport, err := p.locate(ctx, id)
	if err != nil {
		return nil, err
	}
	return connect.Proxy(location, opts.Path, transport, r), nil
}

func (p *Proxy) locate(ctx context.Context, id string) (*url.URL, http.RoundTripper, error) {
	scheme, name, port, valid := utilnet.SplitSchemeNamePort(id)
	if !valid {
		return nil, nil, apierrors.NewBadRequest(fmt.Sprintf("invalid node request %q", id))
	}
	location, err := p.Kubelets.Locate(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	if port == "" || port == location.Port() {
		return location, p.Kubelets.Transport(), nil
	}
	if scheme == "" {
		scheme = "http"
	}
	return &url.URL{Scheme: scheme, Host: net.JoinHostPort(location.Hostname(), port)}, p.Transport, nil
}
