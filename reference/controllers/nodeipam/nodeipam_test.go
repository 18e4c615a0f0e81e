package nodeipam

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func node(name, cidr string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if cidr != "" {
		n.Spec.PodCIDR, n.Spec.PodCIDRs = cidr, []string{cidr}
	}
	return n
}

func TestPlanTakesTheFirstFreeCIDR(t *testing.T) {
	for _, tt := range []struct {
		pool  string
		bits  int
		nodes []*corev1.Node
		want  string
	}{
		{"10.244.0.0/16", 24, nil, "10.244.0.0/24"},
		{"10.244.0.0/16", 24, []*corev1.Node{node("a", "10.244.0.0/24"), node("b", "10.244.2.0/24")}, "10.244.1.0/24"},
		{"10.244.0.0/16", 24, []*corev1.Node{node("a", "10.244.0.0/23")}, "10.244.2.0/24"},
		{"10.244.0.0/23", 24, []*corev1.Node{node("a", "10.244.0.0/24"), node("b", "10.244.1.0/24")}, "invalid Prefix"},
		{"fd00::/48", 64, []*corev1.Node{node("a", "fd00::/64")}, "fd00:0:0:1::/64"},
	} {
		got, err := plan(netip.MustParsePrefix(tt.pool), tt.bits, tt.nodes, nil)
		if got.String() != tt.want || (err != nil) != (tt.want == "invalid Prefix") {
			t.Errorf("plan(%s) = %s, %v; want %s", tt.pool, got, err, tt.want)
		}
	}
}

func TestEveryNodeGetsItsOwnCIDR(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(node("fixed", "10.244.1.0/24"))
		b := controllertest.Start(t, client, func(env controller.Env) (controller.Controller, error) {
			return New(env, netip.MustParsePrefix("10.244.0.0/16"))
		})
		for i := range 5 {
			if _, err := client.CoreV1().Nodes().Create(t.Context(), node(fmt.Sprint(i), ""), metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		b.Steady()
		list, _ := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		owner := map[string]string{}
		for _, n := range list.Items {
			if other, taken := owner[n.Spec.PodCIDR]; taken || n.Spec.PodCIDR == "" || n.Spec.PodCIDRs[0] != n.Spec.PodCIDR {
				t.Errorf("node %s has %q, and so has %q", n.Name, n.Spec.PodCIDR, other)
			}
			owner[n.Spec.PodCIDR] = n.Name
		}
	})
}
