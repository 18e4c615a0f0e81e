// Package services serves Services: it gives them cluster IPs and node ports,
// and takes them back, exactly as often as the Service is written and deleted.
package services

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/util/dryrun"

	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/apiserver/registry"
	"github.com/seatrial/seatrial/reference/apiserver/storage"
)

// Options is what the resource needs beside its store.
type Options struct {
	Services  *registry.REST
	Addresses *registry.REST // IPAddresses
	CIDRs     *registry.REST // ServiceCIDRs
	Endpoints *registry.REST
	// Families are the IP families that services can have; the first one is the default.
	Families []corev1.IPFamily
	// NodePorts are the ports that are taken, of PortRange.
	NodePorts *storage.Claims
	PortRange utilnet.PortRange
}

// REST is services. Every create and update runs in a transaction, which the
// hooks of the store find in the context: what it allocated is given back when
// the write fails, what the old object had is given back when it succeeds.
type REST struct {
	*registry.REST
	families  families
	addresses *addresses
	ports     *ports
	endpoints *registry.REST
}

// New makes services from its store.
func New(o Options) *REST {
	r := &REST{
		REST:      o.Services,
		families:  o.Families,
		addresses: &addresses{store: o.Addresses, cidrs: o.CIDRs},
		ports:     &ports{claims: o.NodePorts, span: o.PortRange},
		endpoints: o.Endpoints,
	}
	r.BeginCreate = r.beginCreate
	r.BeginUpdate = r.beginUpdate
	r.AfterDelete = r.afterDelete
	return r
}

// Create implements rest.Creater.
func (r *REST) Create(ctx context.Context, obj runtime.Object, validate rest.ValidateObjectFunc, opts *metav1.CreateOptions) (runtime.Object, error) {
	t := r.begin(dryrun.IsDryRun(opts.DryRun))
	out, err := r.REST.Create(t.in(ctx), obj, validate, opts)
	t.end(ctx, err)
	return out, err
}

// Update implements rest.Updater. Patch and apply come through it too.
func (r *REST) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc,
	update rest.ValidateObjectUpdateFunc, force bool, opts *metav1.UpdateOptions,
) (runtime.Object, bool, error) {
	t := r.begin(dryrun.IsDryRun(opts.DryRun))
	out, created, err := r.REST.Update(t.in(ctx), name, info, create, update, force, opts)
	t.end(ctx, err)
	return out, created, err
}

func finish(context.Context, bool) {} // the transaction does it, when the write is really done

func (r *REST) beginCreate(ctx context.Context, obj runtime.Object, _ *metav1.CreateOptions) (genericregistry.FinishFunc, error) {
	s := obj.(*corev1.Service)
	prepare.ServiceCreate(ctx, s)
	return finish, r.allocate(ctx, s, &corev1.Service{})
}

func (r *REST) beginUpdate(ctx context.Context, obj, old runtime.Object, _ *metav1.UpdateOptions) (genericregistry.FinishFunc, error) {
	s, before := obj.(*corev1.Service), old.(*corev1.Service)
	prepare.ServiceUpdate(s, before)
	return finish, r.allocate(ctx, s, before)
}

// allocate fills in what the service needs and does not have.
func (r *REST) allocate(ctx context.Context, s, old *corev1.Service) error {
	t := transactionIn(ctx)
	if t == nil {
		return nil // a subresource, which cannot change the spec
	}
	t.restart(ctx, s)
	errs := r.checkFamilies(s, old)
	if len(errs) == 0 {
		errs = append(errs, t.allocateAddresses(ctx, s, old)...)
		errs = append(errs, t.allocatePorts(ctx, s, old)...)
	}
	if len(errs) > 0 {
		return apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("Service").GroupKind(), s.Name, errs)
	}
	return nil
}

// checkFamilies fills in the families of a service, and refuses the addresses
// that it may not have. The first kind of error is told alone, as upstream does.
func (r *REST) checkFamilies(s, old *corev1.Service) field.ErrorList {
	for _, check := range []func() field.ErrorList{
		func() field.ErrorList { return validation.ServiceClusterIPs(&s.Spec, &old.Spec) },
		func() field.ErrorList { return released(&s.Spec, &old.Spec) },
		func() field.ErrorList { return r.families.fill(s, old) },
		func() field.ErrorList { return validation.ServiceClusterIPsUpdate(&s.Spec, &old.Spec) },
	} {
		if errs := check(); len(errs) > 0 {
			return errs
		}
	}
	return nil
}

// afterDelete gives everything back and removes the Endpoints that a user may
// have made for the service.
func (r *REST) afterDelete(obj runtime.Object, opts *metav1.DeleteOptions) {
	if dryrun.IsDryRun(opts.DryRun) {
		return
	}
	s := obj.(*corev1.Service)
	ctx := context.Background()
	r.addresses.freeAll(ctx, s, addressesOf(s))
	r.ports.freeAll(ctx, s, portsOf(s))
	r.deleteEndpoints(ctx, s)
}

// deleteEndpoints removes the Endpoints of a deleted service: nobody else knows
// that those of a service without a selector belonged to it.
func (r *REST) deleteEndpoints(ctx context.Context, s *corev1.Service) {
	ctx = request.WithNamespace(ctx, s.Namespace)
	_, _, _ = r.endpoints.Delete(ctx, s.Name, rest.ValidateAllObjectFunc, metav1.NewDeleteOptions(0))
}
