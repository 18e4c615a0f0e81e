package defaults

import corev1 "k8s.io/api/core/v1"

// offFeatures drops the fields of features that are off in v1.36: stop signals of containers (KEP-4960), cluster trust bundles (KEP-3257)
// pod certificates (KEP-4317) and groups of pods (KEP-4671). It stands with the defaults because they reach every template of pods, however deep it lies.
func offFeatures(spec *corev1.PodSpec) {
	spec.SchedulingGroup = nil
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			offStopSignal(&containers[i].Lifecycle)
		}
	}
	for i := range spec.EphemeralContainers {
		offStopSignal(&spec.EphemeralContainers[i].Lifecycle)
	}
	for i := range spec.Volumes {
		if spec.Volumes[i].Projected == nil {
			continue
		}
		for j := range spec.Volumes[i].Projected.Sources {
			source := &spec.Volumes[i].Projected.Sources[j]
			source.ClusterTrustBundle, source.PodCertificate = nil, nil
		}
	}
}

// offStopSignal drops a stop signal, and a lifecycle that is nothing else.
func offStopSignal(l **corev1.Lifecycle) {
	if *l == nil || (*l).StopSignal == nil {
		return
	}
	(*l).StopSignal = nil
	if **l == (corev1.Lifecycle{}) {
		*l = nil
	}
}
