package admission

import (
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota"

	"github.com/seatrial/seatrial/reference/apiserver/admission/quota"
)

// evaluations is how many namespaces are checked at a time.
const evaluations = 5

// newResourceQuota is the plugin of the library; what an object uses is ours.
func newResourceQuota(env) (admission.Interface, error) {
	return resourcequota.NewResourceQuota(nil, evaluations)
}

// quotaInitializer tells the plugin what objects use.
type quotaInitializer struct{}

func (quotaInitializer) Initialize(p admission.Interface) {
	if w, ok := p.(initializer.WantsQuotaConfiguration); ok {
		w.SetQuotaConfiguration(quota.Configuration(nil))
	}
}
