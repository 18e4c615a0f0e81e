package apiserver

import (
	"context"
	"fmt"
	"maps"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seatrial/seatrial/reference/apiserver/auth/rbac"
	"github.com/seatrial/seatrial/reference/apiserver/auth/reviews"
	"github.com/seatrial/seatrial/reference/apiserver/registry"
	"github.com/seatrial/seatrial/reference/apiserver/registry/certificates"
	"github.com/seatrial/seatrial/reference/apiserver/registry/components"
	"github.com/seatrial/seatrial/reference/apiserver/registry/connect"
	"github.com/seatrial/seatrial/reference/apiserver/registry/kubelet"
	"github.com/seatrial/seatrial/reference/apiserver/registry/namespaces"
	"github.com/seatrial/seatrial/reference/apiserver/registry/nodes"
	"github.com/seatrial/seatrial/reference/apiserver/registry/pods"
	"github.com/seatrial/seatrial/reference/apiserver/registry/services"
)

// stores are the stores of the table by group and plural.
type stores map[schema.GroupResource]*registry.REST

func (s stores) core(plural string) *registry.REST { return s[corev1.Resource(plural)] }

// addSpecial adds, and puts in the place of what the table serves by itself,
// the resources that do more than store objects.
func (c *chain) addSpecial(all storages, s stores) {
	core := all[corev1.SchemeGroupVersion]
	callees := c.options.Settings.Callees
	kubelets := kubelet.NewClient(kubelet.Options{
		Nodes: s.core("nodes"), TLS: c.options.KubeletTLS, Timeout: callees.KubeletTimeout, AddressTypes: callees.AddressTypes,
	})
	transport := connect.NewTransport()

	maps.Copy(core, namespaces.Storages(s.core("namespaces")))
	maps.Copy(core, pods.Storages(pods.Options{
		Pods: s.core("pods"), Budgets: s[policyv1.Resource("poddisruptionbudgets")],
		Kubelets: kubelets, Transport: transport, Authorizer: c.auth.Authorizer,
	}))
	core["nodes/proxy"] = &nodes.Proxy{Kubelets: kubelets, Transport: transport}
	core["componentstatuses"] = components.NewStatuses(c.componentChecks())

	c.services = services.New(services.Options{
		Services: s.core("services"), Endpoints: s.core("endpoints"),
		Addresses: s[networkingv1.Resource("ipaddresses")], CIDRs: s[networkingv1.Resource("servicecidrs")],
		Families: c.options.serviceFamilies(), NodePorts: c.backend.Claims("nodeports"), PortRange: c.options.NodePorts,
	})
	c.repairs = c.services.Repairs(c.client)
	core["services"] = c.services
	core["services/proxy"] = &services.Proxy{
		Services: s.core("services"), Slices: s[discoveryv1.Resource("endpointslices")], Transport: transport,
	}

	csrs := s[certificatesv1.Resource("certificatesigningrequests")]
	all.add(certificatesv1.SchemeGroupVersion, "certificatesigningrequests/approval", certificates.NewApproval(csrs))

	guard := rbac.Guard{Rules: c.auth.RBAC, Authorizer: c.auth.Authorizer}
	for _, plural := range []string{"roles", "rolebindings", "clusterroles", "clusterrolebindings"} {
		store := s[schema.GroupResource{Group: rbacv1.GroupName, Resource: plural}]
		all.add(rbacv1.SchemeGroupVersion, plural, guard.Storage(store))
	}
	for gv, paths := range reviews.Storages(c.auth, c.client) {
		for path, st := range paths {
			all.add(gv, path, st)
		}
	}
}

// componentChecks are the given ones, and etcd.
func (c *chain) componentChecks() map[string]components.Check {
	checks := map[string]components.Check{
		"etcd-0": func(ctx context.Context) error {
			if _, err := c.options.Etcd.Get(ctx, "health"); err != nil {
				return fmt.Errorf("read from etcd: %w", err)
			}
			return nil
		},
	}
	for name, check := range c.options.Components {
		checks[name] = check
	}
	return checks
}
