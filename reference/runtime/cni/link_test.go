package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// namespaces makes a node and a pod network namespace, leaves the test's thread in the node's, and returns the path of the pod's.
func namespaces(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: it makes network namespaces")
	}
	runtime.LockOSThread() // the thread dies with the test's goroutine, and the namespaces with it
	pod, err := netns.New()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pod")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("/proc/thread-self/ns/net", path, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		pod.Close()
		_ = unix.Unmount(path, unix.MNT_DETACH)
	})
	node, err := netns.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { node.Close() })
	return path
}

func testLink(path string) *link {
	return newLink(&skel.CmdArgs{ContainerID: "0123456789abcdef", IfName: "eth0", Netns: path}, netip.MustParseAddr("10.1.2.3"), 1400)
}

func TestLinkConnectsPodByOneRoute(t *testing.T) {
	path := namespaces(t)
	l := testLink(path)
	if err := l.connect(); err != nil {
		t.Fatal(err)
	}
	if err := l.verify(); err != nil {
		t.Errorf("verify after connect: %v", err)
	}
	dev, err := netlink.LinkByName(l.host)
	if err != nil {
		t.Fatal(err)
	}
	if dev.Attrs().HardwareAddr.String() != "ee:ee:ee:ee:ee:ee" || dev.Attrs().MTU != 1400 {
		t.Errorf("node end = %s, MTU %d; want ee:ee:ee:ee:ee:ee, 1400", dev.Attrs().HardwareAddr, dev.Attrs().MTU)
	}
	ns, err := netns.GetFromPath(path)
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	h, err := netlink.NewHandleAt(ns)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	routes, err := h.RouteList(nil, netlink.FAMILY_V4)
	if err != nil || len(routes) != 1 || routes[0].Gw.String() != "169.254.1.1" {
		t.Errorf("pod routes = %v, %v; want only a default through 169.254.1.1", routes, err)
	}
}

func TestLinkRemovalIsRepeatable(t *testing.T) {
	l := testLink(namespaces(t))
	if err := l.connect(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.remove(); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	if _, err := netlink.LinkByName(l.host); err == nil {
		t.Errorf("interface %s is still there", l.host)
	}
}

func TestVerifyNamesWhatIsMissing(t *testing.T) {
	l := testLink(namespaces(t))
	if err := l.connect(); err != nil {
		t.Fatal(err)
	}
	dev, err := netlink.LinkByName(l.host)
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.RouteDel(&netlink.Route{LinkIndex: dev.Attrs().Index, Dst: l.prefix(), Scope: netlink.SCOPE_LINK}); err != nil {
		t.Fatal(err)
	}
	if err := l.verify(); err == nil || !strings.Contains(err.Error(), "node route to 10.1.2.3") {
		t.Errorf("verify without the route = %v, want an error about it", err)
	}
}

func TestInterfaceNamesFitTheKernel(t *testing.T) {
	a := newLink(&skel.CmdArgs{ContainerID: "a", IfName: "eth0"}, netip.Addr{}, 0)
	b := newLink(&skel.CmdArgs{ContainerID: "a", IfName: "eth1"}, netip.Addr{}, 0)
	if len(a.host) > 15 || a.host == b.host {
		t.Errorf("names = %s, %s; want two of at most 15 bytes", a.host, b.host)
	}
}
