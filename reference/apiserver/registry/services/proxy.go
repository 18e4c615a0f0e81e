package services

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/apiserver/registry"
	"github.com/seatrial/seatrial/reference/apiserver/registry/connect"
)

// Proxy is services/proxy: a request to any ready endpoint of the service.
type Proxy struct {
	Services, Slices *registry.REST
	Transport        http.RoundTripper
}

// New implements rest.Storage.
func (*Proxy) New() runtime.Object { return &corev1.ServiceProxyOptions{} }

// Destroy implements rest.Storage.
func (*Proxy) Destroy() {}

// ConnectMethods implements rest.Connecter.
func (*Proxy) ConnectMethods() []string { return connect.Methods() }

// NewConnectOptions implements rest.Connecter.
func (*Proxy) NewConnectOptions() (runtime.Object, bool, string) {
	return &corev1.ServiceProxyOptions{}, true, "path"
}

// Connect implements rest.Connecter. The id is NAME, NAME:PORT or
// SCHEME:NAME:PORT, where PORT is a number or a name of the service's.
func (p *Proxy) Connect(ctx context.Context, id string, options runtime.Object, r rest.Responder) (http.Handler, error) {
	o, ok := options.(*corev1.ServiceProxyOptions)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%T is not ServiceProxyOptions", options))
	}
	scheme, name, port, valid := utilnet.SplitSchemeNamePort(id)
	if !valid {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("invalid service request %q", id))
	}
	host, err := p.endpoint(ctx, name, port)
	if err != nil {
		return nil, err
	}
	return connect.Proxy(&url.URL{Scheme: scheme, Host: host}, o.Path, p.Transport, r), nil
}

// endpoint picks an address of the service for the port.
func (p *Proxy) endpoint(ctx context.Context, name, port string) (string, error) {
	obj, err := p.Services.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	portName, err := portNamed(obj.(*corev1.Service), port)
	if err != nil {
		return "", err
	}
	of := labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: name})
	obj, err = p.Slices.List(ctx, &metainternal.ListOptions{LabelSelector: of})
	if err != nil {
		return "", err
	}
	slices := obj.(*discoveryv1.EndpointSliceList).Items
	if len(slices) == 0 { // not even an empty one: nobody has looked for endpoints yet
		return "", apierrors.NewNotFound(corev1.Resource("services"), name)
	}
	var hosts []string
	for _, slice := range slices {
		hosts = append(hosts, hostsOf(&slice, portName)...)
	}
	if len(hosts) == 0 {
		return "", apierrors.NewServiceUnavailable(fmt.Sprintf("no endpoints available for service %q", name))
	}
	return hosts[rand.IntN(len(hosts))], nil
}

// portNamed returns the name under which endpoint slices list the port. A
// service with one port needs no name in the request.
func portNamed(s *corev1.Service, port string) (string, error) {
	if port == "" && len(s.Spec.Ports) == 1 {
		return s.Spec.Ports[0].Name, nil
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return port, nil
	}
	for _, p := range s.Spec.Ports {
		if int(p.Port) == number {
			return p.Name, nil
		}
	}
	return "", apierrors.NewServiceUnavailable(fmt.Sprintf("no service port %d found for service %q", number, s.Name))
}

func hostsOf(slice *discoveryv1.EndpointSlice, portName string) []string {
	var port int32
	for _, p := range slice.Ports {
		if p.Port != nil && (p.Name == nil && portName == "" || p.Name != nil && *p.Name == portName) {
			port = *p.Port
		}
	}
	if port == 0 {
		return nil
	}
	var hosts []string
	for _, e := range slice.Endpoints {
		if e.Conditions.Ready != nil && !*e.Conditions.Ready || len(e.Addresses) == 0 {
			continue
		}
		if connect.Proxyable(e.Addresses[0]) == nil {
			hosts = append(hosts, net.JoinHostPort(e.Addresses[0], strconv.Itoa(int(port))))
		}
	}
	return hosts
}
