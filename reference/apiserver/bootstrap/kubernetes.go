package bootstrap

import (
	"context"
	"net/netip"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
)

// kubernetesName is the name of the Service, its endpoints and the service CIDR.
const kubernetesName = "kubernetes"

// FirstAddress is the cluster IP of the Service default/kubernetes.
func FirstAddress(cidr netip.Prefix) netip.Addr { return cidr.Masked().Addr().Next() }

// WriteKubernetesService keeps the Service default/kubernetes and points it at
// the advertised address.
func WriteKubernetesService(ctx context.Context, client kubernetes.Interface, o Options) error {
	services := client.CoreV1().Services(metav1.NamespaceDefault)
	_, err := services.Get(ctx, kubernetesName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = services.Create(ctx, kubernetesService(o), metav1.CreateOptions{})
		err = unlessThere(err)
	}
	if err != nil {
		return err
	}
	if err := writeEndpoints(ctx, client, o.AdvertiseAddress); err != nil {
		return err
	}
	return writeEndpointSlice(ctx, client, o.AdvertiseAddress)
}

func kubernetesService(o Options) *corev1.Service {
	ip := FirstAddress(o.ServiceCIDR).String()
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name:   kubernetesName,
			Labels: map[string]string{"component": "apiserver", "provider": "kubernetes"},
		},
		Spec: corev1.ServiceSpec{
			Type:            corev1.ServiceTypeClusterIP,
			ClusterIP:       ip,
			ClusterIPs:      []string{ip},
			SessionAffinity: corev1.ServiceAffinityNone,
			Ports: []corev1.ServicePort{{
				Name: "https", Port: 443, Protocol: corev1.ProtocolTCP,
				TargetPort: intstr.FromInt32(int32(o.AdvertiseAddress.Port())),
			}},
		},
	}
}

// writeEndpoints writes the deprecated Endpoints too: clients still read them, and upstream writes both.
func writeEndpoints(ctx context.Context, client kubernetes.Interface, at netip.AddrPort) error {
	want := &corev1.Endpoints{
		ObjectMeta: metav1.ObjectMeta{
			Name:   kubernetesName,
			Labels: map[string]string{discoveryv1.LabelSkipMirror: "true"},
		},
		Subsets: []corev1.EndpointSubset{{
			Addresses: []corev1.EndpointAddress{{IP: at.Addr().String()}},
			Ports:     []corev1.EndpointPort{{Name: "https", Port: int32(at.Port()), Protocol: corev1.ProtocolTCP}},
		}},
	}
	endpoints := client.CoreV1().Endpoints(metav1.NamespaceDefault)
	have, err := endpoints.Get(ctx, kubernetesName, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		_, err = endpoints.Create(ctx, want, metav1.CreateOptions{})
		return unlessThere(err)
	case err != nil || reflect.DeepEqual(have.Subsets, want.Subsets):
		return err
	}
	have = have.DeepCopy()
	have.Subsets = want.Subsets
	_, err = endpoints.Update(ctx, have, metav1.UpdateOptions{})
	return err
}

func writeEndpointSlice(ctx context.Context, client kubernetes.Interface, at netip.AddrPort) error {
	family := discoveryv1.AddressTypeIPv4
	if at.Addr().Is6() {
		family = discoveryv1.AddressTypeIPv6
	}
	want := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Name:   kubernetesName,
			Labels: map[string]string{discoveryv1.LabelServiceName: kubernetesName},
		},
		AddressType: family,
		Endpoints: []discoveryv1.Endpoint{{
			Addresses:  []string{at.Addr().String()},
			Conditions: discoveryv1.EndpointConditions{Ready: new(true)},
		}},
		Ports: []discoveryv1.EndpointPort{{Name: new("https"), Port: new(int32(at.Port())), Protocol: new(corev1.ProtocolTCP)}},
	}
	slices := client.DiscoveryV1().EndpointSlices(metav1.NamespaceDefault)
	have, err := slices.Get(ctx, kubernetesName, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		_, err = slices.Create(ctx, want, metav1.CreateOptions{})
		return unlessThere(err)
	case err != nil || reflect.DeepEqual(have.Endpoints, want.Endpoints) && reflect.DeepEqual(have.Ports, want.Ports):
		return err
	}
	have = have.DeepCopy()
	have.Endpoints, have.Ports = want.Endpoints, want.Ports
	_, err = slices.Update(ctx, have, metav1.UpdateOptions{})
	return err
}

// writeServiceCIDR publishes the range that the server was started with.
func writeServiceCIDR(ctx context.Context, client kubernetes.Interface, cidr netip.Prefix) error {
	cidrs := client.NetworkingV1().ServiceCIDRs()
	have, err := cidrs.Get(ctx, kubernetesName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		have, err = cidrs.Create(ctx, &networkingv1.ServiceCIDR{
			ObjectMeta: metav1.ObjectMeta{Name: kubernetesName},
			Spec:       networkingv1.ServiceCIDRSpec{CIDRs: []string{cidr.String()}},
		}, metav1.CreateOptions{})
	}
	if err != nil {
		return err
	}
	for _, c := range have.Status.Conditions {
		if c.Type == networkingv1.ServiceCIDRConditionReady {
			return nil
		}
	}
	have = have.DeepCopy()
	have.Status.Conditions = append(have.Status.Conditions, metav1.Condition{
		Type: networkingv1.ServiceCIDRConditionReady, Status: metav1.ConditionTrue,
		Reason: "DefaultServiceCIDR", Message: "the range of the API server", LastTransitionTime: metav1.Now(),
	})
	_, err = cidrs.UpdateStatus(ctx, have, metav1.UpdateOptions{})
	return err
}
