package admission

import (
	"context"
	"errors"

	"k8s.io/apiserver/pkg/admission"
)

// alwaysAdmit admits everything.
type alwaysAdmit struct{}

func newAlwaysAdmit(env) (admission.Interface, error) { return alwaysAdmit{}, nil }

func (alwaysAdmit) Handles(admission.Operation) bool { return true }

// alwaysDeny refuses everything.
type alwaysDeny struct{ *admission.Handler }

func newAlwaysDeny(env) (admission.Interface, error) {
	return alwaysDeny{admission.NewHandler(admission.Create, admission.Update, admission.Delete, admission.Connect)}, nil
}

func (alwaysDeny) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	return admission.NewForbidden(a, errors.New("admission control is denying all modifications"))
}
