package inventory

import (
	"slices"
	"strings"
	"time"
)

// maybe begins what is said of an object that the run may not be the cause of.
const maybe = "may be the run's: "

// labelled judges an object that bears the label of the run and is still there. What is in a Namespace of the run goes with that, and the
// end of the run tells of Namespaces that are on their way.
func (c *comparison) labelled(key key, now mark) {
	switch {
	case c.own[key.namespace]:
	case key.kind == "Namespace" && now.deleting:
	case now.deleting:
		c.left(key, now, "is being deleted and not yet gone")
	default:
		c.left(key, now, "was made by the run and is still there")
	}
}

// appeared judges an object that was not there before and has no label of a run.
func (c *comparison) appeared(key key, now mark) {
	switch {
	case now.kit != 0:
		c.left(key, now, "was made by the run (field manager seatrial)")
	case now.claim != "" && c.ours(now.claim):
		c.left(key, now, "is the volume of a claim of the run")
	case key.namespace == "" && c.bearsName(key.name):
		c.left(key, now, "bears the name of a Namespace of the run")
	case now.owned || now.created.Before(c.before.Taken.Add(-slack)) || !system(key.namespace):
	case now.kubectl != 0:
		c.left(key, now, maybe+"it was made with kubectl while the run went on")
	case !now.others && !comesAndGoes(key.kind):
		c.left(key, now, maybe+"it appeared while the run went on, and nothing says who made it")
	}
}

// slack is how far the clocks of the cluster and of this machine may differ.
const slack = 2 * time.Minute

// ours reports whether a Namespace is one of the run, also when it is gone by now.
func (c *comparison) ours(namespace string) bool {
	return c.own[namespace] || strings.HasPrefix(namespace, c.prefix())
}

// bearsName reports whether a name contains that of a Namespace of the run, as scenarios name what they make outside of theirs.
func (c *comparison) bearsName(name string) bool {
	if strings.Contains(name, c.prefix()) {
		return true
	}
	for namespace := range c.own {
		if strings.Contains(name, namespace) {
			return true
		}
	}
	return false
}

// prefix begins the names of the run's Namespaces: the kit's name and the random end of the run's ID.
func (c *comparison) prefix() string {
	_, random, _ := strings.Cut(c.run, "-")
	_, random, _ = strings.Cut(random, "-")
	if random == "" {
		random = c.run
	}
	return "seatrial-" + random + "-"
}

// changed judges an object that was there before, and is there under the same name.
func (c *comparison) changed(key key, was, now mark) {
	replaced := was.uid != now.uid
	switch {
	case now.kit != 0 && now.kit != was.kit && replaced:
		c.touched(key, now, "was deleted and made anew by the run (field manager seatrial)")
	case now.kit != 0 && now.kit != was.kit:
		c.touched(key, now, "was written to by the run (field manager seatrial): "+now.wrote+differs(was, now))
	case !system(key.namespace) || now.owned || comesAndGoes(key.kind):
	case replaced:
		c.touched(key, now, maybe+"it was deleted and made anew while the run went on")
	case now.kubectl != 0 && now.kubectl != was.kubectl:
		c.touched(key, now, maybe+"it was written to with kubectl while the run went on"+differs(was, now))
	case now.deleting && !was.deleting:
		c.touched(key, now, maybe+"it is being deleted")
	}
}

// differs names what has changed of the metadata.
func differs(was, now mark) string {
	var parts []string
	for _, part := range []struct {
		name    string
		differs bool
	}{
		{"generation", was.generation != now.generation},
		{"labels", was.labels != now.labels},
		{"annotations", was.annotations != now.annotations},
		{"finalizers", was.finalizers != now.finalizers},
		{"owners", was.owners != now.owners},
		{"deletion", was.deleting != now.deleting},
	} {
		if part.differs {
			parts = append(parts, part.name)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (differs in " + strings.Join(parts, ", ") + ")"
}

// gone judges an object that was there before and is not any more. Nothing is left that could say who removed it.
func (c *comparison) gone(key key, was mark) {
	if was.owned || was.deleting || comesAndGoes(key.kind) || !system(key.namespace) || c.bearsName(key.name) {
		return
	}
	c.touched(key, was, maybe+"it is gone")
}

// comesAndGoes reports whether the objects of a kind are made and removed by the machinery of a cluster all the time.
func comesAndGoes(kind string) bool {
	return slices.Contains([]string{
		"Pod", "Node", "Endpoints", "EndpointSlice.discovery.k8s.io", "Lease.coordination.k8s.io", "ControllerRevision.apps",
		"CertificateSigningRequest.certificates.k8s.io", "VolumeAttachment.storage.k8s.io", "CSINode.storage.k8s.io",
		"CSIStorageCapacity.storage.k8s.io", "IPAddress.networking.k8s.io", "ResourceSlice.resource.k8s.io", "Job.batch",
		"PodCertificateRequest.certificates.k8s.io", "APIService.apiregistration.k8s.io",
	}, kind)
}
