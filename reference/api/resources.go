package api

import "slices"

// Resources returns the rows of all stored built-in kinds, in the order in
// which their groups are served. CustomResourceDefinition and APIService are
// not among them: their library servers store them.
func Resources() []Resource {
	return slices.Concat(
		podResources(),
		coreResources(),
		eventResources(),
		volumeResources(),
		appsResources(),
		batchResources(),
		autoscalingResources(),
		policyResources(),
		networkingResources(),
		discoveryResources(),
		rbacResources(),
		admissionResources(),
		certificatesResources(),
		coordinationResources(),
		schedulingResources(),
		nodeResources(),
		storageResources(),
		flowcontrolResources(),
		dynamicResources(),
	)
}
