package admission

import (
	"fmt"

	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota/apis/resourcequota/validation"

	"github.com/seatrial/seatrial/reference/apiserver/admission/quota"
)

// evaluations is how many namespaces are checked at a time.
const evaluations = 5

// newResourceQuota is the plugin of the library; what an object uses is ours.
func newResourceQuota(e env) (admission.Interface, error) {
	config, err := resourcequota.LoadConfiguration(e.config)
	if err != nil {
		return nil, fmt.Errorf("load quota configuration: %w", err)
	}
	if errs := validation.ValidateConfiguration(config); len(errs) > 0 {
		return nil, fmt.Errorf("check quota configuration: %w", errs.ToAggregate())
	}
	return resourcequota.NewResourceQuota(config, evaluations)
}

// quotaInitializer tells the plugin what objects use.
type quotaInitializer struct{}

func (quotaInitializer) Initialize(p admission.Interface) {
	if w, ok := p.(initializer.WantsQuotaConfiguration); ok {
		w.SetQuotaConfiguration(quota.Configuration(nil))
	}
}
