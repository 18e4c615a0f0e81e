package validation_test

import "testing"

func TestInvalidDeviceRequests(t *testing.T) {
	request := func(text string) string {
		return `spec: {devices: {requests: [{name: r, exactly: {deviceClassName: c, ` + text + `}}]}}`
	}
	checkInvalid(t, []invalid{
		{"DeviceClass", `spec: {extendedResourceName: cpu}`, []string{`spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name`}},
		{"DeviceClass", `spec: {config: [{opaque: {driver: d, parameters: [a]}}]}`, []string{`spec.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object`}},
		{"ResourceClaim", request(`tolerations: [{key: a, operator: Exists, value: b, effect: PreferNoSchedule}]`), []string{
			"spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: \"b\": must be empty for operator `Exists`",
			`spec.devices.requests[0].exactly.tolerations[0].effect: Unsupported value: "PreferNoSchedule": supported values: "NoExecute", "NoSchedule", "None"`,
		}},
		{"ResourceClaim", request(`allocationMode: All, count: 2`), []string{`spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`}},
		{"ResourceClaim", `spec: {devices: {constraints: [{matchAttribute: b}, {}]}}`, []string{
			`spec.devices.constraints[0].matchAttribute: Invalid value: "b": a fully qualified name must be a domain and a name separated by a slash`,
			`spec.devices.constraints[1]: Required value`,
		}},
		{"ResourceClaimTemplate", `spec: {metadata: {name: x}, spec: {devices: {config: [{requests: [gone]}]}}}`, []string{
			`spec.metadata.name: Forbidden: cannot be set`,
			`spec.spec.devices.config[0].requests[0]: Invalid value: "gone": must be the name of a request in the claim`,
			`spec.spec.devices.config[0].opaque: Required value`,
		}},
	})
}

func TestInvalidDevices(t *testing.T) {
	slice := func(device string) string {
		return `spec: {driver: d, pool: {name: p, generation: 1, resourceSliceCount: 1}, nodeName: n1, devices: [{name: d0, ` + device + `}]}`
	}
	policy := func(text string) string {
		return slice(`allowMultipleAllocations: true, capacity: {m: {value: 10, requestPolicy: {` + text + `}}}`)
	}
	const at = "spec.devices[0].capacity[m].requestPolicy."
	checkInvalid(t, []invalid{
		{"ResourceSlice", slice(`attributes: {a: {version: v1.0.0}, b: {}}`), []string{
			`spec.devices[0].attributes[a].version: Invalid value: "v1.0.0": must be a string compatible with semver.org spec 2.0.0`,
			`spec.devices[0].attributes[b]: Invalid value: "": exactly one value must be specified`,
		}},
		{"ResourceSlice", slice(`taints: [{key: a, effect: Other}]`), []string{`spec.devices[0].taints[0].effect: Unsupported value: "Other"`}},
		{"ResourceSlice", slice(`bindingConditions: [a]`), []string{`spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions`}},
		{"ResourceSlice", slice(`nodeName: n1`), []string{"spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if"}},
		{"ResourceSlice", slice(`capacity: {m: {value: 1, requestPolicy: {default: 1}}}`), []string{`spec.devices[0].capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true`}},
		{"ResourceSlice", policy(`default: 3, validValues: [2, 1]`), []string{
			at + `validValues[1]: Invalid value: "1": values must be sorted in ascending order`,
			at + `validValues: Invalid value: "3": default value is not valid according to the requestPolicy`,
		}},
		{"ResourceSlice", policy(`default: 5, validRange: {min: 2, max: 4}`), []string{at + `validRange.max: Invalid value: "5": default is more than max: 4`}},
		{"ResourceSlice", policy(`default: 2, validRange: {min: 1, max: 5, step: 2}`), []string{at + `validRange.step: Invalid value: "2": value is not a multiple of a given step (2) from (1)`}},
		{"ResourceSlice", policy(`default: 1, validRange: {min: 1, max: 5, step: 0}`), []string{at + `validRange.step: Invalid value: "0": must not be zero`}},
		{"ResourceSlice", policy(`default: 1500m, validRange: {min: 500m, max: 4500m, step: 500m}`), nil},
		{"ResourceSlice", policy(`default: 1, validRange: {min: 1, max: 9E, step: 1}`), []string{at + `validRange.max: Invalid value: "9E": max is larger than capacity value: 10`}},
	})
}
