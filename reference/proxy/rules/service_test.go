package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/yaml"
)

// text writes a set of rules, one frontend a line.
func text(set Set) []string {
	frontends := make([]Frontend, 0, len(set))
	for f := range set {
		frontends = append(frontends, f)
	}
	slices.SortFunc(frontends, Frontend.Compare)
	var lines []string
	for _, f := range frontends {
		r := set[f]
		line := f.String() + " -> " + targetText(r.Inside)
		if r.Outside != nil {
			line += "; outside -> " + targetText(*r.Outside)
		}
		if r.Affinity > 0 {
			line += fmt.Sprintf("; affinity %v", r.Affinity)
		}
		lines = append(lines, line)
	}
	return lines
}

func targetText(t Target) string {
	if len(t.Backends) == 0 {
		if t.Drop {
			return "drop"
		}
		return "reject"
	}
	var parts []string
	for _, b := range t.Backends {
		parts = append(parts, b.String())
	}
	return strings.Join(parts, " ") + " " + t.Masquerade.String()
}

const twoEndpoints = `
- ports: [{name: http, protocol: TCP, port: 8080}]
  endpoints:
  - {addresses: [10.244.0.2], nodeName: here}
  - {addresses: [10.244.1.2], nodeName: there}
`

func TestForService(t *testing.T) {
	for _, test := range []struct {
		rule, service, slices string
		want                  []string
	}{
		{
			"a cluster IP leads to all endpoints",
			`{clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}`, twoEndpoints,
			[]string{"TCP 10.96.0.1:80 -> 10.244.0.2:8080 10.244.1.2:8080 offcluster"},
		},
		{
			"without endpoints it refuses",
			`{clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}`, "",
			[]string{"TCP 10.96.0.1:80 -> reject"},
		},
		{
			"ports are matched by name and protocol",
			`{clusterIP: 10.96.0.1, ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}, {name: x, port: 1}]}`, `
- ports: [{name: http, port: 8080}, {name: dns, port: 5353, protocol: UDP}, {name: x, port: 2, protocol: UDP}]
  endpoints: [{addresses: [10.244.0.2]}]`,
			[]string{
				"TCP 10.96.0.1:1 -> reject",
				"TCP 10.96.0.1:80 -> 10.244.0.2:8080 offcluster",
				"UDP 10.96.0.1:53 -> 10.244.0.2:5353 offcluster",
			},
		},
		{"a headless service has no rules", `{clusterIP: None, ports: [{name: http, port: 80}]}`, twoEndpoints, nil},
		{"an external name has no rules", `{type: ExternalName, externalName: example.com}`, "", nil},
		{
			"a node port answers on every address and masquerades",
			`{type: NodePort, clusterIP: 10.96.0.1, ports: [{name: http, port: 80, nodePort: 30080}]}`, twoEndpoints,
			[]string{
				"TCP 0.0.0.0:30080 -> 10.244.0.2:8080 10.244.1.2:8080 masquerade",
				"TCP 10.96.0.1:80 -> 10.244.0.2:8080 10.244.1.2:8080 offcluster",
			},
		},
		{
			"externalTrafficPolicy Local keeps outside clients on this node, with their address",
			`{type: NodePort, clusterIP: 10.96.0.1, externalTrafficPolicy: Local, ports: [{name: http, port: 80, nodePort: 30080}]}`, twoEndpoints,
			[]string{
				"TCP 0.0.0.0:30080 -> 10.244.0.2:8080 10.244.1.2:8080 masquerade; outside -> 10.244.0.2:8080 keep",
				"TCP 10.96.0.1:80 -> 10.244.0.2:8080 10.244.1.2:8080 offcluster",
			},
		},
		{
			"externalTrafficPolicy Local without a local endpoint drops",
			`{type: NodePort, clusterIP: 10.96.0.1, externalTrafficPolicy: Local, ports: [{name: http, port: 80, nodePort: 30080}]}`, `
- ports: [{name: http, port: 8080}]
  endpoints: [{addresses: [10.244.1.2], nodeName: there}]`,
			[]string{
				"TCP 0.0.0.0:30080 -> 10.244.1.2:8080 masquerade; outside -> drop",
				"TCP 10.96.0.1:80 -> 10.244.1.2:8080 offcluster",
			},
		},
		{
			"internalTrafficPolicy Local uses endpoints of this node",
			`{clusterIP: 10.96.0.1, internalTrafficPolicy: Local, ports: [{name: http, port: 80}]}`, twoEndpoints,
			[]string{"TCP 10.96.0.1:80 -> 10.244.0.2:8080 offcluster"},
		},
		{
			"internalTrafficPolicy Local without a local endpoint drops",
			`{clusterIP: 10.96.0.1, internalTrafficPolicy: Local, ports: [{name: http, port: 80}]}`, `
- ports: [{name: http, port: 8080}]
  endpoints: [{addresses: [10.244.1.2], nodeName: there}]`,
			[]string{"TCP 10.96.0.1:80 -> drop"},
		},
		{
			"external IPs answer too",
			`{clusterIP: 10.96.0.1, externalIPs: [203.0.113.7], ports: [{name: http, port: 80}]}`, twoEndpoints,
			[]string{
				"TCP 10.96.0.1:80 -> 10.244.0.2:8080 10.244.1.2:8080 offcluster",
				"TCP 203.0.113.7:80 -> 10.244.0.2:8080 10.244.1.2:8080 masquerade",
			},
		},
		{
			"client IP affinity has a timeout",
			`{clusterIP: 10.96.0.1, sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}, ports: [{name: http, port: 80}]}`, twoEndpoints,
			[]string{"TCP 10.96.0.1:80 -> 10.244.0.2:8080 10.244.1.2:8080 offcluster; affinity 1m0s"},
		},
		{
			"the default timeout is three hours",
			`{clusterIP: 10.96.0.1, sessionAffinity: ClientIP, ports: [{name: http, port: 80}]}`, "",
			[]string{"TCP 10.96.0.1:80 -> reject; affinity 3h0m0s"},
		},
		{
			"endpoints that are not ready get no traffic",
			`{clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}`, `
- ports: [{name: http, port: 8080}]
  endpoints: [{addresses: [10.244.0.2], conditions: {ready: false}}, {addresses: [10.244.0.3], conditions: {ready: true}}]`,
			[]string{"TCP 10.96.0.1:80 -> 10.244.0.3:8080 offcluster"},
		},
		{
			"endpoints that end and still serve are the last resort",
			`{clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}`, `
- ports: [{name: http, port: 8080}]
  endpoints:
  - {addresses: [10.244.0.2], conditions: {ready: false, serving: true, terminating: true}}
  - {addresses: [10.244.0.3], conditions: {ready: false, serving: false, terminating: true}}
  - {addresses: [10.244.0.4], conditions: {ready: false, serving: true, terminating: false}}`,
			[]string{"TCP 10.96.0.1:80 -> 10.244.0.2:8080 offcluster"},
		},
		{
			"an endpoint in two slices counts once",
			`{clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}`, twoEndpoints + twoEndpoints,
			[]string{"TCP 10.96.0.1:80 -> 10.244.0.2:8080 10.244.1.2:8080 offcluster"},
		},
		{
			"hints for this zone are followed when all endpoints have one",
			`{clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}`, `
- ports: [{name: http, port: 8080}]
  endpoints:
  - {addresses: [10.244.0.2], hints: {forZones: [{name: west}]}}
  - {addresses: [10.244.0.3], hints: {forZones: [{name: east}]}}`,
			[]string{"TCP 10.96.0.1:80 -> 10.244.0.2:8080 offcluster"},
		},
		{
			"hints are ignored when one is missing",
			`{clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}`, `
- ports: [{name: http, port: 8080}]
  endpoints:
  - {addresses: [10.244.0.2], hints: {forZones: [{name: west}]}}
  - {addresses: [10.244.0.3]}`,
			[]string{"TCP 10.96.0.1:80 -> 10.244.0.2:8080 10.244.0.3:8080 offcluster"},
		},
		{
			"slices for headless services and for other proxies do not count",
			`{clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}`, `
- metadata: {labels: {service.kubernetes.io/headless: ""}}
  ports: [{name: http, port: 8080}]
  endpoints: [{addresses: [10.244.0.2]}]
- metadata: {labels: {service.kubernetes.io/service-proxy-name: other}}
  ports: [{name: http, port: 8080}]
  endpoints: [{addresses: [10.244.0.3]}]`,
			[]string{"TCP 10.96.0.1:80 -> reject"},
		},
		{
			"each IP family has its own endpoints",
			`{clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1, "fd00::1"], ports: [{name: http, port: 80}]}`, `
- ports: [{name: http, port: 8080}]
  endpoints: [{addresses: [10.244.0.2]}]
- ports: [{name: http, port: 8080}]
  endpoints: [{addresses: ["fd01::2"]}]`,
			[]string{"TCP 10.96.0.1:80 -> 10.244.0.2:8080 offcluster", "TCP [fd00::1]:80 -> [fd01::2]:8080 offcluster"},
		},
	} {
		t.Run(test.rule, func(t *testing.T) {
			service := &corev1.Service{}
			if err := yaml.UnmarshalStrict([]byte(test.service), &service.Spec); err != nil {
				t.Fatal(err)
			}
			var endpointSlices []*discoveryv1.EndpointSlice
			if err := yaml.UnmarshalStrict([]byte(test.slices), &endpointSlices); err != nil {
				t.Fatal(err)
			}
			got := text(ForService(service, endpointSlices, Node{Name: "here", Zone: "west"}))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
}

func TestServicesOfOtherProxiesHaveNoRules(t *testing.T) {
	for _, label := range []string{labelProxyName, corev1.IsHeadlessService} {
		service := &corev1.Service{Spec: corev1.ServiceSpec{ClusterIP: "10.96.0.1", Ports: []corev1.ServicePort{{Port: 80}}}}
		service.Labels = map[string]string{label: "other"}
		if got := ForService(service, nil, Node{}); got != nil {
			t.Errorf("label %s: rules %v, want none", label, got)
		}
	}
	if got := ForService(nil, nil, Node{}); got != nil {
		t.Errorf("a service that is gone has rules %v", got)
	}
}

func TestLoadBalancerAddressesAnswerUnlessTheBalancerIsAProxy(t *testing.T) {
	service := &corev1.Service{
		Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, ClusterIP: "10.96.0.1", Ports: []corev1.ServicePort{{Port: 80}}},
		Status: corev1.ServiceStatus{LoadBalancer: corev1.LoadBalancerStatus{Ingress: []corev1.LoadBalancerIngress{
			{IP: "203.0.113.1"}, {IP: "203.0.113.2", IPMode: new(corev1.LoadBalancerIPModeProxy)}, {Hostname: "lb.example.com"},
		}}},
	}
	want := []string{"TCP 10.96.0.1:80 -> reject", "TCP 203.0.113.1:80 -> reject"}
	if diff := cmp.Diff(want, text(ForService(service, nil, Node{}))); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestForPod(t *testing.T) {
	for _, test := range []struct {
		rule, pod string
		want      []string
	}{
		{
			"a host port leads to the pod",
			`{spec: {containers: [{name: c, ports: [{containerPort: 80, hostPort: 8000}]}]}, status: {podIPs: [{ip: 10.244.0.2}]}}`,
			[]string{"TCP 0.0.0.0:8000 -> 10.244.0.2:80 keep"},
		},
		{
			"on one address if the port names it",
			`{spec: {containers: [{name: c, ports: [{containerPort: 80, hostPort: 8000, hostIP: 192.0.2.1, protocol: UDP}]}]}, status: {podIPs: [{ip: 10.244.0.2}]}}`,
			[]string{"UDP 192.0.2.1:8000 -> 10.244.0.2:80 keep"},
		},
		{
			"of the same family",
			`{spec: {containers: [{name: c, ports: [{containerPort: 80, hostPort: 8000, hostIP: "::1"}]}]}, status: {podIPs: [{ip: 10.244.0.2}]}}`,
			nil,
		},
		{
			"sidecars have host ports, other init containers do not",
			`{spec: {initContainers: [{name: s, restartPolicy: Always, ports: [{containerPort: 1, hostPort: 8001}]}, {name: i, ports: [{containerPort: 2, hostPort: 8002}]}],
			  containers: [{name: c}]}, status: {podIPs: [{ip: 10.244.0.2}]}}`,
			[]string{"TCP 0.0.0.0:8001 -> 10.244.0.2:1 keep"},
		},
		{"not on the host network", `{spec: {hostNetwork: true, containers: [{name: c, ports: [{containerPort: 80, hostPort: 80}]}]}, status: {podIPs: [{ip: 192.0.2.1}]}}`, nil},
		{"not after the end", `{spec: {containers: [{name: c, ports: [{containerPort: 80, hostPort: 80}]}]}, status: {phase: Succeeded, podIPs: [{ip: 10.244.0.2}]}}`, nil},
		{"not before the pod has an address", `{spec: {containers: [{name: c, ports: [{containerPort: 80, hostPort: 80}]}]}}`, nil},
	} {
		t.Run(test.rule, func(t *testing.T) {
			pod := &corev1.Pod{}
			if err := yaml.UnmarshalStrict([]byte(test.pod), pod); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, text(ForPod(pod))); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClaims(t *testing.T) {
	f := func(port uint16) Frontend {
		return Frontend{IP: netip.MustParseAddr("10.96.0.1"), Protocol: TCP, Port: port}
	}
	to := func(address string) Rule {
		return Rule{Inside: Target{Backends: []netip.AddrPort{netip.MustParseAddrPort(address)}}}
	}
	c := NewClaims()
	check := func(step string, owners map[string]Set, put, removed, all []string) {
		t.Helper()
		change := c.Replace(owners)
		var gone []string
		for _, f := range change.Remove {
			gone = append(gone, f.String())
		}
		for what, diff := range map[string]string{
			"put":     cmp.Diff(put, text(change.Put)),
			"removed": cmp.Diff(removed, gone),
			"all":     cmp.Diff(all, text(c.All())),
		} {
			if diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", step, what, diff)
			}
		}
	}
	one, two := "TCP 10.96.0.1:1 -> 10.244.0.1:1 keep", "TCP 10.96.0.1:1 -> 10.244.0.2:1 keep"
	check("first", map[string]Set{"b": {f(1): to("10.244.0.2:1")}}, []string{two}, nil, []string{two})
	check("again", map[string]Set{"b": {f(1): to("10.244.0.2:1")}}, nil, nil, []string{two})
	check("an owner that sorts before takes over", map[string]Set{"a": {f(1): to("10.244.0.1:1")}}, []string{one}, nil, []string{one})
	check("a third has to wait", map[string]Set{"c": {f(1): to("10.244.0.3:1")}}, nil, nil, []string{one})
	check("and both go at once", map[string]Set{"a": nil, "c": nil}, []string{two}, nil, []string{two})
	check("the last leaves nothing", map[string]Set{"b": nil}, nil, []string{"TCP 10.96.0.1:1"}, nil)
	check("a frontend moves in one step", map[string]Set{"b": {f(2): to("10.244.0.2:1")}}, []string{"TCP 10.96.0.1:2 -> 10.244.0.2:1 keep"}, nil, []string{"TCP 10.96.0.1:2 -> 10.244.0.2:1 keep"})
	check("from one owner to another", map[string]Set{"b": nil, "z": {f(2): to("10.244.0.2:1")}}, nil, nil, []string{"TCP 10.96.0.1:2 -> 10.244.0.2:1 keep"})
}
