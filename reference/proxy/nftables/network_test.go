//go:build linux

package nftables

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// namespace is a network namespace of its own.
type namespace struct {
	testing.TB
	name   string
	handle netns.NsHandle
}

// newNamespace makes a network namespace that is gone when the test ends. It
// skips the test when that is not allowed.
func newNamespace(t testing.TB, name string) *namespace {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("making network namespaces needs root")
	}
	ns := &namespace{TB: t, name: name}
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		ns.handle, err = netns.New()
	}()
	<-done
	if err != nil {
		t.Skipf("making network namespaces is not allowed here: %v", err)
	}
	t.Cleanup(func() { _ = ns.handle.Close() })
	ns.links(func(h *netlink.Handle) error {
		lo, err := h.LinkByName("lo")
		if err != nil {
			return err
		}
		return h.LinkSetUp(lo)
	})
	return ns
}

// do runs f in the namespace, on a thread of its own.
func (ns *namespace) do(f func()) {
	ns.Helper()
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err = netns.Set(ns.handle); err == nil {
			f()
		}
	}()
	<-done
	if err != nil {
		ns.Fatalf("enter %s: %v", ns.name, err)
	}
}

func (ns *namespace) links(f func(h *netlink.Handle) error) {
	ns.Helper()
	h, err := netlink.NewHandleAt(ns.handle)
	if err != nil {
		ns.Fatal(err)
	}
	defer h.Close()
	if err := f(h); err != nil {
		ns.Fatalf("set up %s: %v", ns.name, err)
	}
}

func (ns *namespace) sysctl(name, value string) {
	ns.Helper()
	ns.do(func() {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0o600); err != nil {
			ns.Skipf("network settings cannot be changed here: %v", err)
		}
	})
}

// connect makes a pair of interfaces: other gets address and its default
// route, node gets a route to the address, and no bridge is in between.
func (ns *namespace) connect(other *namespace, address, gateway string) {
	ns.Helper()
	host := &net.IPNet{IP: net.ParseIP(address), Mask: net.CIDRMask(32, 32)}
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	var peer net.HardwareAddr
	ns.links(func(h *netlink.Handle) error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.Flags, attrs.HardwareAddr = "to-"+other.name, net.FlagUp, mac
		return h.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "eth0", PeerNamespace: netlink.NsFd(int(other.handle))})
	})
	other.links(func(h *netlink.Handle) error {
		link, err := h.LinkByName("eth0")
		if err != nil {
			return err
		}
		peer = link.Attrs().HardwareAddr
		gw := net.ParseIP(gateway)
		for _, step := range []func() error{
			func() error { return h.AddrAdd(link, &netlink.Addr{IPNet: host}) },
			func() error { return h.LinkSetUp(link) },
			func() error {
				return h.NeighAdd(&netlink.Neigh{LinkIndex: link.Attrs().Index, IP: gw, HardwareAddr: mac, State: netlink.NUD_PERMANENT})
			},
			func() error {
				return h.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: gw, Flags: int(netlink.FLAG_ONLINK)})
			},
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	ns.links(func(h *netlink.Handle) error {
		link, err := h.LinkByName("to-" + other.name)
		if err != nil {
			return err
		}
		if err := h.NeighAdd(&netlink.Neigh{LinkIndex: link.Attrs().Index, IP: host.IP, HardwareAddr: peer, State: netlink.NUD_PERMANENT}); err != nil {
			return err
		}
		return h.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Scope: netlink.SCOPE_LINK, Dst: host})
	})
}

// serve answers every TCP connection and UDP packet at the port with the
// namespace's name and the client's address.
func (ns *namespace) serve(port uint16) {
	ns.Helper()
	address := fmt.Sprintf(":%d", port)
	ns.do(func() {
		listener, err := net.Listen("tcp4", address)
		if err != nil {
			ns.Fatal(err)
		}
		packets, err := net.ListenPacket("udp4", address)
		if err != nil {
			ns.Fatal(err)
		}
		ns.Cleanup(func() { _, _ = listener.Close(), packets.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				fmt.Fprint(conn, ns.greeting(conn.RemoteAddr()))
				_ = conn.Close()
			}
		}()
		go func() {
			buffer := make([]byte, 1)
			for {
				_, client, err := packets.ReadFrom(buffer)
				if err != nil {
					return
				}
				_, _ = packets.WriteTo([]byte(ns.greeting(client)), client)
			}
		}()
	})
}

func (ns *namespace) greeting(client net.Addr) string {
	return ns.name + " " + netip.MustParseAddrPort(client.String()).Addr().String()
}

// ask connects and returns the answer: "<server> <client as the server sees it>".
func (ns *namespace) ask(network, address string) (answer string, err error) {
	ns.Helper()
	ns.do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		var conn net.Conn
		if conn, err = new(net.Dialer).DialContext(ctx, network, address); err != nil {
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(time.Second))
		if network == "udp4" {
			if _, err = conn.Write([]byte{0}); err != nil {
				return
			}
			buffer := make([]byte, 100)
			var n int
			n, err = conn.Read(buffer)
			answer = string(buffer[:n])
			return
		}
		var all []byte
		all, err = io.ReadAll(conn)
		answer = string(all)
	})
	return answer, err
}

// dial opens a connection that the test closes.
func (ns *namespace) dial(network, address string) net.Conn {
	ns.Helper()
	var conn net.Conn
	var err error
	ns.do(func() { conn, err = net.Dial(network, address) })
	if err != nil {
		ns.Fatal(err)
	}
	ns.Cleanup(func() { _ = conn.Close() })
	return conn
}

// exchange sends a packet and returns the answer.
func exchange(t testing.TB, conn net.Conn) string {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte{0}); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 100)
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return string(buffer[:n])
}
