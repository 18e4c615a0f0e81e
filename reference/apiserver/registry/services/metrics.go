package services

import (
	"net/netip"
	"sync"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

// How an address or a port was come by.
const (
	scopeStatic  = "static"  // it was asked for
	scopeDynamic = "dynamic" // any would do
)

// measures are upstream's metrics of the allocators. They are of the process.
type measures struct {
	addresses, addressErrors          *metrics.CounterVec // by range and scope
	allocatedAddresses, freeAddresses *metrics.GaugeVec   // by range
	seconds                           *metrics.HistogramVec
	ports, portErrors                 *metrics.CounterVec // by scope
	allocatedPorts, freePorts         *metrics.Gauge

	mu    sync.Mutex
	taken map[subnet]int // addresses
}

// measured registers them once.
var measured = sync.OnceValue(func() *measures {
	counter := func(subsystem, name, help string, labels ...string) *metrics.CounterVec {
		return metrics.NewCounterVec(&metrics.CounterOpts{
			Namespace: "kube_apiserver", Subsystem: subsystem, Name: name, Help: help, StabilityLevel: metrics.ALPHA,
		}, labels)
	}
	gauge := func(subsystem, name, help string) *metrics.GaugeOpts {
		return &metrics.GaugeOpts{Namespace: "kube_apiserver", Subsystem: subsystem, Name: name, Help: help, StabilityLevel: metrics.ALPHA}
	}
	const addresses, ports = "clusterip_allocator", "nodeport_allocator"
	m := &measures{
		taken:              map[subnet]int{},
		addresses:          counter(addresses, "allocation_total", "Number of Cluster IPs allocations", "cidr", "scope"),
		addressErrors:      counter(addresses, "allocation_errors_total", "Number of errors trying to allocate Cluster IPs", "cidr", "scope"),
		allocatedAddresses: metrics.NewGaugeVec(gauge(addresses, "allocated_ips", "Gauge measuring the number of allocated IPs for Services"), []string{"cidr"}),
		freeAddresses:      metrics.NewGaugeVec(gauge(addresses, "available_ips", "Gauge measuring the number of available IPs for Services"), []string{"cidr"}),
		seconds: metrics.NewHistogramVec(&metrics.HistogramOpts{
			Namespace: "kube_apiserver", Subsystem: addresses, Name: "allocation_duration_seconds",
			Help: "Duration in seconds to allocate a Cluster IP by ServiceCIDR", StabilityLevel: metrics.ALPHA, Buckets: metrics.DefBuckets,
		}, []string{"cidr"}),
		ports:          counter(ports, "allocation_total", "Number of NodePort allocations", "scope"),
		portErrors:     counter(ports, "allocation_errors_total", "Number of errors trying to allocate NodePort", "scope"),
		allocatedPorts: metrics.NewGauge(gauge(ports, "allocated_ports", "Gauge measuring the number of allocated NodePorts for Services")),
		freePorts:      metrics.NewGauge(gauge(ports, "available_ports", "Gauge measuring the number of available NodePorts for Services")),
	}
	legacyregistry.MustRegister(m.addresses, m.addressErrors, m.allocatedAddresses, m.freeAddresses, m.seconds,
		m.ports, m.portErrors, m.allocatedPorts, m.freePorts)
	return m
})

// rangeOf is the range of an address; the zero value where there is none.
func rangeOf(all []subnet, addr netip.Addr) subnet {
	for _, s := range all {
		if s.has(addr) {
			return s
		}
	}
	return subnet{}
}

// address counts one allocation, or the failure of one.
func (m *measures) address(in subnet, scope string, took time.Duration, err error) {
	if in == (subnet{}) {
		return // in no range: nothing was allocated
	}
	cidr := netip.Prefix(in).String()
	if err != nil {
		m.addressErrors.WithLabelValues(cidr, scope).Inc()
		return
	}
	m.addresses.WithLabelValues(cidr, scope).Inc()
	m.seconds.WithLabelValues(cidr).Observe(took.Seconds())
	m.change(in, 1)
}

func (m *measures) addressFreed(in subnet) {
	if in != (subnet{}) {
		m.change(in, -1)
	}
}

// change adds to what is taken of a range.
func (m *measures) change(in subnet, by int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.set(in, m.taken[in]+by)
}

// set is called with mu held.
func (m *measures) set(in subnet, taken int) {
	m.taken[in] = taken
	cidr := netip.Prefix(in).String()
	m.allocatedAddresses.WithLabelValues(cidr).Set(float64(taken))
	m.freeAddresses.WithLabelValues(cidr).Set(float64(in.last()) - float64(taken))
}

// port counts one allocation, or the failure of one.
func (m *measures) port(scope string, err error) {
	if err != nil {
		m.portErrors.WithLabelValues(scope).Inc()
		return
	}
	m.ports.WithLabelValues(scope).Inc()
	m.allocatedPorts.Inc()
	m.freePorts.Dec()
}

func (m *measures) portsFreed(n int) {
	m.allocatedPorts.Add(float64(-n))
	m.freePorts.Add(float64(n))
}

// count sets what is given away now: other servers give addresses away, too.
func (m *measures) count(all []subnet, claims []networkingv1.IPAddress) {
	taken := map[subnet]int{}
	for i := range claims {
		if addr, ok := parse(claims[i].Name); ok {
			taken[rangeOf(all, addr)]++
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range all {
		m.set(s, taken[s])
	}
}

func (m *measures) countPorts(taken, size int) {
	m.allocatedPorts.Set(float64(taken))
	m.freePorts.Set(float64(size - taken))
}
