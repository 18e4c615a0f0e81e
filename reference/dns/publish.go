package dns

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/dns/records"
)

// The service under which pods find the name server.
const (
	serviceNamespace = metav1.NamespaceSystem
	serviceName      = "kube-dns"
	managedBy        = "seatrial-dns"
)

// publisher keeps the Service of the name server and this server's
// EndpointSlice as they should be.
type publisher struct {
	client  kubernetes.Interface
	clock   clock.WithTicker
	log     *slog.Logger
	service *corev1.Service
	slice   *discoveryv1.EndpointSlice
	objects *records.Cached
	changed chan struct{} // either object may differ from what it should be
	done    chan struct{} // closed when both are there, and the cache that answers has them
}

func newPublisher(o Options, objects *records.Cached) *publisher {
	p := &publisher{
		client:  o.Client,
		clock:   o.Clock,
		log:     o.Logger,
		service: service(o.ServiceIP),
		slice:   slice(o.ListenAddr, o.NodeName),
		objects: objects,
		changed: make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	p.notify()
	return p
}

// watch notices when somebody else changes the objects.
func (p *publisher) watch(factory informers.SharedInformerFactory) error {
	handler := cache.FilteringResourceEventHandler{
		FilterFunc: func(o any) bool {
			key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(o)
			return err == nil && (key == serviceNamespace+"/"+p.service.Name || key == serviceNamespace+"/"+p.slice.Name)
		},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { p.notify() },
			UpdateFunc: func(any, any) { p.notify() },
			DeleteFunc: func(any) { p.notify() },
		},
	}
	for _, informer := range []cache.SharedIndexInformer{
		factory.Core().V1().Services().Informer(),
		factory.Discovery().V1().EndpointSlices().Informer(),
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	return nil
}

// run publishes, and again after every change, until ctx ends. What fails is
// tried again: the namespace may not be there yet.
func (p *publisher) run(ctx context.Context) error {
	const first, last = 50 * time.Millisecond, 2 * time.Second
	delay, published, told := first, false, ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.changed:
		}
		err := p.publish(ctx)
		if err == nil {
			if !published && p.seen() {
				published = true
				close(p.done)
			}
			delay = first
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		if reason := err.Error(); reason != told && !apierrors.IsNotFound(err) {
			told = reason
			p.log.Warn("name server not published yet", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.clock.After(delay):
			delay = min(2*delay, last)
			p.notify()
		}
	}
}

// seen reports whether questions about the name server itself are answered.
func (p *publisher) seen() bool {
	return p.objects.Service(serviceNamespace, serviceName) != nil && len(p.objects.Slices(serviceNamespace, serviceName)) > 0
}

func (p *publisher) notify() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

func (p *publisher) publish(ctx context.Context) error {
	if p.objects.Service(serviceNamespace, serviceName) == nil {
		_, err := p.client.CoreV1().Services(serviceNamespace).Create(ctx, p.service, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create service %q: %w", serviceName, err)
		}
	}
	slices := p.client.DiscoveryV1().EndpointSlices(serviceNamespace)
	for _, have := range p.objects.Slices(serviceNamespace, serviceName) {
		if have.Name != p.slice.Name {
			continue
		}
		if equality.Semantic.DeepEqual(have.Endpoints, p.slice.Endpoints) && equality.Semantic.DeepEqual(have.Ports, p.slice.Ports) {
			return nil
		}
		update := p.slice.DeepCopy()
		update.ResourceVersion = have.ResourceVersion
		if _, err := slices.Update(ctx, update, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("update endpoint slice %q: %w", update.Name, err)
		}
		return nil
	}
	_, err := slices.Create(ctx, p.slice, metav1.CreateOptions{})
	switch {
	case apierrors.IsAlreadyExists(err):
		return p.adopt(ctx)
	case err != nil:
		return fmt.Errorf("create endpoint slice %q: %w", p.slice.Name, err)
	}
	return nil
}

// adopt writes over a slice that the cache does not show: it is new, or has
// lost the label that makes it ours.
func (p *publisher) adopt(ctx context.Context) error {
	slices := p.client.DiscoveryV1().EndpointSlices(serviceNamespace)
	have, err := slices.Get(ctx, p.slice.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("get endpoint slice %q: %w", p.slice.Name, err)
	}
	update := p.slice.DeepCopy()
	update.ResourceVersion = have.ResourceVersion
	if _, err := slices.Update(ctx, update, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("update endpoint slice %q: %w", p.slice.Name, err)
	}
	return nil
}

func service(ip netip.Addr) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: serviceNamespace,
			Name:      serviceName,
			Labels: map[string]string{
				"k8s-app":                       serviceName,
				"kubernetes.io/cluster-service": "true",
			},
		},
		Spec: corev1.ServiceSpec{
			ClusterIP:  ip.String(),
			ClusterIPs: []string{ip.String()},
			Ports: []corev1.ServicePort{
				{Name: "dns", Protocol: corev1.ProtocolUDP, Port: 53},
				{Name: "dns-tcp", Protocol: corev1.ProtocolTCP, Port: 53},
			},
		},
	}
}

func slice(address netip.AddrPort, node string) *discoveryv1.EndpointSlice {
	port := new(int32(address.Port()))
	s := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: serviceNamespace,
			Name:      serviceName + "-" + node,
			Labels: map[string]string{
				discoveryv1.LabelServiceName: serviceName,
				discoveryv1.LabelManagedBy:   managedBy,
			},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{{
			Addresses: []string{address.Addr().String()},
			Conditions: discoveryv1.EndpointConditions{
				Ready: new(true), Serving: new(true), Terminating: new(false),
			},
		}},
		Ports: []discoveryv1.EndpointPort{
			{Name: new("dns"), Protocol: new(corev1.ProtocolUDP), Port: port},
			{Name: new("dns-tcp"), Protocol: new(corev1.ProtocolTCP), Port: port},
		},
	}
	if address.Addr().Is6() {
		s.AddressType = discoveryv1.AddressTypeIPv6
	}
	if node == "" {
		s.Name = serviceName
	} else {
		s.Endpoints[0].NodeName = &node
	}
	return s
}
