package bootstrap

import (
	"context"
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

// members are the servers that are there.
type members []string

func (m *members) Keep(_ context.Context, member string) error {
	if !slices.Contains(*m, member) {
		*m = append(*m, member)
	}
	return nil
}

func (m *members) All(context.Context) ([]string, error) { return *m, nil }

func (m *members) Leave(context.Context) error {
	*m = (*m)[1:]
	return nil
}

func optionsOf(m *members) Options {
	return Options{AdvertiseAddress: netip.MustParseAddrPort("192.0.2.1:6443"), Members: m}
}

// told are the addresses and labels of both kinds.
func told(t *testing.T, client *fake.Clientset) (addresses []string, labels map[string]string) {
	t.Helper()
	e, err := client.CoreV1().Endpoints("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := client.DiscoveryV1().EndpointSlices("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range e.Subsets[0].Addresses {
		addresses = append(addresses, a.IP)
	}
	for _, a := range s.Endpoints {
		addresses = append(addresses, a.Addresses...)
	}
	return addresses, map[string]string{"endpoints": e.Labels[discoveryv1.LabelSkipMirror], "slice": s.Labels[discoveryv1.LabelServiceName]}
}

func writes(client *fake.Clientset) (n int) {
	for _, a := range client.Actions() {
		if a.GetVerb() != "get" {
			n++
		}
	}
	return n
}

func TestSliceIsMadeAnewForAnotherFamily(t *testing.T) {
	old := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: "default", Name: "kubernetes", UID: "old"},
		AddressType: discoveryv1.AddressTypeIPv4, Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"192.0.2.1"}}},
	}
	client, m := fake.NewClientset(old), &members{}
	options := Options{AdvertiseAddress: netip.MustParseAddrPort("[2001:db8::1]:6443"), Members: m}
	if err := WriteEndpoints(t.Context(), client, options); err != nil {
		t.Fatal(err)
	}
	got, err := client.DiscoveryV1().EndpointSlices("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got.UID == "old" || got.AddressType != discoveryv1.AddressTypeIPv6 || !slices.Equal(got.Endpoints[0].Addresses, []string{"2001:db8::1"}) {
		t.Errorf("the slice is %+v", got)
	}
}

func TestEndpointsFollowTheServers(t *testing.T) {
	client, m := fake.NewClientset(), &members{"192.0.2.9", "2001:db8::1"}
	write := func(want ...string) {
		t.Helper()
		if err := WriteEndpoints(t.Context(), client, optionsOf(m)); err != nil {
			t.Fatal(err)
		}
		addresses, labels := told(t, client)
		if !slices.Equal(addresses, want) || labels["endpoints"] != "true" || labels["slice"] != "kubernetes" {
			t.Errorf("addresses %q, want %q; labels %v", addresses, want, labels)
		}
	}
	write("192.0.2.9", "192.0.2.1", "192.0.2.9", "192.0.2.1")
	client.ClearActions()
	write("192.0.2.9", "192.0.2.1", "192.0.2.9", "192.0.2.1")
	if n := writes(client); n != 0 {
		t.Errorf("nothing changed, and %d writes were made", n)
	}
	*m = (*m)[1:]
	write("192.0.2.1", "192.0.2.1")

	for _, o := range []struct {
		resource string
		object   runtime.Object
	}{
		{"endpoints", &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: "kubernetes", Namespace: "default"}}},
		{"endpointslices", &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: "kubernetes", Namespace: "default"}}},
	} {
		group := schema.GroupVersionResource{Group: "discovery.k8s.io", Version: "v1", Resource: o.resource}
		if o.resource == "endpoints" {
			group.Group = ""
		}
		if err := client.Tracker().Update(group, o.object, "default"); err != nil {
			t.Fatal(err)
		}
	}
	write("192.0.2.1", "192.0.2.1") // someone has emptied them
}

// A server that comes between is not lost: who is there is asked again.
func TestEndpointsAreWrittenAgainAfterAConflict(t *testing.T) {
	client, m := fake.NewClientset(), &members{}
	if err := WriteEndpoints(t.Context(), client, optionsOf(m)); err != nil {
		t.Fatal(err)
	}
	*m = append(*m, "192.0.2.2")
	met := false
	client.PrependReactor("update", "endpoints", func(k8stesting.Action) (bool, runtime.Object, error) {
		if met {
			return false, nil, nil
		}
		met = true
		*m = append(*m, "192.0.2.3")
		return true, nil, apierrors.NewConflict(schema.GroupResource{Resource: "endpoints"}, "kubernetes", nil)
	})
	if err := WriteEndpoints(t.Context(), client, optionsOf(m)); err != nil {
		t.Fatal(err)
	}
	want := []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}
	if got, _ := told(t, client); !met || !slices.Equal(got, append(want, want...)) {
		t.Errorf("addresses %q", got)
	}
}

func TestTheLastServerLeavesTheEndpoints(t *testing.T) {
	client, m := fake.NewClientset(), &members{}
	if err := WriteEndpoints(t.Context(), client, optionsOf(m)); err != nil {
		t.Fatal(err)
	}
	if err := LeaveEndpoints(t.Context(), client, optionsOf(m)); err != nil {
		t.Fatal(err)
	}
	if got, _ := told(t, client); !slices.Equal(got, []string{"192.0.2.1", "192.0.2.1"}) {
		t.Errorf("addresses %q", got)
	}
}
