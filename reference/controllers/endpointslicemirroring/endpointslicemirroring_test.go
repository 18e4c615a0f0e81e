package endpointslicemirroring

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func service(selector map[string]string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "db"}, Spec: corev1.ServiceSpec{Selector: selector}}
}

func endpoints(subsets ...corev1.EndpointSubset) *corev1.Endpoints {
	return &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "db", Labels: map[string]string{"team": "a"}}, Subsets: subsets}
}

// subset lists ready addresses, and with an exclamation mark those that are not.
func subset(port int32, ips ...string) corev1.EndpointSubset {
	s := corev1.EndpointSubset{Ports: []corev1.EndpointPort{{Port: port, Protocol: corev1.ProtocolTCP}}}
	for _, ip := range ips {
		if rest, no := strings.CutPrefix(ip, "!"); no {
			s.NotReadyAddresses = append(s.NotReadyAddresses, corev1.EndpointAddress{IP: rest})
		} else {
			s.Addresses = append(s.Addresses, corev1.EndpointAddress{IP: ip})
		}
	}
	return s
}

func show(list []*discoveryv1.EndpointSlice) (out []string) {
	for _, s := range list {
		line := fmt.Sprintf("%s %d:", s.AddressType, *s.Ports[0].Port)
		for _, e := range s.Endpoints {
			line += " " + strings.Repeat("!", map[bool]int{false: 1}[*e.Conditions.Ready]) + e.Addresses[0]
		}
		out = append(out, line)
	}
	return out
}

func TestOneSliceForEachSetOfPortsAndFamily(t *testing.T) {
	for _, tt := range []struct {
		name string
		from *corev1.Endpoints
		want []string
	}{
		{"none", nil, nil},
		{"no addresses", endpoints(subset(80)), nil},
		{"ready and not", endpoints(subset(80, "10.0.0.1", "!10.0.0.2")), []string{"IPv4 80: 10.0.0.1 !10.0.0.2"}},
		{"two families", endpoints(subset(80, "10.0.0.1", "fd00::1")), []string{"IPv4 80: 10.0.0.1", "IPv6 80: fd00::1"}},
		{"same address, other port", endpoints(subset(80, "10.0.0.1"), subset(81, "10.0.0.1")), []string{"IPv4 80: 10.0.0.1", "IPv4 81: 10.0.0.1"}},
		{"same address twice", endpoints(subset(80, "!10.0.0.1"), subset(80, "10.0.0.1")), []string{"IPv4 80: 10.0.0.1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := plan(tt.from, nil)
			if diff := cmp.Diff(tt.want, show(p.create)); diff != "" {
				t.Error(diff)
			}
			again := plan(tt.from, p.create)
			if len(again.create)+len(again.update)+len(again.remove) > 0 {
				t.Errorf("the slices are right, yet they would be written again: %+v", again)
			}
		})
	}
}

func TestAtMostAThousandAddressesAreMirrored(t *testing.T) {
	var ips []string
	for i := range 1003 {
		ips = append(ips, fmt.Sprintf("10.0.%d.%d", i/250, i%250+1))
	}
	p := plan(endpoints(subset(80, ips...)), nil)
	if len(p.create) != 1 || len(p.create[0].Endpoints) != 1000 || p.skipped != 3 {
		t.Errorf("%d slices, %d addresses skipped", len(p.create), p.skipped)
	}
}

func TestASecondSliceOfTheSamePortsGoes(t *testing.T) {
	from := endpoints(subset(80, "10.0.0.1"))
	one := plan(from, nil).create[0]
	one.Name = "db-1"
	two := one.DeepCopy()
	two.Name = "db-2"
	p := plan(from, []*discoveryv1.EndpointSlice{two, one})
	if len(p.create)+len(p.update) != 0 || len(p.remove) != 1 || p.remove[0].Name != "db-2" {
		t.Errorf("plan %+v", p)
	}
}

func mirrored(t *testing.T, client *fake.Clientset) (out []string) {
	t.Helper()
	list, err := client.DiscoveryV1().EndpointSlices("ns").List(t.Context(), metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=db"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range list.Items {
		s := &list.Items[i]
		if s.Labels["team"] != "a" || s.Labels[discoveryv1.LabelManagedBy] != managedBy || s.OwnerReferences[0].Kind != "Endpoints" {
			t.Errorf("metadata of the slice %+v", s.ObjectMeta)
		}
		out = append(out, show([]*discoveryv1.EndpointSlice{s})...)
	}
	slices.Sort(out)
	return out
}

func TestSlicesFollowTheEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(service(nil), endpoints(subset(80, "10.1.2.3")))
		b := controllertest.Start(t, client, New)
		check := func(want ...string) {
			t.Helper()
			b.Settle(time.Second)
			if diff := cmp.Diff(want, mirrored(t, client)); diff != "" {
				t.Error(diff)
			}
			b.Steady()
		}
		check("IPv4 80: 10.1.2.3")
		api := client.CoreV1().Endpoints("ns")
		if _, err := api.Update(t.Context(), endpoints(subset(80, "10.2.3.4"), subset(81, "10.2.3.4")), metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		check("IPv4 80: 10.2.3.4", "IPv4 81: 10.2.3.4")
		if err := api.Delete(t.Context(), "db", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		check()
	})
}

func TestEndpointsThatAreNotMirrored(t *testing.T) {
	labelled := endpoints(subset(80, "10.0.0.1"))
	labelled.Labels[discoveryv1.LabelSkipMirror] = "true"
	lock := endpoints(subset(80, "10.0.0.1"))
	lock.Annotations = map[string]string{"control-plane.alpha.kubernetes.io/leader": "{}"}
	for name, tt := range map[string]struct {
		svc  *corev1.Service
		from *corev1.Endpoints
	}{
		"a Service with a selector": {service(map[string]string{"a": "b"}), endpoints(subset(80, "10.0.0.1"))},
		"another Service":           {&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "other"}}, endpoints(subset(80, "10.0.0.1"))},
		"the label":                 {service(nil), labelled},
		"a lock":                    {service(nil), lock},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := controllertest.NewClient(tt.svc, tt.from)
				controllertest.Start(t, client, New)
				if got := mirrored(t, client); len(got) > 0 {
					t.Errorf("slices %v; want none", got)
				}
			})
		})
	}
}
