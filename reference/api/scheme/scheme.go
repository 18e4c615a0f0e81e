// Package scheme knows the Go type of every API kind: it decodes, encodes,
// converts and defaults objects, and decodes the query parameters of requests.
//
// The Go type of a kind's hub version is registered twice, under its version
// and under __internal, so that the API server works on published types and
// converts nothing, apart from HorizontalPodAutoscaler and Event, which have a
// second version.
package scheme

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	resourcev1 "k8s.io/api/resource/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"github.com/seatrial/seatrial/reference/api/defaults"
)

// The schemes and codecs of the API server. They are complete when the package
// is loaded and are never changed.
var (
	// Scheme holds every version and the hub of each kind as __internal.
	Scheme = newScheme()
	// Public holds the served versions only; the names in OpenAPI come from it.
	Public = newPublic()
	// Codecs encodes and decodes objects of Scheme as JSON, YAML and protobuf.
	Codecs = serializer.NewCodecFactory(Scheme)
	// ParameterCodec decodes query parameters into the option types of Scheme.
	ParameterCodec = runtime.NewParameterCodec(Scheme)
)

// group is a served group-version.
type group struct {
	add     func(*runtime.Scheme) error
	version schema.GroupVersion
	spoke   bool // its kinds are converted to a hub elsewhere
}

// groups lists what is served, hubs before their spokes.
func groups() []group {
	return []group{
		{add: corev1.AddToScheme, version: corev1.SchemeGroupVersion},
		{add: admissionregistrationv1.AddToScheme, version: admissionregistrationv1.SchemeGroupVersion},
		{add: appsv1.AddToScheme, version: appsv1.SchemeGroupVersion},
		{add: authenticationv1.AddToScheme, version: authenticationv1.SchemeGroupVersion},
		{add: authorizationv1.AddToScheme, version: authorizationv1.SchemeGroupVersion},
		{add: autoscalingv2.AddToScheme, version: autoscalingv2.SchemeGroupVersion},
		{add: autoscalingv1.AddToScheme, version: autoscalingv1.SchemeGroupVersion, spoke: true},
		{add: batchv1.AddToScheme, version: batchv1.SchemeGroupVersion},
		{add: certificatesv1.AddToScheme, version: certificatesv1.SchemeGroupVersion},
		{add: coordinationv1.AddToScheme, version: coordinationv1.SchemeGroupVersion},
		{add: discoveryv1.AddToScheme, version: discoveryv1.SchemeGroupVersion},
		{add: eventsv1.AddToScheme, version: eventsv1.SchemeGroupVersion, spoke: true},
		{add: flowcontrolv1.AddToScheme, version: flowcontrolv1.SchemeGroupVersion},
		{add: networkingv1.AddToScheme, version: networkingv1.SchemeGroupVersion},
		{add: nodev1.AddToScheme, version: nodev1.SchemeGroupVersion},
		{add: policyv1.AddToScheme, version: policyv1.SchemeGroupVersion},
		{add: rbacv1.AddToScheme, version: rbacv1.SchemeGroupVersion},
		{add: resourcev1.AddToScheme, version: resourcev1.SchemeGroupVersion},
		{add: schedulingv1.AddToScheme, version: schedulingv1.SchemeGroupVersion},
		{add: storagev1.AddToScheme, version: storagev1.SchemeGroupVersion},
	}
}

func newScheme() *runtime.Scheme {
	s := newPublic()
	for _, g := range groups() {
		if !g.spoke {
			addHub(s, g.version)
		}
	}
	addAutoscaling(s)
	addEvents(s)
	addEvictions(s)
	addFieldLabels(s)
	utilruntime.Must(addParameters(s))
	defaults.AddToScheme(s)
	return s
}

func newPublic() *runtime.Scheme {
	s := runtime.NewScheme()
	v1 := schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(s, v1)
	for _, g := range groups() {
		utilruntime.Must(g.add(s))
	}
	utilruntime.Must(s.SetVersionPriority(autoscalingv2.SchemeGroupVersion, autoscalingv1.SchemeGroupVersion))
	s.AddUnversionedTypes(v1,
		&metav1.Status{}, &metav1.APIVersions{}, &metav1.APIGroupList{}, &metav1.APIGroup{}, &metav1.APIResourceList{})
	return s
}
