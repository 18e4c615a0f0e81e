package client

import "strings"

// registry is where the images of the specification are published.
const registry = "registry.k8s.io/e2e-test-images"

// Images names the container images that scenarios use. They are those of the conformance suite of Kubernetes v1.36, so that a cluster
// which is ready for one is ready for the other.
type Images struct{ Agnhost, BusyBox string }

// ImagesFrom names the images in another registry, such as a mirror; the empty string is the public one.
func ImagesFrom(mirror string) Images {
	if mirror == "" {
		mirror = registry
	}
	mirror = strings.TrimSuffix(mirror, "/")
	return Images{Agnhost: mirror + "/agnhost:2.63.0", BusyBox: mirror + "/busybox:1.37.0-1"}
}
