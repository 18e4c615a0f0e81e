package endpointslice

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func pod(name, ip string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, Labels: map[string]string{"app": "web"}},
		Spec:       corev1.PodSpec{NodeName: "n1"},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}},
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		},
	}
}

func addresses(t *testing.T, client *fake.Clientset) (all []string) {
	t.Helper()
	list, err := client.DiscoveryV1().EndpointSlices("ns").List(t.Context(), metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=web"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list.Items {
		for _, e := range s.Endpoints {
			all = append(all, e.Addresses...)
		}
	}
	slices.Sort(all)
	return all
}

func TestSlicesFollowThePodsAndAreRepaired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(
			&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}},
			&corev1.Service{
				ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web"},
				Spec: corev1.ServiceSpec{
					ClusterIP: "10.96.0.7", IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}, Selector: map[string]string{"app": "web"},
					Ports: []corev1.ServicePort{{Port: 80, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(8080)}},
				},
			}, pod("a", "10.0.0.1"))
		b := controllertest.Start(t, client, New)
		if got := addresses(t, client); !slices.Equal(got, []string{"10.0.0.1"}) {
			t.Fatalf("addresses %v", got)
		}
		if _, err := client.CoreV1().Pods("ns").Create(t.Context(), pod("b", "10.0.0.2"), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if got := addresses(t, client); !slices.Equal(got, []string{"10.0.0.1", "10.0.0.2"}) {
			t.Errorf("addresses %v", got)
		}
		list, _ := client.DiscoveryV1().EndpointSlices("ns").List(t.Context(), metav1.ListOptions{})
		if err := client.DiscoveryV1().EndpointSlices("ns").Delete(t.Context(), list.Items[0].Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if got := addresses(t, client); len(got) != 2 {
			t.Errorf("after the slice was deleted: addresses %v; want both again", got)
		}
		b.Steady()
	})
}
