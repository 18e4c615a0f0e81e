package settings

import (
	"fmt"

	"k8s.io/component-base/metrics"
)

// previousVersion is the one before that whose API is served.
const previousVersion = "1.35"

func (f *Flags) validateMetrics() []error {
	var errs []error
	given := f.Metrics.MetricsConfiguration
	if v := given.ShowHiddenMetricsForVersion; v != "" && v != previousVersion {
		errs = append(errs, fmt.Errorf("--show-hidden-metrics-for-version: %q is not possible, only %q is", v, previousVersion))
	}
	given.ShowHiddenMetricsForVersion = "" // the library compares it with the version of the build
	return append(errs, (&metrics.Options{MetricsConfiguration: given}).Validate()...)
}

// applyMetrics sets which metrics and labels there are. It holds for the whole process.
func (f *Flags) applyMetrics() {
	m := &f.Metrics.MetricsConfiguration
	if m.ShowHiddenMetricsForVersion != "" || len(m.DisabledMetrics) > 0 || len(m.AllowListMapping) > 0 || m.AllowListMappingManifest != "" {
		f.Metrics.Apply()
	}
}
