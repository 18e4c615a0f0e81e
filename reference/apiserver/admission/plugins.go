package admission

import (
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// env is what plugins may use.
type env struct {
	client     kubernetes.Interface
	informers  informers.SharedInformerFactory
	authorizer authorizer.Authorizer
	mapper     apimeta.RESTMapper              // of all served kinds
	tolerated  map[string]int64                // seconds by the key of a taint
	own        func(cache.SharedIndexInformer) // has an informer run that is not of the factory
	config     io.Reader                       // the plugin's own configuration, or nil
}

// plugin is one line of the list.
type plugin struct {
	name      string
	byDefault bool
	missing   bool                                   // a name of upstream that does nothing here
	make      func(env) (admission.Interface, error) // nil: in k8s.io/apiserver, or missing
}

// plugins lists every plugin of upstream, in upstream's order.
func plugins() []plugin {
	return []plugin{
		{name: "AlwaysAdmit", make: newAlwaysAdmit},
		{name: "NamespaceAutoProvision", make: newNamespaceAutoProvision},
		{name: "NamespaceLifecycle", byDefault: true, make: newNamespaceLifecycle},
		{name: "NamespaceExists", make: newNamespaceExists},
		{name: "LimitPodHardAntiAffinityTopology", make: newLimitPodHardAntiAffinityTopology},
		{name: "LimitRanger", byDefault: true, make: newLimitRanger},
		{name: "ServiceAccount", byDefault: true, make: newServiceAccount},
		{name: "NodeRestriction", make: newNodeRestriction},
		{name: "TaintNodesByCondition", byDefault: true, make: newTaintNodesByCondition},
		{name: "AlwaysPullImages", make: newAlwaysPullImages},
		{name: "ImagePolicyWebhook", missing: true},
		{name: "PodSecurity", byDefault: true, make: newPodSecurity},
		{name: "PodNodeSelector", make: newPodNodeSelector},
		{name: "Priority", byDefault: true, make: newPriority},
		{name: "DefaultTolerationSeconds", byDefault: true, make: newDefaultTolerationSeconds},
		{name: "PodTolerationRestriction", make: newPodTolerationRestriction},
		{name: "EventRateLimit", make: newEventRateLimit},
		{name: "ExtendedResourceToleration", make: newExtendedResourceToleration},
		{name: "DefaultStorageClass", byDefault: true, make: newDefaultStorageClass},
		{name: "StorageObjectInUseProtection", byDefault: true, make: newStorageObjectInUseProtection},
		{name: "PodGroupProtection", byDefault: true, missing: true}, // for an alpha API
		{name: "OwnerReferencesPermissionEnforcement", make: newOwnerReferencesPermissionEnforcement},
		{name: "PersistentVolumeClaimResize", byDefault: true, make: newPersistentVolumeClaimResize},
		{name: "RuntimeClass", byDefault: true, make: newRuntimeClass},
		{name: "CertificateApproval", byDefault: true, make: newCertificateApproval},
		{name: "CertificateSigning", byDefault: true, make: newCertificateSigning},
		{name: "ClusterTrustBundleAttest", byDefault: true, missing: true}, // for a beta API that is off
		{name: "CertificateSubjectRestriction", byDefault: true, make: newCertificateSubjectRestriction},
		{name: "DefaultIngressClass", byDefault: true, make: newDefaultIngressClass},
		{name: "DenyServiceExternalIPs", make: newDenyServiceExternalIPs},
		{name: "PodTopologyLabels", byDefault: true, make: newPodTopologyLabels},
		{name: "PodGroupWorkloadExists", byDefault: true, missing: true},       // for an alpha API
		{name: "NodeDeclaredFeatureValidator", byDefault: true, missing: true}, // our nodes declare no features
		{name: "JobValidation", byDefault: true, missing: true},                // for an alpha API
		{name: "PodResizeValidator", byDefault: true, make: newPodResizeValidator},
		{name: "MutatingAdmissionPolicy", byDefault: true},
		{name: "MutatingAdmissionWebhook", byDefault: true},
		{name: "ValidatingAdmissionPolicy", byDefault: true},
		{name: "ValidatingAdmissionWebhook", byDefault: true},
		{name: "ResourceQuota", byDefault: true, make: newResourceQuota},
		{name: "AlwaysDeny", make: newAlwaysDeny},
	}
}

// is reports whether a is about a resource, "pods" or "pods/status".
func is(a admission.Attributes, group, path string) bool {
	r := a.GetResource()
	at := r.Resource
	if s := a.GetSubresource(); s != "" {
		at += "/" + s
	}
	return r.Group == group && at == path
}

// object returns the object of a request, which must be of type T.
func object[T runtime.Object](a admission.Attributes) (T, error) { return typed[T](a.GetObject()) }

// oldObject returns the object before an update.
func oldObject[T runtime.Object](a admission.Attributes) (T, error) {
	return typed[T](a.GetOldObject())
}

func typed[T runtime.Object](o runtime.Object) (T, error) {
	t, ok := o.(T)
	if !ok {
		return t, apierrors.NewBadRequest(fmt.Sprintf("unexpected object of type %T, want %T", o, t))
	}
	return t, nil
}

// forbid refuses a request.
func forbid(a admission.Attributes, format string, args ...any) error {
	return admission.NewForbidden(a, fmt.Errorf(format, args...))
}

// notReady is the answer when the informers do not sync in time.
func notReady(a admission.Attributes) error { return forbid(a, "not yet ready to handle request") }

func groupResource(group, name string) schema.GroupResource {
	return schema.GroupResource{Group: group, Resource: name}
}
