package services_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/etcd"
)

// setReady does the work of the controller of ServiceCIDRs.
func setReady(t *testing.T, client kubernetes.Interface, c *networkingv1.ServiceCIDR, status metav1.ConditionStatus) {
	t.Helper()
	c.Status.Conditions = []metav1.Condition{{
		Type: networkingv1.ServiceCIDRConditionReady, Status: status, Reason: "Test", LastTransitionTime: metav1.Now(),
	}}
	if _, err := client.NetworkingV1().ServiceCIDRs().UpdateStatus(t.Context(), c, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// "Users can increase the number of available IPs by creating new ServiceCIDR objects":
// https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
func TestMoreServiceCIDRsWidenTheRange(t *testing.T) {
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Stop)
	s := apiservertest.Run(t, apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, ServiceCIDR: netip.MustParsePrefix("10.0.0.0/30")})
	b := &bench{t: t, etcd: member.Client(), client: clientOf(s)}
	if err := b.create("default", "a", plain); err != nil {
		t.Fatal(err) // of four addresses one is free: the first, the last and that of default/kubernetes are not
	}
	if err := b.create("default", "b", plain); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "failed to allocate a serviceIP: range is full") {
		t.Errorf("service in a full range: %v", err)
	}
	cidrs := b.client.NetworkingV1().ServiceCIDRs()
	more, err := cidrs.Create(t.Context(), &networkingv1.ServiceCIDR{
		ObjectMeta: metav1.ObjectMeta{Name: "more", Finalizers: []string{"networking.k8s.io/service-cidr-finalizer"}},
		Spec:       networkingv1.ServiceCIDRSpec{CIDRs: []string{"10.0.1.0/24"}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const asked = `{"clusterIP":"10.0.1.7","ports":[{"port":80}]}`
	if err := b.create("default", "c", asked); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "does not match the current range") {
		t.Errorf("address of a range that is not ready: %v", err)
	}
	setReady(t, b.client, more, metav1.ConditionTrue)
	if err := b.create("default", "b", plain); err != nil {
		t.Errorf("service in the wider range: %v", err)
	}
	if err := b.create("default", "c", asked); err != nil {
		t.Errorf("address of the new range: %v", err)
	}
	if err := cidrs.Delete(t.Context(), "more", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := b.create("default", "d", `{"clusterIP":"10.0.1.8","ports":[{"port":80}]}`); !apierrors.IsInvalid(err) {
		t.Errorf("address of a range that is being deleted: %v", err)
	}
	if err := b.patch("c", `{"metadata":{"labels":{"still":"works"}}}`); err != nil {
		t.Errorf("update of a service in a range that is being deleted: %v", err)
	}
	if held, claimed := b.held(), b.claimed(); !slices.Equal(held, claimed) {
		t.Errorf("services hold %v but claimed are %v", held, claimed)
	}
}

func TestDefaultServiceCIDRFollowsTheFlags(t *testing.T) {
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Stop)
	start := func(first, second string) (kubernetes.Interface, []string) {
		o := apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, SharedStore: true, ServiceCIDR: netip.MustParsePrefix(first)}
		if second != "" {
			o.SecondServiceCIDR = netip.MustParsePrefix(second)
		}
		client := clientOf(apiservertest.Run(t, o))
		c, err := client.NetworkingV1().ServiceCIDRs().Get(t.Context(), "kubernetes", metav1.GetOptions{})
		if err != nil || len(c.Status.Conditions) != 1 || c.Status.Conditions[0].Message != "Kubernetes default Service CIDR is ready" {
			t.Fatalf("got %v, %v", c, err)
		}
		return client, c.Spec.CIDRs
	}
	client, first := start("10.96.0.0/16", "")
	single := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: corev1.ServiceSpec{IPFamilyPolicy: new(corev1.IPFamilyPolicyPreferDualStack), Ports: []corev1.ServicePort{{Port: 80}}}}
	if _, err := client.CoreV1().Services("default").Create(t.Context(), single, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	client, second := start("10.96.0.0/16", "fd00:10:96::/112")
	if !slices.Equal(first, []string{"10.96.0.0/16"}) || !slices.Equal(second, []string{"10.96.0.0/16", "fd00:10:96::/112"}) {
		t.Errorf("single %v, then dual %v", first, second)
	}
	a, err := client.CoreV1().Services("default").Get(t.Context(), "a", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a.Labels = map[string]string{"a": "b"}
	if a, err = client.CoreV1().Services("default").Update(t.Context(), a, metav1.UpdateOptions{}); err != nil || len(a.Spec.ClusterIPs) != 1 {
		t.Errorf("a service that preferred two families in a cluster of one became %v, %v", a.Spec, err)
	}
	client, third := start("10.97.0.0/16", "")
	events, err := client.CoreV1().Events("default").List(t.Context(), metav1.ListOptions{FieldSelector: "reason=KubernetesDefaultServiceCIDRInconsistent"})
	const want = "The default ServiceCIDR [10.96.0.0/16 fd00:10:96::/112] does not match the controller flag configurations [10.97.0.0/16]"
	if err != nil || len(third) != 2 || len(events.Items) != 1 || events.Items[0].Message != want {
		t.Errorf("with other flags: %v, %v, %v", third, events.Items, err)
	}
}

func TestRepairPutsBackWhatSomebodyDeleted(t *testing.T) {
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Stop)
	o := apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, SharedStore: true}
	b := &bench{t: t, etcd: member.Client(), client: clientOf(apiservertest.Run(t, o))}
	if err := b.create("default", "n", nodePort); err != nil {
		t.Fatal(err)
	}
	held := b.held()
	s, err := b.client.CoreV1().Services("default").Get(t.Context(), "n", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.client.NetworkingV1().IPAddresses().Delete(t.Context(), s.Spec.ClusterIP, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, kv := range []string{"30999", "nonsense"} { // left by a process that was killed an hour ago
		if _, err := b.etcd.Put(t.Context(), claimsPrefix+kv, "default/gone x\n2026-01-01T00:00:00Z"); err != nil {
			t.Fatal(err)
		}
	}
	events, err := b.client.EventsV1().Events("default").Watch(t.Context(), metav1.ListOptions{TimeoutSeconds: new(int64(60))})
	if err != nil {
		t.Fatal(err)
	}
	defer events.Stop()
	apiservertest.Run(t, o) // another server, which repairs as it starts
	if claimed := b.claimed(); !slices.Equal(claimed, held) {
		t.Errorf("services hold %v but claimed are %v", held, claimed)
	}
	for e := range events.ResultChan() {
		if e, ok := e.Object.(interface{ GetName() string }); ok && strings.HasPrefix(e.GetName(), "n.") {
			return
		}
	}
	t.Error("no event tells of the repair")
}
