//go:build linux

package routes

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

func node(name, address string, cidrs ...string) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.NodeSpec{PodCIDRs: cidrs},
		Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeHostName, Address: name}, {Type: corev1.NodeInternalIP, Address: address},
		}},
	}
}

func TestPlanLeadsToEveryOtherNode(t *testing.T) {
	got := plan([]*corev1.Node{
		node("here", "192.0.2.1", "10.244.0.0/24"),
		node("there", "192.0.2.2", "10.244.1.0/24", "fd00:1::/64"),
		node("new", "192.0.2.3"),
		node("lost", "", "10.244.3.0/24"),
	}, "here")
	want := map[netip.Prefix]netip.Addr{netip.MustParsePrefix("10.244.1.0/24"): netip.MustParseAddr("192.0.2.2")}
	if !maps.Equal(got, want) {
		t.Errorf("routes %v, want %v", got, want)
	}
}

func TestControllerFollowsNodesAndTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset(node("there", "192.0.2.2", "10.244.1.0/24"))
		c, err := New(Options{Client: client, NodeName: "here"})
		if err != nil {
			t.Fatal(err)
		}
		var applied []int
		c.apply = func(want map[netip.Prefix]netip.Addr) error {
			applied = append(applied, len(want))
			if len(applied) == 1 {
				return errors.New("network is unreachable")
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		c.factory.StartWithContext(ctx)
		done := make(chan struct{})
		go func() { defer close(done); c.keep(ctx) }()
		time.Sleep(10 * time.Second) // of the bubble's clock
		heartbeat := node("there", "192.0.2.2", "10.244.1.0/24")
		heartbeat.Labels = map[string]string{"a": "b"}
		if _, err := client.CoreV1().Nodes().Update(ctx, heartbeat, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := client.CoreV1().Nodes().Delete(ctx, "there", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		cancel()
		<-done
		c.factory.Shutdown()
		if len(applied) < 3 || applied[len(applied)-1] != 0 || applied[len(applied)-2] != 1 {
			t.Errorf("numbers of routes applied: %v, want 1 again after the error, nothing for the heartbeat, then 0", applied)
		}
	})
}

func TestApplyKeepsRoutesOfOthers(t *testing.T) {
	inNamespace(t, func() {
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.Flags = "eth0", net.FlagUp
		link := &netlink.Veth{LinkAttrs: attrs, PeerName: "eth1"}
		if err := netlink.LinkAdd(link); err != nil {
			t.Fatal(err)
		}
		peer, err := netlink.LinkByName("eth1")
		if err == nil {
			err = netlink.LinkSetUp(peer)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := netlink.AddrAdd(link, &netlink.Addr{IPNet: &net.IPNet{IP: net.IPv4(192, 0, 2, 1), Mask: net.CIDRMask(24, 32)}}); err != nil {
			t.Fatal(err)
		}
		_, foreign, _ := net.ParseCIDR("10.9.0.0/16")
		if err := netlink.RouteAdd(&netlink.Route{Dst: foreign, Gw: net.IPv4(192, 0, 2, 9)}); err != nil {
			t.Fatal(err)
		}
		for _, step := range []map[string]string{
			{"10.244.1.0/24": "192.0.2.2", "10.244.2.0/24": "192.0.2.3"},
			{"10.244.1.0/24": "192.0.2.4"}, // one moves, one goes
			{},
		} {
			want := map[netip.Prefix]netip.Addr{}
			for p, a := range step {
				want[netip.MustParsePrefix(p)] = netip.MustParseAddr(a)
			}
			if err := apply(want); err != nil {
				t.Fatal(err)
			}
			step["10.9.0.0/16"] = "192.0.2.9"
			if got := gateways(t); !maps.Equal(got, step) {
				t.Errorf("routes %v, want %v", got, step)
			}
		}
		if err := apply(map[netip.Prefix]netip.Addr{netip.MustParsePrefix("10.244.1.0/24"): netip.MustParseAddr("203.0.113.1")}); err == nil {
			t.Error("a route by way of an address out of reach gave no error")
		}
	})
}

func gateways(t *testing.T) map[string]string {
	t.Helper()
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range routes {
		if r.Gw != nil {
			got[r.Dst.String()] = r.Gw.String()
		}
	}
	return got
}

// inNamespace runs f on a thread of its own in a new network namespace.
func inNamespace(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("making network namespaces needs root")
	}
	var refused error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		handle, err := netns.New()
		if err != nil {
			refused = err
			return
		}
		defer func() { _ = handle.Close() }()
		f()
	}()
	<-done
	if refused != nil {
		t.Skipf("making network namespaces is not allowed here: %v", refused)
	}
}
