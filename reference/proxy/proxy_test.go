//go:build linux

package proxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/seatrial/seatrial/reference/proxy/conntrack"
	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// kernel is a Backend that remembers; it fails as often as it is told to.
type kernel struct {
	calls []string
	have  rules.Set
	fail  int

	networks []netip.Prefix
}

func (k *kernel) Replace(all rules.Set) error {
	k.calls = append(k.calls, "replace")
	if k.fail > 0 {
		k.fail--
		return errors.New("out of memory")
	}
	k.have = all
	return nil
}

func (k *kernel) Apply(change rules.Change) error {
	k.calls = append(k.calls, "apply")
	if k.fail > 0 {
		k.fail--
		return errors.New("out of memory")
	}
	maps.Copy(k.have, change.Put)
	for _, f := range change.Remove {
		delete(k.have, f)
	}
	return nil
}

func (k *kernel) Networks(networks []netip.Prefix) error {
	k.networks = networks
	return nil
}

func (k *kernel) Close() error { k.calls = append(k.calls, "close"); return nil }

// text lists frontends with their backends.
func (k *kernel) text() []string {
	var lines []string
	for f, r := range k.have {
		line := f.String() + " ->"
		for _, b := range r.Inside.Backends {
			line += " " + b.String()
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

type bench struct {
	*testing.T
	client *fake.Clientset
	kernel *kernel
	stale  []conntrack.Stale
}

func inBubble(t *testing.T, test func(b *bench), objects ...runtime.Object) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{T: t, client: fake.NewClientset(objects...), kernel: &kernel{}}
		p, err := New(Options{Client: b.client, NodeName: "node-1", PodCIDR: netip.MustParsePrefix("10.244.0.0/16")})
		if err != nil {
			t.Fatal(err)
		}
		p.open = func() (Backend, error) { return b.kernel, nil }
		p.flush = func(stale []conntrack.Stale) error { b.stale = append(b.stale, stale...); return nil }
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		if err := p.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		test(b)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		if last := b.kernel.calls[len(b.kernel.calls)-1]; last != "close" {
			t.Errorf("last call %q, want the rules to be taken away", last)
		}
	})
}

func (b *bench) want(lines ...string) {
	b.Helper()
	synctest.Wait()
	if diff := cmp.Diff(lines, b.kernel.text()); diff != "" {
		b.Errorf("rules (-want +got):\n%s", diff)
	}
}

func service(name, ip string, protocol corev1.Protocol) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec:       corev1.ServiceSpec{ClusterIP: ip, Ports: []corev1.ServicePort{{Name: "p", Protocol: protocol, Port: 80}}},
	}
}

func slice(name, service string, protocol corev1.Protocol, addresses ...string) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: service}},
		Ports:      []discoveryv1.EndpointPort{{Name: new("p"), Protocol: &protocol, Port: new(int32(8080))}},
	}
	for _, a := range addresses {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{a}})
	}
	return s
}

func TestProxyStartsWithEverythingAtOnceAndThenAppliesChanges(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.want("TCP 10.96.0.1:80 -> 10.244.0.2:8080", "TCP 10.96.0.2:80 ->")
		slices := b.client.DiscoveryV1().EndpointSlices("default")
		if _, err := slices.Create(b.Context(), slice("two", "two", corev1.ProtocolTCP, "10.244.0.3"), metav1.CreateOptions{}); err != nil {
			b.Fatal(err)
		}
		b.want("TCP 10.96.0.1:80 -> 10.244.0.2:8080", "TCP 10.96.0.2:80 -> 10.244.0.3:8080")
		if err := b.client.CoreV1().Services("default").Delete(b.Context(), "one", metav1.DeleteOptions{}); err != nil {
			b.Fatal(err)
		}
		b.want("TCP 10.96.0.2:80 -> 10.244.0.3:8080")
		if diff := cmp.Diff([]string{"replace", "apply", "apply"}, b.kernel.calls); diff != "" {
			b.Errorf("calls (-want +got):\n%s", diff)
		}
	},
		service("one", "10.96.0.1", corev1.ProtocolTCP), slice("one", "one", corev1.ProtocolTCP, "10.244.0.2"),
		service("two", "10.96.0.2", corev1.ProtocolTCP))
}

