package pods

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/apiserver/registry/connect"
)

// Proxy is pods/proxy.
type Proxy struct {
	reader
	transport http.RoundTripper
}

// New implements rest.Storage.
func (*Proxy) New() runtime.Object { return &corev1.PodProxyOptions{} }

// ConnectMethods implements rest.Connecter.
func (*Proxy) ConnectMethods() []string { return connect.Methods() }

// NewConnectOptions implements rest.Connecter.
func (*Proxy) NewConnectOptions() (runtime.Object, bool, string) {
	return &corev1.PodProxyOptions{}, true, "path"
}

// Connect implements rest.Connecter. The id is NAME, NAME:PORT or SCHEME:NAME:PORT.
func (p *Proxy) Connect(ctx context.Context, id string, options runtime.Object, r rest.Responder) (http.Handler, error) {
	o, ok := options.(*corev1.PodProxyOptions)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%T is not PodProxyOptions", options))
	}
	scheme, name, port, valid := utilnet.SplitSchemeNamePort(id)
	if !valid {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("invalid pod request %q", id))
	}
	pod, err := p.get(ctx, name)
	if err != nil {
		return nil, err
	}
	location, err := podURL(pod, scheme, port)
	if err != nil {
		return nil, err
	}
	return connect.Proxy(location, o.Path, p.transport, r), nil
}

// podURL is where the pod listens: the port of the request, else the first TCP port it declares.
func podURL(pod *corev1.Pod, scheme, port string) (*url.URL, error) {
	if connect.Proxyable(pod.Status.PodIP) != nil { // a pod without an address, too
		return nil, apierrors.NewBadRequest("address not allowed")
	}
	if port == "" {
		port = declaredPort(pod)
	}
	host := pod.Status.PodIP
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	return &url.URL{Scheme: scheme, Host: host}, nil
}

func declaredPort(pod *corev1.Pod) string {
	for _, c := range pod.Spec.Containers {
		for _, p := range c.Ports {
			if p.Protocol == corev1.ProtocolTCP || p.Protocol == "" {
				return strconv.Itoa(int(p.ContainerPort))
			}
		}
	}
	return ""
}
