// Package features holds the specification: one page per ability of Kubernetes, written in Gherkin, which reads as documentation and
// runs as a test.
package features

import "embed"

// FS holds every page, as <area>/<topic>.feature.
//
//go:embed */*.feature
var FS embed.FS
