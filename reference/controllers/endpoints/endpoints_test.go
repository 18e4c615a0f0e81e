package endpoints

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func service() *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web", Labels: map[string]string{"team": "a"}},
		Spec: corev1.ServiceSpec{
			ClusterIP: "10.96.0.7", Selector: map[string]string{"app": "web"},
			Ports: []corev1.ServicePort{{Name: "http", Port: 80, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromString("web")}},
		},
	}
}

func pod(name, ip string, port int32, change ...func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, Labels: map[string]string{"app": "web"}},
		Spec: corev1.PodSpec{NodeName: "n1", Containers: []corev1.Container{
			{Name: "c", Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: port, Protocol: corev1.ProtocolTCP}}},
		}},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}},
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		},
	}
	for _, f := range change {
		f(p)
	}
	return p
}

func unready(p *corev1.Pod)     { p.Status.Conditions = nil }
func terminating(p *corev1.Pod) { p.DeletionTimestamp = new(metav1.Now()) }
func failed(p *corev1.Pod)      { p.Status.Phase = corev1.PodFailed }

// show writes subsets as "port: ready | not ready".
func show(subsets []corev1.EndpointSubset) (out []string) {
	for _, s := range subsets {
		line := ""
		for _, p := range s.Ports {
			line += fmt.Sprintf("%s=%d ", p.Name, p.Port)
		}
		line += ":"
		for _, a := range s.Addresses {
			line += " " + a.IP
		}
		line += " |"
		for _, a := range s.NotReadyAddresses {
			line += " " + a.IP
		}
		out = append(out, line)
	}
	return out
}

func TestSubsets(t *testing.T) {
	headless := func(s *corev1.Service) { s.Spec.ClusterIP, s.Spec.Ports = corev1.ClusterIPNone, nil }
	publish := func(s *corev1.Service) { s.Spec.PublishNotReadyAddresses = true }
	v6 := func(s *corev1.Service) { s.Spec.IPFamilies = []corev1.IPFamily{corev1.IPv6Protocol} }
	same := func(*corev1.Service) {}
	for _, tt := range []struct {
		name string
		svc  func(*corev1.Service)
		pods []*corev1.Pod
		want []string
	}{
		{"no pods", same, nil, nil},
		{"sorted by address", same, []*corev1.Pod{pod("a", "10.0.0.2", 80), pod("b", "10.0.0.1", 80)}, []string{"http=80 : 10.0.0.1 10.0.0.2 |"}},
		{"named port differs by pod", same, []*corev1.Pod{pod("a", "10.0.0.1", 80), pod("b", "10.0.0.2", 81)}, []string{"http=80 : 10.0.0.1 |", "http=81 : 10.0.0.2 |"}},
		{"not ready", same, []*corev1.Pod{pod("a", "10.0.0.1", 80, unready)}, []string{"http=80 : | 10.0.0.1"}},
		{"not ready is published", publish, []*corev1.Pod{pod("a", "10.0.0.1", 80, unready)}, []string{"http=80 : 10.0.0.1 |"}},
		{"terminating", same, []*corev1.Pod{pod("a", "10.0.0.1", 80, terminating)}, nil},
		{"terminating is published", publish, []*corev1.Pod{pod("a", "10.0.0.1", 80, terminating)}, []string{"http=80 : 10.0.0.1 |"}},
		{"failed", publish, []*corev1.Pod{pod("a", "10.0.0.1", 80, failed)}, nil},
		{"no address yet", same, []*corev1.Pod{pod("a", "", 80)}, nil},
		{"headless without ports", headless, []*corev1.Pod{pod("a", "10.0.0.1", 80)}, []string{": 10.0.0.1 |"}},
		{"other family", v6, []*corev1.Pod{pod("a", "10.0.0.1", 80)}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			svc := service()
			tt.svc(svc)
			got, _ := subsets(svc, tt.pods)
			if diff := cmp.Diff(tt.want, show(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMoreThanAThousandAddressesAreTruncatedAndReadyOnesStay(t *testing.T) {
	var pods []*corev1.Pod
	for i := range 1200 {
		pods = append(pods, pod(fmt.Sprintf("p%04d", i), fmt.Sprintf("10.0.%d.%d", i/250, i%250+1), 80))
		if i < 400 {
			unready(pods[i])
		}
	}
	got, truncated := subsets(service(), pods)
	if !truncated || len(got) != 1 || len(got[0].Addresses) != 800 || len(got[0].NotReadyAddresses) != 200 {
		t.Errorf("truncated %t, %d subsets", truncated, len(got))
	}
}

func TestEndpointsFollowThePods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(service(), pod("a", "10.0.0.1", 80))
		b := controllertest.Start(t, client, New)
		get := func() *corev1.Endpoints {
			ep, err := client.CoreV1().Endpoints("ns").Get(t.Context(), "web", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return ep
		}
		ep := get()
		if ep.Labels["team"] != "a" || ep.Labels[managedByLabel] != managedBy || ep.Subsets[0].Addresses[0].TargetRef.Name != "a" {
			t.Errorf("endpoints %+v", ep)
		}
		if _, err := client.CoreV1().Pods("ns").Create(t.Context(), pod("b", "10.0.0.2", 80), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if diff := cmp.Diff([]string{"http=80 : 10.0.0.1 10.0.0.2 |"}, show(get().Subsets)); diff != "" {
			t.Error(diff)
		}
		b.Steady()
		if err := client.CoreV1().Services("ns").Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if list, _ := client.CoreV1().Endpoints("ns").List(t.Context(), metav1.ListOptions{}); len(list.Items) != 0 {
			t.Errorf("endpoints left: %v", list.Items)
		}
	})
}