func TestProxyIgnoresChangesThatMakeNoDifference(t *testing.T) {
	inBubble(t, func(b *bench) {
		s := service("one", "10.96.0.1", corev1.ProtocolTCP)
		s.Labels = map[string]string{"new": "label"}
		if _, err := b.client.CoreV1().Services("default").Update(b.Context(), s, metav1.UpdateOptions{}); err != nil {
			b.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{"replace"}, b.kernel.calls); diff != "" {
			b.Errorf("calls (-want +got):\n%s", diff)
		}
	}, service("one", "10.96.0.1", corev1.ProtocolTCP))
}

func TestProxyWritesEverythingAnewAfterAnError(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.kernel.fail = 2
		s := slice("one", "one", corev1.ProtocolTCP, "10.244.0.2")
		if _, err := b.client.DiscoveryV1().EndpointSlices("default").Create(b.Context(), s, metav1.CreateOptions{}); err != nil {
			b.Fatal(err)
		}
		time.Sleep(time.Second) // of the bubble's clock
		b.want("TCP 10.96.0.1:80 -> 10.244.0.2:8080")
		if diff := cmp.Diff([]string{"replace", "apply", "replace", "replace"}, b.kernel.calls); diff != "" {
			b.Errorf("calls (-want +got):\n%s", diff)
		}
	}, service("one", "10.96.0.1", corev1.ProtocolTCP))
}

func TestProxyEndsUDPFlowsToBackendsThatAreGone(t *testing.T) {
	inBubble(t, func(b *bench) {
		synctest.Wait()
		b.stale = nil
		s := slice("one", "one", corev1.ProtocolUDP, "10.244.0.3")
		if _, err := b.client.DiscoveryV1().EndpointSlices("default").Update(b.Context(), s, metav1.UpdateOptions{}); err != nil {
			b.Fatal(err)
		}
		synctest.Wait()
		want := []conntrack.Stale{{
			Frontend: rules.Frontend{IP: netip.MustParseAddr("10.96.0.1"), Protocol: rules.UDP, Port: 80},
			Valid:    []netip.AddrPort{netip.MustParseAddrPort("10.244.0.3:8080")},
		}}
		if diff := cmp.Diff(want, b.stale, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
			b.Errorf("flows (-want +got):\n%s", diff)
		}
	}, service("one", "10.96.0.1", corev1.ProtocolUDP), slice("one", "one", corev1.ProtocolUDP, "10.244.0.2"))
}

func TestProxyOpensTheHostPortsOfItsPods(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"},
		Spec: corev1.PodSpec{NodeName: "node-1", Containers: []corev1.Container{{
			Ports: []corev1.ContainerPort{{HostPort: 8000, ContainerPort: 80, HostIP: "127.0.0.1"}},
		}}},
	}
	inBubble(t, func(b *bench) {
		b.want() // it has no address yet
		pod := pod.DeepCopy()
		pod.Status.PodIPs = []corev1.PodIP{{IP: "10.244.0.2"}}
		if _, err := b.client.CoreV1().Pods("default").Update(b.Context(), pod, metav1.UpdateOptions{}); err != nil {
			b.Fatal(err)
		}
		b.want("TCP 127.0.0.1:8000 -> 10.244.0.2:80")
		if err := b.client.CoreV1().Pods("default").Delete(b.Context(), "web", metav1.DeleteOptions{}); err != nil {
			b.Fatal(err)
		}
		b.want()
	}, pod)
}

func TestProxyProtectsTheServiceNetworks(t *testing.T) {
	cidr := &networkingv1.ServiceCIDR{
		ObjectMeta: metav1.ObjectMeta{Name: "kubernetes"},
		Spec:       networkingv1.ServiceCIDRSpec{CIDRs: []string{"10.96.0.0/16"}},
	}
	inBubble(t, func(b *bench) {
		synctest.Wait()
		if got := fmt.Sprint(b.kernel.networks); got != "[10.96.0.0/16]" {
			b.Errorf("networks %s", got)
		}
		more := cidr.DeepCopy()
		more.Name, more.Spec.CIDRs = "more", []string{"10.97.0.0/24"}
		if _, err := b.client.NetworkingV1().ServiceCIDRs().Create(b.Context(), more, metav1.CreateOptions{}); err != nil {
			b.Fatal(err)
		}
		synctest.Wait()
		if got := fmt.Sprint(b.kernel.networks); got != "[10.96.0.0/16 10.97.0.0/24]" {
			b.Errorf("networks %s", got)
		}
	}, cidr)
}
