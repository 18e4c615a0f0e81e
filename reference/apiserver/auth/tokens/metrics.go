package tokens

import (
	"sync"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

// measures are upstream's metrics of the use of tokens. They are of the process.
type measures struct {
	valid, stale, legacy, manual, auto, invalidAuto *metrics.Counter
}

// measured registers them once.
var measured = sync.OnceValue(func() *measures {
	counter := func(name, help string) *metrics.Counter {
		c := metrics.NewCounter(&metrics.CounterOpts{Subsystem: "serviceaccount", Name: name, Help: help, StabilityLevel: metrics.ALPHA})
		legacyregistry.MustRegister(c)
		return c
	}
	return &measures{
		valid:       counter("valid_tokens_total", "Cumulative valid projected service account tokens used"),
		stale:       counter("stale_tokens_total", "Cumulative stale projected service account tokens used"),
		legacy:      counter("legacy_tokens_total", "Cumulative legacy service account tokens used"),
		manual:      counter("legacy_manual_token_uses_total", "Cumulative manually created legacy tokens used"),
		auto:        counter("legacy_auto_token_uses_total", "Cumulative auto-generated legacy tokens used"),
		invalidAuto: counter("invalid_legacy_auto_token_uses_total", "Cumulative invalid auto-generated legacy tokens used"),
	}
})
