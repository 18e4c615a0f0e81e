package dns

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// start runs a name server on loopback until the test ends.
func start(t *testing.T, resolvConf string) (*fake.Clientset, string) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	client := fake.NewClientset(
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default"}},
		&corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"},
			Spec:       corev1.ServiceSpec{ClusterIP: "10.96.0.20", ClusterIPs: []string{"10.96.0.20"}},
		},
		&corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "out"},
			Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "www.example.com"},
		},
		&corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "alias"},
			Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "web.default.svc.cluster.local"},
		},
	)
	address := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), freePort(t))
	server, err := New(Options{
		Client: client, ListenAddr: address, ServiceIP: netip.MustParseAddr("10.96.0.10"),
		NodeName: "node-1", ResolvConf: resolvConf,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		goleak.VerifyNone(t, before)
	})
	wait, cancelWait := context.WithTimeout(ctx, 10*time.Second)
	defer cancelWait()
	if err := server.Ready(wait); err != nil {
		t.Fatal(err)
	}
	return client, address.String()
}

// freePort returns a port that is free for TCP and was so for UDP.
func freePort(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return uint16(l.Addr().(*net.TCPAddr).Port)
}

func ask(t *testing.T, network, server, name string, qtype uint16) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(name, qtype)
	m.SetEdns0(4096, false)
	answer, _, err := (&dns.Client{Net: network, Timeout: 5 * time.Second}).Exchange(m, server)
	if err != nil {
		t.Fatalf("ask %s for %s: %v", network, name, err)
	}
	return answer
}

func TestServerAnswersOverUDPAndTCP(t *testing.T) {
	_, server := start(t, "")
	for _, network := range []string{"udp", "tcp"} {
		answer := ask(t, network, server, "web.default.svc.cluster.local.", dns.TypeA)
		if len(answer.Answer) != 1 || answer.Answer[0].(*dns.A).A.String() != "10.96.0.20" || !answer.Authoritative {
			t.Errorf("%s: answer %v", network, answer)
		}
		if answer.IsEdns0() == nil {
			t.Errorf("%s: a question with EDNS got an answer without", network)
		}
	}
}

func TestServerTellsNoNameFromNoData(t *testing.T) {
	_, server := start(t, "")
	for name, rcode := range map[string]int{
		"absent.default.svc.cluster.local.": dns.RcodeNameError,
		"web.default.svc.cluster.local.":    dns.RcodeSuccess,
	} {
		answer := ask(t, "udp", server, name, dns.TypeAAAA)
		if answer.Rcode != rcode || len(answer.Answer) != 0 {
			t.Errorf("%s: answer %v", name, answer)
		}
		if len(answer.Ns) != 1 || answer.Ns[0].Header().Rrtype != dns.TypeSOA {
			t.Errorf("%s: authority section %v, want the SOA record", name, answer.Ns)
		}
	}
}

func TestServerPublishesItselfAndComesBackWhenDeleted(t *testing.T) {
	client, server := start(t, "")
	service, err := client.CoreV1().Services("kube-system").Get(t.Context(), "kube-dns", metav1.GetOptions{})
	if err != nil || service.Spec.ClusterIP != "10.96.0.10" {
		t.Fatalf("service %v, error %v", service, err)
	}
	slices := client.DiscoveryV1().EndpointSlices("kube-system")
	slice, err := slices.Get(t.Context(), "kube-dns-node-1", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := net.JoinHostPort(slice.Endpoints[0].Addresses[0], strconv.Itoa(int(*slice.Ports[0].Port)))
	if got != server {
		t.Errorf("endpoint %s, want %s", got, server)
	}
	watch, err := slices.Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	if err := slices.Delete(t.Context(), slice.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(10 * time.Second)
	for {
		select {
		case event := <-watch.ResultChan():
			if event.Type == "ADDED" {
				return
			}
		case <-deadline:
			t.Fatal("deleted slice was not created again")
		}
	}
}
