package validation_test

import "testing"

func TestInvalidWebhooks(t *testing.T) {
	hook := func(extra string) string {
		return `webhooks: [{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {url: "https://a.example"}` + extra + `}]`
	}
	checkInvalid(t, []invalid{
		{"ValidatingWebhookConfiguration", `webhooks: [{name: k8s.io}]`, []string{
			`webhooks[0].name: Invalid value: "k8s.io": should be a domain with at least three segments separated by dots`,
			`webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1`,
			`webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun`,
			`webhooks[0].clientConfig: Required value: exactly one of url or service is required`,
		}},
		{"ValidatingWebhookConfiguration", hook(`, timeoutSeconds: 31`), []string{`webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds`}},
		{"ValidatingWebhookConfiguration", hook(`, failurePolicy: other`), []string{`webhooks[0].failurePolicy: Unsupported value: "other": supported values: "Fail", "Ignore"`}},
		{"ValidatingWebhookConfiguration", hook(`, rules: [{operations: [], apiGroups: [a], apiVersions: [b], resources: [c]}]`), []string{`webhooks[0].rules[0].operations: Required value`}},
		{"ValidatingWebhookConfiguration", hook(`, rules: [{operations: ["*", CREATE], apiGroups: [a], apiVersions: [b], resources: ["*/*", a]}]`), []string{
			`webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
			`webhooks[0].rules[0].resources: Invalid value: ["*/*","a"]: if '*/*' is present, must not specify other resources`,
		}},
		{"ValidatingWebhookConfiguration", hook(`, rules: [{operations: [CREATE], apiGroups: [a], apiVersions: [b], resources: ["a/*", a/x]}]`), []string{
			`webhooks[0].rules[0].resources[1]: Invalid value: "a/x": if 'a/*' is present, must not specify a/x`,
		}},
		{"ValidatingWebhookConfiguration", hook(`, matchConditions: [{name: -hello, expression: "6"}]`), []string{
			`webhooks[0].matchConditions[0].expression: Invalid value: "6": must evaluate to bool`, `webhooks[0].matchConditions[0].name: Invalid value: "-hello"`,
		}},
		{"MutatingWebhookConfiguration", `webhooks: [{name: a.example.com, sideEffects: None, admissionReviewVersions: [v2], clientConfig: {url: "http://a"}, reinvocationPolicy: Odd}]`, []string{
			`webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1`,
			`webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme`,
			`webhooks[0].reinvocationPolicy: Unsupported value: "Odd"`,
		}},
	})
}

func TestInvalidPolicies(t *testing.T) {
	checkInvalid(t, []invalid{
		{"ValidatingAdmissionPolicy", `spec: {validations: null, auditAnnotations: null}`, []string{
			`spec.validations: Required value: validations or auditAnnotations must contain at least one item`,
			`spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item`,
		}},
		{"ValidatingAdmissionPolicy", `spec: {validations: [{expression: "object.x in [1, 2, "}]}`, []string{`spec.validations[0].expression: Invalid value: "object.x in [1, 2, ": compilation failed: ERROR: <input>:1:20: Syntax error: missing ']' at '<EOF>`}},
		{"ValidatingAdmissionPolicy", `spec: {validations: [{expression: "1 + 1"}]}`, []string{`spec.validations[0].expression: Invalid value: "1 + 1": must evaluate to bool`}},
		{"ValidatingAdmissionPolicy", `spec: {validations: [{expression: "true", messageExpression: "0 == 0"}]}`, []string{`spec.validations[0].messageExpression: Invalid value: "0 == 0": must evaluate to string`}},
		{"ValidatingAdmissionPolicy", `spec: {validations: [{expression: "true", reason: Unauthorized}]}`, []string{`spec.validations[0].reason: Unsupported value: "Unauthorized": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"`}},
		{"ValidatingAdmissionPolicy", `spec: {validations: [{expression: "variables.gone == 2"}]}`, []string{`spec.validations[0].expression: Invalid value: "variables.gone == 2": compilation failed: ERROR: <input>:1:10: undefined field 'gone'`}},
		{"ValidatingAdmissionPolicy", `spec: {validations: [{expression: "params.x == 2"}]}`, []string{`spec.validations[0].expression: Invalid value: "params.x == 2": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params'`}},
		{"ValidatingAdmissionPolicy", `spec: {paramKind: {apiVersion: v1, kind: ConfigMap}, validations: [{expression: "params.data.x == 'y'"}]}`, nil},
		{"ValidatingAdmissionPolicy", `spec: {variables: [{name: 4ever, expression: "1"}], validations: [{expression: "true"}]}`, []string{`spec.variables[0].name: Invalid value: "4ever": must be a valid CEL identifier`}},
		{"ValidatingAdmissionPolicy", `spec: {matchConstraints: null}`, []string{`spec.matchConstraints: Required value`}},
		{"ValidatingAdmissionPolicyBinding", `spec: {policyName: null, validationActions: [Deny, Deny]}`, []string{`spec.policyName: Required value`, `spec.validationActions[1]: Duplicate value: "Deny"`}},
		{"ValidatingAdmissionPolicyBinding", `spec: {validationActions: [Deny, Warn]}`, []string{`spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn`}},
		{"ValidatingAdmissionPolicyBinding", `spec: {paramRef: {name: p, selector: {}, parameterNotFoundAction: null}}`, []string{
			`spec.paramRef.name: Forbidden: name and selector are mutually exclusive`, `spec.paramRef.selector: Forbidden: name and selector are mutually exclusive`,
			`spec.paramRef.parameterNotFoundAction: Required value`,
		}},
		{"ValidatingAdmissionPolicy", `spec: {paramKind: {apiVersion: v1, kind: Config_Map}}`, []string{`spec.paramKind.kind: Invalid value: "Config_Map": may have mixed case, but should otherwise match: a DNS-1035 label`}},
		{"MutatingAdmissionPolicy", `spec: {matchConstraints: {resourceRules: [{apiGroups: [a], apiVersions: [v1], operations: [DELETE], resources: [b]}]}}`, []string{
			`spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"`,
		}},
		{"MutatingAdmissionPolicy", `spec: {mutations: []}`, []string{`spec.mutations: Required value: mutations must contain at least one item`}},
		{"MutatingAdmissionPolicy", `spec: {mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: 1 < 2}}]}`, []string{`spec.mutations[0].applyConfiguration.expression: Invalid value: "1 < 2": must evaluate to Object`}},
		{"MutatingAdmissionPolicy", `spec: {mutations: [{patchType: JSONPatch}]}`, []string{`spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch`}},
		{"MutatingAdmissionPolicy", `spec: {reinvocationPolicy: null}`, []string{`spec.reinvocationPolicy: Required value`}},
	})
}
