package admission

import (
	"context"
	"errors"
	"fmt"
	"sync"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/component-base/metrics/legacyregistry"
	podsecurityadmission "k8s.io/pod-security-admission/admission"
	podsecurityload "k8s.io/pod-security-admission/admission/api/load"
	podsecurityapi "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/metrics"
	"k8s.io/pod-security-admission/policy"
)

// podSecurity holds pods to the Pod Security Standards that the labels of
// their namespace ask for.
// Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/
type podSecurity struct {
	handler
	checks *podsecurityadmission.Admission
}

func newPodSecurity(e env) (admission.Interface, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, fmt.Errorf("make pod security checks: %w", err)
	}
	config, err := podsecurityload.LoadFromReader(e.config)
	if err != nil {
		return nil, fmt.Errorf("load pod security configuration: %w", err)
	}
	namespaces, pods := e.informers.Core().V1().Namespaces(), e.informers.Core().V1().Pods()
	checks := &podsecurityadmission.Admission{
		Configuration:    config,
		Evaluator:        evaluator,
		Metrics:          podSecurityMetrics(),
		PodSpecExtractor: podsecurityadmission.DefaultPodSpecExtractor{},
		NamespaceGetter:  podsecurityadmission.NamespaceGetterFromListerAndClient(namespaces.Lister(), e.client),
		PodLister:        podsecurityadmission.PodListerFromInformer(pods.Lister()),
	}
	if err := checks.CompleteConfiguration(); err != nil {
		return nil, fmt.Errorf("complete pod security configuration: %w", err)
	}
	if err := checks.ValidateConfiguration(); err != nil {
		return nil, fmt.Errorf("validate pod security configuration: %w", err)
	}
	return &podSecurity{newHandler([]admission.Operation{admission.Create, admission.Update}, namespaces.Informer(), pods.Informer()), checks}, nil
}

// Validate implements admission.ValidationInterface.
func (p *podSecurity) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	gr := a.GetResource().GroupResource()
	if gr != groupResource("", "namespaces") && !isWorkload(a) {
		return nil
	}
	if !p.WaitForReady() {
		return notReady(a)
	}
	resp := p.checks.Validate(ctx, &podsecurityapi.AttributesRecord{
		Name: a.GetName(), Namespace: a.GetNamespace(), Kind: a.GetKind(), Resource: a.GetResource(), Subresource: a.GetSubresource(),
		Operation: admissionv1.Operation(a.GetOperation()), Object: a.GetObject(), OldObject: a.GetOldObject(), Username: a.GetUserInfo().GetName(),
	})
	for _, w := range resp.Warnings {
		warning.AddWarning(ctx, "", w)
	}
	for k, v := range resp.AuditAnnotations {
		audit.AddAuditAnnotation(ctx, podsecurityapi.AuditAnnotationPrefix+k, v)
	}
	if resp.Allowed {
		return nil
	}
	result := resp.Result
	if result == nil || result.Message == "" && result.Reason == "" {
		return forbid(a, "Calling PodSecurity admission control")
	}
	err, _ := errors.AsType[*apierrors.StatusError](admission.NewForbidden(a, fmt.Errorf("calling PodSecurity")))
	if result.Details != nil {
		err.ErrStatus.Details = result.Details
	}
	err.ErrStatus.Message, err.ErrStatus.Reason, err.ErrStatus.Code = result.Message, result.Reason, result.Code
	return err
}

func isWorkload(a admission.Attributes) bool {
	switch r := a.GetResource(); r.Group {
	case "":
		return r.Resource == "pods" || r.Resource == "replicationcontrollers" || r.Resource == "podtemplates"
	case appsv1.GroupName, batchv1.GroupName:
		return podsecurityadmission.DefaultPodSpecExtractor{}.HasPodSpec(r.GroupResource())
	}
	return false
}

// podSecurityMetrics are of the process.
var podSecurityMetrics = sync.OnceValue(func() metrics.Recorder {
	r := metrics.NewPrometheusRecorder(podsecurityapi.MajorMinorVersion(1, 36))
	r.MustRegister(legacyregistry.MustRegister)
	return r
})
