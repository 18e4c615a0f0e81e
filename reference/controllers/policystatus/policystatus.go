// Package policystatus checks the types of the expressions of ValidatingAdmissionPolicies and notes what is wrong in their status.
package policystatus

import (
	"context"
	"fmt"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/kubernetes"
	admissionlisters "k8s.io/client-go/listers/admissionregistration/v1"
	"k8s.io/client-go/restmapper"

	"github.com/seatrial/seatrial/reference/controller"
)

// Checker finds expressions that do not fit the types of the resources that the policy is about.
type Checker interface {
	Check(policy *admissionregistrationv1.ValidatingAdmissionPolicy) []admissionregistrationv1.ExpressionWarning
}

// Discovered returns a checker that learns the types from the API server.
func Discovered(client discovery.DiscoveryInterface) Checker {
	return &validating.TypeChecker{
		SchemaResolver: &resolver.ClientDiscoveryResolver{Discovery: client},
		RestMapper:     restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client)),
	}
}

// New declares the controller.
func New(env controller.Env, checker Checker) (controller.Controller, error) {
	policies := env.Informers.Admissionregistration().V1().ValidatingAdmissionPolicies()
	r := &reconciler{client: env.Client, policies: policies.Lister(), checker: checker}
	return controller.Controller{
		Name:      "validatingadmissionpolicy-status",
		Watches:   []controller.Watch{{Informer: policies.Informer()}},
		Reconcile: r.reconcile,
	}, nil
}

type reconciler struct {
	client   kubernetes.Interface
	policies admissionlisters.ValidatingAdmissionPolicyLister
	checker  Checker
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	policy, err := r.policies.Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil || checked(policy) {
		return 0, err
	}
	next := policy.DeepCopy()
	next.Status.ObservedGeneration = policy.Generation
	next.Status.TypeChecking = &admissionregistrationv1.TypeChecking{ExpressionWarnings: r.checker.Check(policy)}
	_, err = r.client.AdmissionregistrationV1().ValidatingAdmissionPolicies().UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return 0, fmt.Errorf("update status: %w", err)
	}
	return 0, nil
}

// checked reports whether the status is about the present expressions.
func checked(policy *admissionregistrationv1.ValidatingAdmissionPolicy) bool {
	return policy.Status.ObservedGeneration >= policy.Generation && policy.Status.TypeChecking != nil
}
