package bootstrap

import (
	"context"
	"errors"
	"net/netip"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"

	"github.com/seatrial/seatrial/reference/apiserver/storage"
)

// Members are the API servers that share the store, by IP address.
type Members interface {
	// Keep says that the server is there, for some seconds. After Leave it returns storage.ErrLeft.
	Keep(ctx context.Context, member string) error
	// All returns the servers that are there, sorted.
	All(ctx context.Context) ([]string, error)
	// Leave says that this server is there no more.
	Leave(ctx context.Context) error
}

// WriteEndpoints points the Service default/kubernetes at all servers that are
// there, this one among them.
func WriteEndpoints(ctx context.Context, client kubernetes.Interface, o Options) error {
	err := o.Members.Keep(ctx, o.AdvertiseAddress.Addr().String())
	if errors.Is(err, storage.ErrLeft) {
		return nil
	}
	if err != nil {
		return err
	}
	return point(ctx, client, o)
}

// LeaveEndpoints takes this server out of the endpoints of default/kubernetes.
// The last server of all leaves them as they are: nobody is there to read them,
// and most likely it comes back.
func LeaveEndpoints(ctx context.Context, client kubernetes.Interface, o Options) error {
	if o.Members == nil {
		return nil
	}
	if err := o.Members.Leave(ctx); err != nil {
		return err
	}
	return point(ctx, client, o)
}

// point writes both kinds of endpoints. Servers that write at once meet as
// conflicts: each reads the object before it asks who is there, so that the
// last writer knows of all.
func point(ctx context.Context, client kubernetes.Interface, o Options) error {
	met := func(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
	if err := retry.OnError(retry.DefaultBackoff, met, func() error { return writeEndpoints(ctx, client, o) }); err != nil {
		return err
	}
	return retry.OnError(retry.DefaultBackoff, met, func() error { return writeEndpointSlice(ctx, client, o) })
}

// present are the addresses of the servers that are there. A slice has
// addresses of one family: that of this server.
func (o Options) present(ctx context.Context) ([]string, error) {
	all, err := o.Members.All(ctx)
	if err != nil {
		return nil, err
	}
	var same []string
	for _, m := range all {
		if a, err := netip.ParseAddr(m); err == nil && a.Is6() == o.AdvertiseAddress.Addr().Is6() {
			same = append(same, m)
		}
	}
	return same, nil
}

// writeEndpoints writes the deprecated Endpoints too: clients still read them, and upstream writes both.
func writeEndpoints(ctx context.Context, client kubernetes.Interface, o Options) error {
	endpoints := client.CoreV1().Endpoints(metav1.NamespaceDefault)
	have, err := endpoints.Get(ctx, kubernetesName, metav1.GetOptions{})
	missing := apierrors.IsNotFound(err)
	if err != nil && !missing {
		return err
	}
	servers, err := o.present(ctx)
	if err != nil || len(servers) == 0 {
		return err
	}
	subset := corev1.EndpointSubset{
		Ports: []corev1.EndpointPort{{Name: "https", Port: int32(o.AdvertiseAddress.Port()), Protocol: corev1.ProtocolTCP}},
	}
	for _, s := range servers {
		subset.Addresses = append(subset.Addresses, corev1.EndpointAddress{IP: s})
	}
	want := []corev1.EndpointSubset{subset}
	if missing {
		_, err := endpoints.Create(ctx, &corev1.Endpoints{
			ObjectMeta: metav1.ObjectMeta{Name: kubernetesName, Labels: map[string]string{discoveryv1.LabelSkipMirror: "true"}},
			Subsets:    want,
		}, metav1.CreateOptions{})
		return err
	}
	if reflect.DeepEqual(have.Subsets, want) {
		return nil
	}
	have = have.DeepCopy()
	have.Subsets = want
	_, err = endpoints.Update(ctx, have, metav1.UpdateOptions{})
	return err
}

func writeEndpointSlice(ctx context.Context, client kubernetes.Interface, o Options) error {
	slices := client.DiscoveryV1().EndpointSlices(metav1.NamespaceDefault)
	have, err := slices.Get(ctx, kubernetesName, metav1.GetOptions{})
	missing := apierrors.IsNotFound(err)
	if err != nil && !missing {
		return err
	}
	servers, err := o.present(ctx)
	if err != nil || len(servers) == 0 {
		return err
	}
	want := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Name:   kubernetesName,
			Labels: map[string]string{discoveryv1.LabelServiceName: kubernetesName},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: new("https"), Port: new(int32(o.AdvertiseAddress.Port())), Protocol: new(corev1.ProtocolTCP)}},
	}
	if o.AdvertiseAddress.Addr().Is6() {
		want.AddressType = discoveryv1.AddressTypeIPv6
	}
	for _, s := range servers {
		want.Endpoints = append(want.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{s}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)},
		})
	}
	if missing {
		_, err := slices.Create(ctx, want, metav1.CreateOptions{})
		return err
	}
	if reflect.DeepEqual(have.Endpoints, want.Endpoints) && reflect.DeepEqual(have.Ports, want.Ports) {
		return nil
	}
	have = have.DeepCopy()
	have.Endpoints, have.Ports = want.Endpoints, want.Ports
	_, err = slices.Update(ctx, have, metav1.UpdateOptions{})
	return err
}
