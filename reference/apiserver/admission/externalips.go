package admission

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
)

// denyServiceExternalIPs refuses new values in spec.externalIPs of Services.
type denyServiceExternalIPs struct{ *admission.Handler }

func newDenyServiceExternalIPs(env) (admission.Interface, error) {
	return denyServiceExternalIPs{admission.NewHandler(admission.Create, admission.Update)}, nil
}

func (denyServiceExternalIPs) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "services") {
		return nil
	}
	svc, err := object[*corev1.Service](a)
	if err != nil {
		return err
	}
	had := map[string]bool{}
	if old, ok := a.GetOldObject().(*corev1.Service); ok {
		for _, ip := range old.Spec.ExternalIPs {
			had[ip] = true
		}
	}
	for _, ip := range svc.Spec.ExternalIPs {
		if !had[ip] {
			return forbid(a, "Use of external IPs is denied by admission control")
		}
	}
	return nil
}
