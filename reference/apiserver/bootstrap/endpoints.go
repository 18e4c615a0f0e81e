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
	discoveryclient "k8s.io/client-go/kubernetes/typed/discovery/v1"
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

// point writes both kinds of endpoints: clients still read the deprecated one too.
func point(ctx context.Context, client kubernetes.Interface, o Options) error {
	if err := keep(ctx, client.CoreV1().Endpoints(metav1.NamespaceDefault), o, leadEndpoints); err != nil {
		return err
	}
	slices := client.DiscoveryV1().EndpointSlices(metav1.NamespaceDefault)
	if err := removeOtherFamily(ctx, slices, o); err != nil {
		return err
	}
	return keep(ctx, slices, o, leadEndpointSlice)
}

// removeOtherFamily deletes the slice when the servers have addresses of
// another family since: its type never changes.
func removeOtherFamily(ctx context.Context, client discoveryclient.EndpointSliceInterface, o Options) error {
	have, err := client.Get(ctx, kubernetesName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil || have.AddressType == addressType(o.AdvertiseAddress) {
		return err
	}
	err = client.Delete(ctx, kubernetesName, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(have.UID))})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) { // another server was faster
		return nil
	}
	return err
}

func addressType(of netip.AddrPort) discoveryv1.AddressType {
	if of.Addr().Is6() {
		return discoveryv1.AddressTypeIPv6
	}
	return discoveryv1.AddressTypeIPv4
}

// kindOfEndpoints reads and writes objects of one kind.
type kindOfEndpoints[T any] interface {
	Get(context.Context, string, metav1.GetOptions) (T, error)
	Create(context.Context, T, metav1.CreateOptions) (T, error)
	Update(context.Context, T, metav1.UpdateOptions) (T, error)
}

// keep makes lead hold for the object of one kind: a copy of what is there, or
// new. Servers that write at once meet as conflicts: each reads the object
// before it asks who is there, so that the last writer knows of all.
func keep[T any, P interface {
	*T
	DeepCopy() P
}](ctx context.Context, kind kindOfEndpoints[P], o Options, lead func(object P, to netip.AddrPort, servers []string)) error {
	met := func(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
	return retry.OnError(retry.DefaultBackoff, met, func() error {
		have, err := kind.Get(ctx, kubernetesName, metav1.GetOptions{})
		missing := apierrors.IsNotFound(err)
		if err != nil && !missing {
			return err
		}
		servers, err := o.present(ctx)
		if err != nil || len(servers) == 0 {
			return err
		}
		if missing {
			want := P(new(T))
			lead(want, o.AdvertiseAddress, servers)
			_, err := kind.Create(ctx, want, metav1.CreateOptions{})
			return err
		}
		want := have.DeepCopy()
		lead(want, o.AdvertiseAddress, servers)
		if reflect.DeepEqual(have, want) {
			return nil
		}
		_, err = kind.Update(ctx, want, metav1.UpdateOptions{})
		return err
	})
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

// leadEndpoints has a label so that no controller makes a second slice of it.
func leadEndpoints(e *corev1.Endpoints, to netip.AddrPort, servers []string) {
	e.Name = kubernetesName
	metav1.SetMetaDataLabel(&e.ObjectMeta, discoveryv1.LabelSkipMirror, "true")
	subset := corev1.EndpointSubset{
		Ports: []corev1.EndpointPort{{Name: "https", Port: int32(to.Port()), Protocol: corev1.ProtocolTCP}},
	}
	for _, s := range servers {
		subset.Addresses = append(subset.Addresses, corev1.EndpointAddress{IP: s})
	}
	e.Subsets = []corev1.EndpointSubset{subset}
}

func leadEndpointSlice(e *discoveryv1.EndpointSlice, to netip.AddrPort, servers []string) {
	e.Name = kubernetesName
	metav1.SetMetaDataLabel(&e.ObjectMeta, discoveryv1.LabelServiceName, kubernetesName)
	e.AddressType = addressType(to)
	e.Ports = []discoveryv1.EndpointPort{{Name: new("https"), Port: new(int32(to.Port())), Protocol: new(corev1.ProtocolTCP)}}
	e.Endpoints = nil
	for _, s := range servers {
		e.Endpoints = append(e.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{s}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)},
		})
	}
}
