package mirroring

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func endpoints(subsets ...corev1.EndpointSubset) *corev1.Endpoints {
	return &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "db", Labels: map[string]string{"team": "a"}}, Subsets: subsets}
}

func subset(port int32, ready, unready []string) corev1.EndpointSubset {
	s := corev1.EndpointSubset{Ports: []corev1.EndpointPort{{Name: "sql", Port: port, Protocol: corev1.ProtocolTCP}}}
	for _, ip := range ready {
		s.Addresses = append(s.Addresses, corev1.EndpointAddress{IP: ip})
	}
	for _, ip := range unready {
		s.NotReadyAddresses = append(s.NotReadyAddresses, corev1.EndpointAddress{IP: ip})
	}
	return s
}

func show(list []*discoveryv1.EndpointSlice) (out []string) {
	for _, s := range list {
		line := fmt.Sprintf("%s:%d", s.AddressType, *s.Ports[0].Port)
		for _, e := range s.Endpoints {
			line += fmt.Sprintf(" %s=%t", e.Addresses[0], *e.Conditions.Ready)
		}
		out = append(out, line)
	}
	return out
}

func TestSlicesOf(t *testing.T) {
	got := show(slicesOf(endpoints(subset(1, []string{"10.0.0.1", "fd00::1"}, []string{"10.0.0.2"}), subset(2, []string{"10.0.0.3"}, nil))))
	want := []string{"IPv4:1 10.0.0.1=true 10.0.0.2=false", "IPv6:1 fd00::1=true", "IPv4:2 10.0.0.3=true"}
	if !slices.Equal(got, want) {
		t.Errorf("slices %q, want %q", got, want)
	}
}

func TestPlanKeepsSlicesWhereItCan(t *testing.T) {
	have := slicesOf(endpoints(subset(1, []string{"10.0.0.1"}, nil), subset(2, []string{"10.0.0.1"}, nil)))
	want := slicesOf(endpoints(subset(1, []string{"10.0.0.1", "10.0.0.2"}, nil), subset(3, []string{"10.0.0.1"}, nil)))
	c := plan(want, have)
	if len(c.create) != 1 || len(c.update) != 1 || len(c.remove) != 1 {
		t.Errorf("create %q, update %q, remove %q", show(c.create), show(c.update), show(c.remove))
	}
	if c := plan(have, have); len(c.create)+len(c.update)+len(c.remove) != 0 {
		t.Errorf("nothing changed, but: %+v", c)
	}
}

func TestHandMadeEndpointsAreMirrored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		selected := endpoints(subset(1, []string{"10.0.0.9"}, nil))
		selected.Name = "selected"
		client := controllertest.NewClient(
			&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "db"}}, endpoints(subset(1, []string{"10.0.0.1"}, nil)),
			&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "selected"}, Spec: corev1.ServiceSpec{Selector: map[string]string{"a": "b"}}}, selected,
		)
		b := controllertest.Start(t, client, New)
		list := func() []discoveryv1.EndpointSlice {
			l, err := client.DiscoveryV1().EndpointSlices("ns").List(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return l.Items
		}
		all := list()
		if len(all) != 1 || all[0].Labels[discoveryv1.LabelServiceName] != "db" || all[0].Labels["team"] != "a" || all[0].Endpoints[0].Addresses[0] != "10.0.0.1" {
			t.Fatalf("slices %+v; want one for the service without selector", all)
		}
		ep, _ := client.CoreV1().Endpoints("ns").Get(t.Context(), "db", metav1.GetOptions{})
		ep.Subsets[0].Addresses[0].IP = "10.0.0.2"
		if _, err := client.CoreV1().Endpoints("ns").Update(t.Context(), ep, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if all := list(); len(all) != 1 || all[0].Endpoints[0].Addresses[0] != "10.0.0.2" {
			t.Errorf("after a change: %+v", all)
		}
		b.Steady()
		if err := client.CoreV1().Endpoints("ns").Delete(t.Context(), "db", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if n := len(list()); n != 0 {
			t.Errorf("%d slices after the endpoints were deleted", n)
		}
	})
}
