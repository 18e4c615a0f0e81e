package settings

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/pflag"
)

// What finds the endpoints of the Service default/kubernetes.
const (
	ReconcileByLease = "lease"
	ReconcileNothing = "none"
)

// Rules are what the server holds its clients to, and what it says of itself.
type Rules struct {
	// AllowPrivileged lets pods have privileged containers. The default is true,
	// as in clusters of kubeadm; upstream's is false.
	AllowPrivileged bool
	// NotReadySeconds and UnreachableSeconds are how long pods stay by default on
	// a node that is not ready, or not reachable.
	NotReadySeconds, UnreachableSeconds int64
	// EndpointReconciler is ReconcileByLease or ReconcileNothing.
	EndpointReconciler string
	// KubernetesNodePort makes default/kubernetes a Service of type NodePort; zero does not.
	KubernetesNodePort int32
	// RouteToEndpoints connects to a ready endpoint of the Service of a webhook or an
	// extension API server, not to its cluster IP. The default is true (decision 0012).
	RouteToEndpoints bool
	// RejectRedirects keeps redirects of extension API servers from clients.
	RejectRedirects bool
}

func defaultRules() Rules {
	return Rules{AllowPrivileged: true, NotReadySeconds: 300, UnreachableSeconds: 300, EndpointReconciler: ReconcileByLease, RejectRedirects: true, RouteToEndpoints: true}
}

func (r *Rules) addTo(set *pflag.FlagSet) {
	set.BoolVar(&r.AllowPrivileged, "allow-privileged", r.AllowPrivileged, "let pods have privileged containers")
	set.Int64Var(&r.NotReadySeconds, "default-not-ready-toleration-seconds", r.NotReadySeconds, "how long a pod stays on a node that is not ready, unless it says otherwise")
	set.Int64Var(&r.UnreachableSeconds, "default-unreachable-toleration-seconds", r.UnreachableSeconds, "how long a pod stays on a node that is not reachable, unless it says otherwise")
	set.StringVar(&r.EndpointReconciler, "endpoint-reconciler-type", r.EndpointReconciler, "who keeps the endpoints of the Service default/kubernetes: lease (the servers that are there) or none")
	set.Int32Var(&r.KubernetesNodePort, "kubernetes-service-node-port", 0, "port that the Service default/kubernetes has on every node; 0 for none")
	set.BoolVar(&r.RouteToEndpoints, "enable-aggregator-routing", r.RouteToEndpoints, "connect to endpoints of the Services of webhooks and extension API servers, not to their cluster IPs")
	set.BoolVar(&r.RejectRedirects, "aggregator-reject-forwarding-redirect", r.RejectRedirects, "do not pass redirects of extension API servers on")
}

func (r *Rules) validate() []error {
	var errs []error
	if r.NotReadySeconds < 0 || r.UnreachableSeconds < 0 {
		errs = append(errs, errors.New("--default-not-ready-toleration-seconds and --default-unreachable-toleration-seconds: they must not be negative"))
	}
	if !slices.Contains([]string{ReconcileByLease, ReconcileNothing}, r.EndpointReconciler) {
		errs = append(errs, fmt.Errorf("--endpoint-reconciler-type: %q is not implemented; lease and none are", r.EndpointReconciler))
	}
	if r.KubernetesNodePort < 0 || r.KubernetesNodePort > math.MaxUint16 {
		errs = append(errs, fmt.Errorf("--kubernetes-service-node-port: %d is no port", r.KubernetesNodePort))
	}
	return errs
}
