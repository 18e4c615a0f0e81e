package names

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var cluster = Cluster{Domain: "cluster.local", Servers: []string{"10.96.0.10"}}

func pod(change func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web-0"}, Spec: corev1.PodSpec{DNSPolicy: corev1.DNSClusterFirst}}
	if change != nil {
		change(p)
	}
	return p
}

func TestHostOf(t *testing.T) {
	long := strings.Repeat("a", 62) + "-bcd"
	for _, tt := range []struct {
		name                     string
		change                   func(*corev1.Pod)
		hostname, domain, kernel string
		err                      bool
	}{
		{"the pod's name", nil, "web-0", "", "web-0", false},
		{"cut to 63 without a dash at the end", func(p *corev1.Pod) { p.Name = long }, long[:62], "", long[:62], false},
		{"own hostname", func(p *corev1.Pod) { p.Spec.Hostname = "me" }, "me", "", "me", false},
		{"subdomain", func(p *corev1.Pod) { p.Spec.Subdomain = "sub" }, "web-0", "sub.ns.svc.cluster.local", "web-0", false},
		{"FQDN as hostname", func(p *corev1.Pod) { p.Spec.Subdomain, p.Spec.SetHostnameAsFQDN = "sub", new(true) }, "web-0", "sub.ns.svc.cluster.local", "web-0.sub.ns.svc.cluster.local", false},
		{"FQDN too long", func(p *corev1.Pod) {
			p.Spec.Subdomain, p.Spec.SetHostnameAsFQDN = strings.Repeat("s", 50), new(true)
		}, "", "", "", true},
		{"override", func(p *corev1.Pod) { p.Spec.HostnameOverride = new("a.b.example") }, "a.b.example", "", "a.b.example", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host, err := cluster.HostOf(pod(tt.change))
			if (err != nil) != tt.err || host != (Host{tt.hostname, tt.domain, tt.kernel}) {
				t.Errorf("got %+v, %v", host, err)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	alias := func(p *corev1.Pod) {
		p.Spec.HostAliases = []corev1.HostAlias{{IP: "192.0.2.9", Hostnames: []string{"foo", "bar"}}}
	}
	text := string(Hosts(pod(alias), Host{Hostname: "web-0", Domain: "sub.ns.svc.cluster.local"}, []string{"10.0.0.1"}, nil))
	for _, want := range []string{"# Kubernetes-managed hosts file.", "10.0.0.1\tweb-0.sub.ns.svc.cluster.local\tweb-0\n", "192.0.2.9\tfoo\tbar\n", "127.0.0.1\tlocalhost\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	node := func(p *corev1.Pod) { p.Spec.HostNetwork = true; alias(p) }
	text = string(Hosts(pod(node), Host{Hostname: "web-0"}, []string{"10.0.0.1"}, []byte("127.0.0.1 node\n")))
	if !strings.Contains(text, "127.0.0.1 node\n") || strings.Contains(text, "10.0.0.1") || !strings.Contains(text, "192.0.2.9\tfoo") {
		t.Errorf("host network:\n%s", text)
	}
}

func TestDNS(t *testing.T) {
	file := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(file, []byte("# comment\nnameserver 192.0.2.53\nsearch example.com .\noptions timeout:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster := cluster
	cluster.ResolvConf = file
	searches := []string{"ns.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.com"}
	for _, tt := range []struct {
		name                       string
		change                     func(*corev1.Pod)
		servers, searches, options []string
	}{
		{"ClusterFirst", nil, []string{"10.96.0.10"}, searches, []string{"ndots:5"}},
		{"ClusterFirst in the node's network", func(p *corev1.Pod) { p.Spec.HostNetwork = true }, []string{"192.0.2.53"}, []string{"example.com"}, []string{"timeout:1"}},
		{"ClusterFirstWithHostNet", func(p *corev1.Pod) { p.Spec.HostNetwork, p.Spec.DNSPolicy = true, corev1.DNSClusterFirstWithHostNet }, []string{"10.96.0.10"}, searches, []string{"ndots:5"}},
		{"Default", func(p *corev1.Pod) { p.Spec.DNSPolicy = corev1.DNSDefault }, []string{"192.0.2.53"}, []string{"example.com"}, []string{"timeout:1"}},
		{"None with a config", func(p *corev1.Pod) {
			p.Spec.DNSPolicy = corev1.DNSNone
			p.Spec.DNSConfig = &corev1.PodDNSConfig{Nameservers: []string{"1.1.1.1"}, Searches: []string{"resolv.conf.local"}}
		}, []string{"1.1.1.1"}, []string{"resolv.conf.local"}, nil},
		{"options of the pod win", func(p *corev1.Pod) {
			p.Spec.DNSConfig = &corev1.PodDNSConfig{Options: []corev1.PodDNSConfigOption{{Name: "ndots", Value: new("2")}, {Name: "edns0"}}}
		}, []string{"10.96.0.10"}, searches, []string{"ndots:2", "edns0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := cluster.DNS(pod(tt.change))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Servers, tt.servers) || !slices.Equal(got.Searches, tt.searches) || !slices.Equal(got.Options, tt.options) {
				t.Errorf("got %q %q %q", got.Servers, got.Searches, got.Options)
			}
		})
	}
}
