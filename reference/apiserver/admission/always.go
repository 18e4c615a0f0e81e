package admission

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
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

// alwaysPullImages sets the pull policy of every container to Always, so that
// a private image can be used only by who may pull it.
type alwaysPullImages struct{ *admission.Handler }

func newAlwaysPullImages(env) (admission.Interface, error) {
	return alwaysPullImages{admission.NewHandler(admission.Create, admission.Update)}, nil
}

func (alwaysPullImages) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") && !is(a, "", "pods/ephemeralcontainers") {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	for i := range pod.Spec.InitContainers {
		pod.Spec.InitContainers[i].ImagePullPolicy = corev1.PullAlways
	}
	for i := range pod.Spec.Containers {
		pod.Spec.Containers[i].ImagePullPolicy = corev1.PullAlways
	}
	for i := range pod.Spec.EphemeralContainers {
		pod.Spec.EphemeralContainers[i].ImagePullPolicy = corev1.PullAlways
	}
	return nil
}

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
