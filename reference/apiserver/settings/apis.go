package settings

import (
	"fmt"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apimachinery/pkg/runtime/schema"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/resourceconfig"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	aggregatorscheme "k8s.io/kube-aggregator/pkg/apiserver/scheme"

	"github.com/seatrial/seatrial/reference/api/scheme"
)

// validateAPIs checks --runtime-config. Versions that are no longer or not yet
// stable are not served, so that they cannot be turned on (decision 0110).
func (f *Flags) validateAPIs() []error {
	errs := f.APIs.Validate(scheme.Scheme, apiextensionsserver.Scheme, aggregatorscheme.Scheme)
	for _, key := range []string{resourceconfig.APIAlpha, resourceconfig.APIBeta} {
		if f.APIs.RuntimeConfig[key] == "true" {
			errs = append(errs, fmt.Errorf("--runtime-config=%s=true: this server has stable versions only", key))
		}
	}
	return errs
}

// ApplyAPIs sets which of the served versions and resources clients get.
func (f *Flags) ApplyAPIs(c *genericapiserver.Config, served []schema.GroupVersion) error {
	defaults := serverstorage.NewResourceConfig()
	defaults.EnableVersions(served...)
	defaults.EnableVersions(apiextensionsv1.SchemeGroupVersion, apiregistrationv1.SchemeGroupVersion)
	known := versions{append(slices.Clone(served), apiextensionsv1.SchemeGroupVersion, apiregistrationv1.SchemeGroupVersion)}
	if err := f.APIs.ApplyTo(c, defaults, known); err != nil {
		return fmt.Errorf("--runtime-config: %w", err)
	}
	return nil
}

// versions are the group-versions that may be switched. It implements
// resourceconfig.GroupVersionRegistry.
type versions struct{ all []schema.GroupVersion }

func (v versions) IsGroupRegistered(group string) bool {
	return len(v.PrioritizedVersionsForGroup(group)) > 0 || strings.HasSuffix(group, ".k8s.io")
}

func (v versions) IsVersionRegistered(gv schema.GroupVersion) bool { return slices.Contains(v.all, gv) }

func (v versions) PrioritizedVersionsAllGroups() []schema.GroupVersion { return v.all }

func (v versions) PrioritizedVersionsForGroup(group string) []schema.GroupVersion {
	return slices.DeleteFunc(slices.Clone(v.all), func(gv schema.GroupVersion) bool { return gv.Group != group })
}
