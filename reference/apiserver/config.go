package apiserver

import (
	"runtime"

	"k8s.io/apimachinery/pkg/util/sets"
	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/apiserver/pkg/endpoints/discovery/aggregated"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/filters"
	"k8s.io/component-base/compatibility"

	"github.com/seatrial/seatrial/reference/api/scheme"
)

// newConfig is what the three servers of the chain have in common.
func newConfig(o *Options, ids *identities) (*genericapiserver.Config, error) {
	serving, err := secureServing(o)
	if err != nil {
		return nil, err
	}
	c := genericapiserver.NewConfig(scheme.Codecs)
	c.EffectiveVersion = effectiveVersion{compatibility.NewEffectiveVersionFromString(Version, "", "")}
	c.SecureServing = serving
	if err := o.Settings.ApplyTo(c, o.AdvertiseAddress.String()); err != nil {
		return nil, err
	}
	if err := o.Settings.ApplyAPIs(c, servedVersions()); err != nil {
		return nil, err
	}
	c.LoopbackClientConfig = ids.clientConfig("kube-apiserver", "system:masters")
	c.LongRunningFunc = filters.BasicLongRunningRequestCheck(
		sets.NewString("watch", "proxy"),
		sets.NewString("attach", "exec", "proxy", "log", "portforward"),
	)
	c.AggregatedDiscoveryGroupManager = aggregated.NewResourceManager("apis")
	// The documents of the built-in resources are made at build time, see package openapi.
	c.SkipOpenAPIInstallation = true
	return c, nil
}

// delegate copies c for another server of the chain, which gets hooks of its own.
func delegate(c *genericapiserver.Config) genericapiserver.Config {
	d := *c
	d.PostStartHooks = map[string]genericapiserver.PostStartHookConfigEntry{}
	return d
}

// effectiveVersion answers /version with the version whose API is served,
// however the binary was linked.
type effectiveVersion struct{ compatibility.EffectiveVersion }

func (effectiveVersion) Info() *apiversion.Info {
	return &apiversion.Info{
		Major: "1", Minor: "36", GitVersion: Version,
		EmulationMajor: "1", EmulationMinor: "36", MinCompatibilityMajor: "1", MinCompatibilityMinor: "35",
		GitTreeState: "clean", GoVersion: runtime.Version(), Compiler: runtime.Compiler,
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
}
