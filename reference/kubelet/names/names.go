// Package names tells a pod its own name and how to find others: hostname, /etc/hosts and resolv.conf.
//
// https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
package names

import (
	"fmt"
	"os"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const (
	maxHostname = 63
	maxFQDN     = 64 // the kernel's limit for a hostname
	maxSearches = 32
	maxServers  = 3
)

// Cluster is what pods are told of the cluster's DNS.
type Cluster struct {
	Domain  string
	Servers []string
	// ResolvConf is the node's own resolv.conf.
	ResolvConf string
}

// Host is the name of a pod.
type Host struct {
	Hostname string
	// Domain is the part after the hostname, empty for a pod without a subdomain.
	Domain string
	// Kernel is the hostname the kernel is given: the FQDN if the pod asks for it.
	Kernel string
}

// HostOf names a pod. It is an error if the pod wants its FQDN as hostname and that is too long.
func (c Cluster) HostOf(pod *corev1.Pod) (Host, error) {
	host := Host{Hostname: pod.Spec.Hostname}
	if override := pod.Spec.HostnameOverride; override != nil {
		return Host{Hostname: *override, Kernel: *override}, nil
	}
	if host.Hostname == "" {
		host.Hostname = strings.TrimRight(pod.Name[:min(len(pod.Name), maxHostname)], "-.")
	}
	host.Kernel = host.Hostname
	if pod.Spec.Subdomain == "" {
		return host, nil
	}
	host.Domain = fmt.Sprintf("%s.%s.svc.%s", pod.Spec.Subdomain, pod.Namespace, c.Domain)
	if pod.Spec.SetHostnameAsFQDN != nil && *pod.Spec.SetHostnameAsFQDN {
		host.Kernel = host.Hostname + "." + host.Domain
		if len(host.Kernel) > maxFQDN {
			return Host{}, fmt.Errorf("failed to construct FQDN from pod hostname and cluster domain, FQDN %s is too long (%d characters is the max, %d characters requested)",
				host.Kernel, maxFQDN, len(host.Kernel))
		}
	}
	return host, nil
}

// Hosts is the content of /etc/hosts. nodeHosts is the node's own file, which pods in its network see.
func Hosts(pod *corev1.Pod, host Host, ips []string, nodeHosts []byte) []byte {
	var out strings.Builder
	if pod.Spec.HostNetwork {
		out.WriteString("# Kubernetes-managed hosts file (host network).\n")
		out.Write(nodeHosts)
	} else {
		out.WriteString("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n" +
			"fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n")
		for _, ip := range ips {
			name := host.Hostname
			if host.Domain != "" {
				name = host.Hostname + "." + host.Domain + "\t" + host.Hostname
			}
			fmt.Fprintf(&out, "%s\t%s\n", ip, name)
		}
	}
	if len(pod.Spec.HostAliases) > 0 {
		out.WriteString("\n# Entries added by HostAliases.\n")
		for _, alias := range pod.Spec.HostAliases {
			fmt.Fprintf(&out, "%s\t%s\n", alias.IP, strings.Join(alias.Hostnames, "\t"))
		}
	}
	return []byte(out.String())
}

// DNS is what goes into resolv.conf.
func (c Cluster) DNS(pod *corev1.Pod) (*runtimeapi.DNSConfig, error) {
	policy := pod.Spec.DNSPolicy
	if policy == corev1.DNSClusterFirst && pod.Spec.HostNetwork {
		policy = corev1.DNSDefault
	}
	config := &runtimeapi.DNSConfig{}
	if policy != corev1.DNSNone {
		node, err := c.node()
		if err != nil {
			return nil, err
		}
		config = node
	}
	if (policy == corev1.DNSClusterFirst || policy == corev1.DNSClusterFirstWithHostNet || policy == "") && len(c.Servers) > 0 {
		config = c.clusterFirst(pod, config)
	}
	if extra := pod.Spec.DNSConfig; extra != nil {
		config.Servers = unique(append(config.Servers, extra.Nameservers...))
		config.Searches = unique(append(config.Searches, extra.Searches...))
		config.Options = mergeOptions(config.Options, extra.Options)
	}
	config.Servers = config.Servers[:min(len(config.Servers), maxServers)]
	config.Searches = config.Searches[:min(len(config.Searches), maxSearches)]
	return config, nil
}

func (c Cluster) clusterFirst(pod *corev1.Pod, node *runtimeapi.DNSConfig) *runtimeapi.DNSConfig {
	searches := []string{pod.Namespace + ".svc." + c.Domain, "svc." + c.Domain, c.Domain}
	return &runtimeapi.DNSConfig{
		Servers:  slices.Clone(c.Servers),
		Searches: unique(append(searches, node.Searches...)),
		Options:  []string{"ndots:5"},
	}
}

func (c Cluster) node() (*runtimeapi.DNSConfig, error) {
	if c.ResolvConf == "" {
		return &runtimeapi.DNSConfig{}, nil
	}
	text, err := os.ReadFile(c.ResolvConf)
	if os.IsNotExist(err) {
		return &runtimeapi.DNSConfig{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read resolv.conf: %w", err)
	}
	return parseResolvConf(string(text)), nil
}

func parseResolvConf(text string) *runtimeapi.DNSConfig {
	config := &runtimeapi.DNSConfig{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "nameserver":
			config.Servers = append(config.Servers, fields[1])
		case "search", "domain":
			config.Searches = nil
			for _, domain := range fields[1:] {
				if domain != "." {
					config.Searches = append(config.Searches, strings.TrimSuffix(domain, "."))
				}
			}
		case "options":
			config.Options = append(config.Options, fields[1:]...)
		}
	}
	return config
}

func unique(in []string) []string {
	var out []string
	for _, s := range in {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// mergeOptions lets the pod's options win over those of the same name.
func mergeOptions(base []string, extra []corev1.PodDNSConfigOption) []string {
	out := slices.Clone(base)
	for _, option := range extra {
		out = slices.DeleteFunc(out, func(old string) bool {
			name, _, _ := strings.Cut(old, ":")
			return name == option.Name
		})
		text := option.Name
		if option.Value != nil && *option.Value != "" {
			text += ":" + *option.Value
		}
		out = append(out, text)
	}
	return out
}
