package servicecidr

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func cidr(name string, ranges ...string) *networkingv1.ServiceCIDR {
	return &networkingv1.ServiceCIDR{ObjectMeta: metav1.ObjectMeta{Name: name, Finalizers: []string{finalizer}}, Spec: networkingv1.ServiceCIDRSpec{CIDRs: ranges}}
}

func address(ip string) *networkingv1.IPAddress {
	return &networkingv1.IPAddress{ObjectMeta: metav1.ObjectMeta{Name: ip, Labels: map[string]string{networkingv1.LabelManagedBy: managedBy}}}
}

func TestPlan(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	deleted := func(c *networkingv1.ServiceCIDR, ago time.Duration) *networkingv1.ServiceCIDR {
		c.DeletionTimestamp = new(metav1.NewTime(now.Add(-ago)))
		return c
	}
	status := func(c *networkingv1.ServiceCIDR, status metav1.ConditionStatus) *networkingv1.ServiceCIDR {
		c.Status.Conditions = []metav1.Condition{{Type: networkingv1.ServiceCIDRConditionReady, Status: status}}
		return c
	}
	unprotected := cidr("a", "10.1.0.0/24")
	unprotected.Finalizers = nil
	used := []*networkingv1.IPAddress{address("10.1.0.5")}
	for name, c := range map[string]struct {
		cidr      *networkingv1.ServiceCIDR
		others    []*networkingv1.ServiceCIDR
		addresses []*networkingv1.IPAddress
		want      string
	}{
		"new":                               {unprotected, nil, nil, "protect"},
		"protected":                         {cidr("a", "10.1.0.0/24"), nil, nil, "True"},
		"ready":                             {status(cidr("a", "10.1.0.0/24"), metav1.ConditionTrue), nil, used, ""},
		"deleted and used":                  {deleted(cidr("a", "10.1.0.0/24"), time.Hour), nil, used, "False"},
		"deleted, used and told":            {status(deleted(cidr("a", "10.1.0.0/24"), time.Hour), metav1.ConditionFalse), nil, used, ""},
		"deleted and used in its second":    {deleted(cidr("a", "10.2.0.0/24", "fd00::/112"), time.Hour), nil, []*networkingv1.IPAddress{address("fd00::7")}, "False"},
		"deleted, another has the address":  {deleted(cidr("a", "10.1.0.0/24"), time.Hour), []*networkingv1.ServiceCIDR{cidr("b", "10.1.0.0/28")}, used, "free"},
		"deleted, another has other ones":   {deleted(cidr("a", "10.1.0.0/24"), time.Hour), []*networkingv1.ServiceCIDR{cidr("b", "10.2.0.0/16")}, used, "False"},
		"deleted, as the other that has it": {deleted(cidr("a", "10.1.0.0/24"), time.Hour), []*networkingv1.ServiceCIDR{deleted(cidr("b", "10.1.0.0/16"), 0)}, used, "False"},
		"deleted just now":                  {deleted(cidr("a", "10.1.0.0/24"), 3*time.Second), nil, nil, "wait 7s"},
		"deleted, addresses are elsewhere":  {deleted(cidr("a", "10.1.0.0/24"), 11*time.Second), nil, []*networkingv1.IPAddress{address("10.2.0.5")}, "free"},
	} {
		s := plan(c.cidr, append(c.others, c.cidr), c.addresses, now)
		got := ""
		switch {
		case s.condition != nil:
			got = string(*s.condition.Status)
		case s.finalizers != nil && slices.Contains(s.finalizers, finalizer):
			got = "protect"
		case s.finalizers != nil:
			got = "free"
		case s.again > 0:
			got = "wait " + s.again.String()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// "the ServiceCIDR is not removed until no IPAddress is within it":
// https://kubernetes.io/docs/tasks/network/extend-service-ip-ranges/
func TestRangeStaysWhileItsAddressesAreUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := cidr("more", "10.1.0.0/24")
		first.Finalizers = nil
		client := controllertest.NewClient(first, address("10.1.0.5"))
		b := controllertest.Start(t, client, New)
		cidrs := client.NetworkingV1().ServiceCIDRs()
		b.Settle(time.Second)
		c, err := cidrs.Get(b.Context(), "more", metav1.GetOptions{})
		if err != nil || !has(c, metav1.ConditionTrue) || len(c.Finalizers) != 1 {
			t.Fatalf("new range: %v, %v", c, err)
		}
		c.DeletionTimestamp = new(metav1.Now())
		if _, err := cidrs.Update(b.Context(), c, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Minute)
		if c, err = cidrs.Get(b.Context(), "more", metav1.GetOptions{}); err != nil || !has(c, metav1.ConditionFalse) || len(c.Finalizers) != 1 {
			t.Fatalf("range in use: %v, %v", c, err)
		}
		b.Steady()
		if err := client.NetworkingV1().IPAddresses().Delete(b.Context(), "10.1.0.5", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if c, err = cidrs.Get(b.Context(), "more", metav1.GetOptions{}); err == nil && len(c.Finalizers) != 0 || err != nil && !apierrors.IsNotFound(err) {
			t.Errorf("unused range: %v, %v", c, err)
		}
	})
}
