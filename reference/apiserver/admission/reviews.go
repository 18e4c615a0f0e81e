package admission

import (
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
)

// reviewsInitializer keeps policies away from questions about who somebody is and what they may do: a policy that refused them could lock
// everybody out. Webhooks may be asked about them.
type reviewsInitializer struct{}

// Initialize implements admission.PluginInitializer.
func (reviewsInitializer) Initialize(plugin admission.Interface) {
	if w, ok := plugin.(initializer.WantsExcludedAdmissionResources); ok {
		w.SetExcludedAdmissionResources(reviews())
	}
}

func reviews() []schema.GroupResource {
	return []schema.GroupResource{
		groupResource(authenticationv1.GroupName, "selfsubjectreviews"),
		groupResource(authenticationv1.GroupName, "tokenreviews"),
		groupResource(authorizationv1.GroupName, "localsubjectaccessreviews"),
		groupResource(authorizationv1.GroupName, "selfsubjectaccessreviews"),
		groupResource(authorizationv1.GroupName, "selfsubjectrulesreviews"),
		groupResource(authorizationv1.GroupName, "subjectaccessreviews"),
	}
}
