package validation_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/api/validation"
)

func TestInvalidConfiguration(t *testing.T) {
	checkInvalid(t, []invalid{
		{"ConfigMap", `data: {"a/b": c}`, []string{`data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters`}},
		{"ConfigMap", `data: {b: c}`, []string{`data[b]: Invalid value: "b": duplicate of key present in binaryData`}},
		{"Secret", `data: {"": YQ==}`, []string{`data[]: Invalid value: "": a valid config key must consist of alphanumeric characters`}},
		{"Secret", `type: kubernetes.io/tls`, []string{`data[tls.crt]: Required value`, `data[tls.key]: Required value`}},
		{"Secret", `type: kubernetes.io/basic-auth`, []string{`data[username]: Required value`, `data[password]: Required value`}},
		{"Secret", `{type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: YQ==}}`, []string{`data[.dockerconfigjson]: Invalid value: "<secret contents redacted>"`}},
		{"Secret", `type: kubernetes.io/service-account-token`, []string{`metadata.annotations[kubernetes.io/service-account.name]: Required value`}},
		{"Namespace", `metadata: {name: a.b}`, []string{`metadata.name: Invalid value: "a.b": must not contain dots`}},
		{"ResourceQuota", `spec: {hard: {odd: 1}}`, []string{`spec.hard[odd]: Invalid value: "odd": must be a standard resource for quota`}},
		{"ResourceQuota", `spec: {hard: {pods: 1500m}}`, []string{`spec.hard[pods]: Invalid value: "1500m": must be an integer`}},
		{"ResourceQuota", `spec: {scopes: [Terminating, NotTerminating]}`, []string{`spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes`}},
		{"LimitRange", `spec: {limits: [{type: Container, min: {cpu: 2}, max: {cpu: 1}, default: {cpu: 1}, defaultRequest: {cpu: 1}}]}`, []string{
			`spec.limits[0].defaultRequest[cpu]: Invalid value: "2": min value 2 is greater than default request value 1`,
			`spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1`,
			`spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1`,
		}},
		{"LimitRange", `spec: {limits: [{type: Pod, default: {cpu: 1}}]}`, []string{"spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"}},
		{"Event", `involvedObject: {namespace: other}`, []string{`involvedObject.namespace: Invalid value: "other": does not match event.namespace`}},
	})
}

func TestInvalidNetwork(t *testing.T) {
	checkInvalid(t, []invalid{
		{"Service", `metadata: {name: 1a}`, nil},
		{"Service", `metadata: {name: a_b}`, []string{`metadata.name: Invalid value: "a_b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters`}},
		{"Service", `spec: {externalIPs: [010.1.2.3]}`, []string{`spec.externalIPs[0]: Invalid value: "010.1.2.3": must not have leading 0s`}},
		{"Service", `spec: {ports: null}`, []string{`spec.ports: Required value`}},
		{"Service", `spec: {ports: [{port: 80}, {port: 81}]}`, []string{`spec.ports[0].name: Required value`, `spec.ports[1].name: Required value`}},
		{"Service", `spec: {ports: [{name: a, port: 80}, {name: a, port: 80}]}`, []string{`spec.ports[1].name: Duplicate value: "a"`, `spec.ports[1]: Duplicate value`}},
		{"Service", `spec: {ports: [{port: 80, nodePort: 30080}]}`, []string{"spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"}},
		{"Service", `spec: {type: Odd}`, []string{`spec.type: Unsupported value: "Odd"`}},
		{"Service", `spec: {type: ExternalName, clusterIP: null, clusterIPs: null}`, []string{`spec.externalName: Required value`}},
		{"Service", `spec: {type: NodePort, clusterIP: None, clusterIPs: [None]}`, []string{`spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`}},
		{"Service", `spec: {clusterIP: 10.96.0.9}`, []string{"spec.clusterIPs: Invalid value: [\"10.96.0.5\"]: first value must match `clusterIP`"}},
		{"Service", `spec: {sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86401}}}`, []string{
			`spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400`,
		}},
		{"Service", `spec: {externalIPs: [127.0.0.1]}`, []string{`spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range`}},
		{"Service", `spec: {externalTrafficPolicy: Local}`, []string{`spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services`}},
		{"Endpoints", `subsets: [{}]`, []string{"subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"}},
		{"Endpoints", `subsets: [{addresses: [{ip: 169.254.0.1}], ports: [{port: 0}]}]`, []string{
			`subsets[0].addresses[0].ip: Invalid value: "169.254.0.1": may not be in the link-local range`, `subsets[0].ports[0].port: Invalid value: 0`,
		}},
		{"EndpointSlice", `addressType: IPv6`, []string{`endpoints[0].addresses: Invalid value: "10.244.0.5": must be an IPv6 address`}},
		{"EndpointSlice", `endpoints: [{addresses: []}]`, []string{`endpoints[0].addresses: Required value: must contain at least 1 address`}},
		{"Ingress", `spec: {rules: null}`, []string{"spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"}},
		{"Ingress", `spec: {rules: [{host: 1.2.3.4, http: {paths: [{path: a, pathType: Exact, backend: {}}]}}]}`, []string{
			`spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address`,
			`spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path`,
			`spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required`,
		}},
		{"Ingress", `spec: {rules: [{http: {paths: [{backend: {service: {name: s, port: {number: 1}}}}]}}]}`, []string{`spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified`}},
		{"IngressClass", `spec: {controller: odd}`, []string{`spec.controller: Invalid value: "odd": must be a domain-prefixed path`}},
		{"NetworkPolicy", `spec: {ingress: [{from: [{}]}]}`, []string{`spec.ingress[0].from[0]: Required value: must specify a peer`}},
		{"NetworkPolicy", `spec: {ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}`, []string{"spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`: 10.0.0.0/8"}},
		{"NetworkPolicy", `spec: {ingress: [{ports: [{port: web, endPort: 90}]}]}`, []string{"spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric"}},
		{"ServiceCIDR", `spec: {cidrs: []}`, []string{`spec.cidrs: Required value: at least one CIDR required`}},
		{"IPAddress", `metadata: {name: 010.96.0.1}`, []string{`metadata.name: Invalid value: "010.96.0.1"`}},
	})
}

func TestInvalidWorkloads(t *testing.T) {
	for _, kind := range []string{"Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"} {
		without := []string{`spec.selector: Required value`, "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`"}
		if kind == "DaemonSet" {
			without = without[1:]
		}
		checkInvalid(t, []invalid{
			{kind, `spec: {selector: null}`, without},
			{kind, `spec: {selector: {matchLabels: {app: b}}}`, []string{"spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`"}},
			{kind, `spec: {minReadySeconds: -1}`, []string{`spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0`}},
		})
	}
	checkInvalid(t, []invalid{
		{"Deployment", `spec: {template: {spec: {restartPolicy: Never}}}`, []string{`spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"`}},
		{"Deployment", `spec: {replicas: -1}`, []string{`spec.replicas: Invalid value: -1: must be greater than or equal to 0`}},
		{"Deployment", `spec: {strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}}`, []string{"spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"}},
		{"Deployment", `spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}}`, []string{"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0"}},
		{"Deployment", `spec: {strategy: {rollingUpdate: {maxUnavailable: 101%}}}`, []string{`spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%`}},
		{"Deployment", `spec: {progressDeadlineSeconds: 5, minReadySeconds: 5}`, []string{`spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds`}},
		{"DaemonSet", `spec: {updateStrategy: {rollingUpdate: {maxSurge: 1}}}`, []string{`spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero`}},
		{"StatefulSet", `spec: {podManagementPolicy: Odd}`, []string{`spec.podManagementPolicy: Invalid value: "Odd": must be 'OrderedReady' or 'Parallel'`}},
		{"ReplicationController", `spec: {selector: {app: b}}`, []string{"spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`"}},
		{"ControllerRevision", `{data: null, revision: -1}`, []string{`data: Required value: data is mandatory`, `revision: Invalid value: -1`}},
		{"Job", `spec: {template: {spec: {restartPolicy: Always}}, podFailurePolicy: null}`, []string{`spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`}},
		{"Job", `spec: {completions: null}`, []string{`spec.completions: Required value: when completion mode is Indexed`}},
		{"Job", `spec: {podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: In, values: [0, 2, 1]}}]}}`, []string{
			`spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator`,
			`spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [0,2,1]: must be ordered`,
		}},
		{"Job", `spec: {successPolicy: {rules: [{succeededIndexes: "0,4"}]}}`, []string{`spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0,4": error parsing succeededIndexes: too large index: "4"`}},
		{"Job", `spec: {selector: {matchLabels: {a: b}}}`, []string{
			"spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\",\"batch.kubernetes.io/controller-uid\":\"u\"}}: `selector` not auto-generated",
			"spec.template.metadata.labels: Invalid value: {\"batch.kubernetes.io/controller-uid\":\"u\",",
		}},
		{"CronJob", `spec: {schedule: "1 2 3"}`, []string{`spec.schedule: Invalid value: "1 2 3": expected exactly 5 fields, found 3: [1 2 3]`}},
		{"CronJob", `spec: {schedule: "60 * * * *"}`, []string{`spec.schedule: Invalid value: "60 * * * *": end of range (60) above maximum (59): 60`}},
		{"CronJob", `spec: {schedule: "TZ=UTC 0 * * * *"}`, []string{`spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead`}},
		{"CronJob", `spec: {timeZone: Mars/Base}`, []string{`spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base`}},
		{"CronJob", `spec: {concurrencyPolicy: Odd}`, []string{`spec.concurrencyPolicy: Unsupported value: "Odd": supported values: "Allow", "Forbid", "Replace"`}},
		{"HorizontalPodAutoscaler", `spec: {minReplicas: 4, metrics: [{type: Resource}]}`, []string{
			"spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
			`spec.metrics[0].resource: Required value: must populate information for the given metric source`,
		}},
		{"PodDisruptionBudget", `spec: {maxUnavailable: 1}`, []string{`spec: Invalid value`}},
	})
}

func TestInvalidCluster(t *testing.T) {
	checkInvalid(t, []invalid{
		{"Node", `spec: {taints: [{key: k, effect: NoSchedule}, {key: k, value: v, effect: NoSchedule}]}`, []string{`metadata.taints[1]: Duplicate value`}},
		{"PersistentVolume", `spec: {accessModes: []}`, []string{`spec.accessModes: Required value: at least 1 access mode is required`}},
		{"PersistentVolume", `spec: {capacity: null}`, []string{`spec.capacity: Required value`, `spec.capacity: Unsupported value`}},
		{"PersistentVolume", `spec: {hostPath: null, local: {path: /a}}`, []string{`spec.nodeAffinity: Required value: Local volume requires node affinity`}},
		{"PersistentVolumeClaim", `spec: {resources: null}`, []string{`spec.resources[storage]: Required value`}},
		{"PersistentVolumeClaim", `spec: {accessModes: [ReadWriteOncePod, ReadWriteOnce]}`, []string{`spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes`}},
		{"Role", `rules: [{verbs: []}]`, []string{
			`rules[0].verbs: Required value: verbs must contain at least one value`,
			`rules[0].apiGroups: Required value: resource rules must supply at least one api group`, `rules[0].resources: Required value`,
		}},
		{"Role", `rules: [{verbs: [get], nonResourceURLs: [/a]}]`, []string{`rules[0].nonResourceURLs: Invalid value: ["/a"]: namespaced rules cannot apply to non-resource URLs`}},
		{"RoleBinding", `roleRef: {kind: Pod}`, []string{`roleRef.kind: Unsupported value: "Pod"`}},
		{"ClusterRoleBinding", `subjects: [{kind: ServiceAccount, name: s}, {kind: Odd, name: o}]`, []string{`subjects[0].namespace: Required value`, `subjects[1].kind: Unsupported value: "Odd"`}},
		{"PriorityClass", `metadata: {name: system-mine}`, []string{`metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only`}},
		{"PriorityClass", `value: 1000000001`, []string{`value: Forbidden: maximum allowed value of a user defined priority is 1000000000`}},
		{"RuntimeClass", `handler: Bad_`, []string{`handler: Invalid value: "Bad_"`}},
		{"Lease", `spec: {leaseDurationSeconds: 0}`, []string{`spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0`}},
		{"StorageClass", `volumeBindingMode: Later`, []string{`volumeBindingMode: Unsupported value: "Later"`}},
		{"VolumeAttachment", `spec: {source: {persistentVolumeName: null}}`, []string{`spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName`}},
		{"CSINode", `spec: {drivers: [{name: d, nodeID: ""}]}`, []string{`spec.drivers[0].nodeID: Required value`}},
		{"VolumeAttributesClass", `parameters: null`, []string{`parameters: Required value: must contain at least one key/value pair`}},
		{"FlowSchema", `spec: {matchingPrecedence: 1}`, []string{`spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1`}},
		{"FlowSchema", `spec: {rules: [{subjects: [{kind: User}], resourceRules: null}]}`, []string{
			`spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'`,
			`spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty`,
		}},
		{"FlowSchema", `metadata: {name: exempt}`, []string{`spec: Invalid value`}},
		{"PriorityLevelConfiguration", `spec: {limited: {limitResponse: {type: Reject}}}`, []string{`spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited`}},
		{"PriorityLevelConfiguration", `spec: {limited: {limitResponse: {queuing: {queues: 7, handSize: 8}}}}`, []string{`spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (7)`}},
		{"ResourceClaim", `spec: {devices: {requests: [{name: gpu}]}}`, []string{"spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"}},
		{"DeviceClass", `spec: {selectors: [{cel: {expression: "device.odd"}}]}`, []string{`spec.selectors[0].cel.expression: Invalid value: "device.odd": compilation failed: ERROR`}},
		{"ResourceSlice", `spec: {allNodes: true}`, []string{"spec: Invalid value: null: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set"}},
	})
}

func TestImmutableFields(t *testing.T) {
	checkInvalidUpdates(t, []invalid{
		{"Deployment", `{spec: {selector: {matchLabels: {app: b}}, template: {metadata: {labels: {app: b}}}}}`, []string{`spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable`}},
		{"StatefulSet", `spec: {serviceName: other}`, []string{"spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"}},
		{"StatefulSet", `spec: {replicas: 5, template: {metadata: {annotations: {a: b}}}}`, nil},
		{"Job", `spec: {parallelism: 2}`, nil},
		{"Job", `spec: {parallelism: 5, completions: 5}`, nil},
		{"Job", `spec: {completions: 5}`, []string{`spec.completions: Invalid value: 5: can only be modified in tandem with parallelism`}},
		{"Job", `spec: {template: {spec: {nodeSelector: {a: b}}}}`, []string{`spec.template: Invalid value`}},
		{"Secret", `type: other`, []string{`type: Invalid value: "other": field is immutable`}},
		{"Service", `spec: {clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9]}`, []string{`spec.clusterIPs[0]: Invalid value: ["10.96.0.9"]: may not change once set`}},
		{"PersistentVolume", `spec: {hostPath: {path: /other}}`, []string{`spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation`}},
		{"PersistentVolumeClaim", `spec: {resources: {requests: {storage: 2Gi}}}`, nil},
		{"PersistentVolumeClaim", `spec: {resources: {requests: {storage: 1Mi}}}`, []string{`spec.resources.requests.storage: Forbidden: field can not be less than status.capacity`}},
		{"PersistentVolumeClaim", `spec: {accessModes: [ReadWriteMany]}`, []string{`spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims`}},
		{"RoleBinding", `roleRef: {name: other}`, []string{`roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"other"}: cannot change roleRef`}},
		{"StorageClass", `parameters: {a: c}`, []string{`parameters: Invalid value: {"a":"c"}: field is immutable`}},
		{"PriorityClass", `value: 5`, []string{`value: Forbidden: may not be changed in an update.`}},
		{"IngressClass", `spec: {controller: example.com/other}`, []string{`spec.controller: Invalid value: "example.com/other": field is immutable`}},
		{"EndpointSlice", `{addressType: FQDN, endpoints: []}`, []string{`addressType: Invalid value: "FQDN": field is immutable`}},
		{"RuntimeClass", `handler: other`, []string{`handler: Invalid value: "other": field is immutable`}},
		{"ServiceCIDR", `spec: {cidrs: [10.97.0.0/16]}`, []string{`spec.cidrs[0]: Invalid value: "10.97.0.0/16": field is immutable`}},
		{"ServiceCIDR", `spec: {cidrs: [10.96.0.0/16, "fd00::/112"]}`, nil},
		{"ResourceClaim", `spec: {devices: {requests: [{name: gpu, exactly: {deviceClassName: other}}]}}`, []string{`spec: Invalid value`}},
		{"Node", `spec: {podCIDR: 10.244.1.0/24, podCIDRs: [10.244.1.0/24]}`, []string{`spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid`}},
		{"ControllerRevision", `data: {a: c}`, []string{`data: Invalid value`}},
	})
}

// TestImmutableConfigStaysAsItIs quotes https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-immutable.
func TestImmutableConfigStaysAsItIs(t *testing.T) {
	for _, kind := range []string{"ConfigMap", "Secret"} {
		old := object(t, kind, `{immutable: true, metadata: {resourceVersion: "1"}}`)
		obj := object(t, kind, `{immutable: false, data: {k: Yg==}, metadata: {resourceVersion: "1"}}`)
		compare(t, rows()[kind].ValidateUpdate(t.Context(), obj, old), []string{
			"immutable: Forbidden: field is immutable when `immutable` is set", "data: Forbidden: field is immutable when `immutable` is set",
		})
	}
}

func TestCertificateRequests(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	valid := &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{Name: "csr", ResourceVersion: "1"},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			SignerName: "example.com/signer", Usages: []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth},
			Request: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request}),
		},
	}
	compare(t, validation.CertificateSigningRequest(valid), nil)

	broken := valid.DeepCopy()
	broken.Spec = certificatesv1.CertificateSigningRequestSpec{Request: []byte("x"), SignerName: "odd", ExpirationSeconds: new(int32(599))}
	compare(t, validation.CertificateSigningRequest(broken), []string{
		`spec.request: Invalid value`, `spec.usages: Required value`,
		`spec.signerName: Invalid value: "odd": must be a fully qualified domain and path`,
		`spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)`,
	})

	type condition = certificatesv1.CertificateSigningRequestCondition
	approved := valid.DeepCopy()
	approved.Status.Conditions = []condition{{Type: certificatesv1.CertificateApproved, Status: "True"}}
	compare(t, validation.CertificateSigningRequestApprovalUpdate(approved, valid), nil)
	compare(t, validation.CertificateSigningRequestApprovalUpdate(valid, approved), []string{`status.conditions: Forbidden: updates may not remove a condition of type "Approved"`})
	both := approved.DeepCopy()
	both.Status.Conditions = append(both.Status.Conditions, condition{Type: certificatesv1.CertificateDenied, Status: "True"})
	compare(t, validation.CertificateSigningRequestApprovalUpdate(both, approved), []string{`status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive`})

	signed := approved.DeepCopy()
	signed.Status.Certificate = []byte("no certificate")
	compare(t, validation.CertificateSigningRequestStatusUpdate(signed, approved), []string{`status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block`})
}

func TestFinishedJobStaysFinished(t *testing.T) {
	now := metav1.Now()
	condition := func(kinds ...batchv1.JobConditionType) []batchv1.JobCondition {
		var list []batchv1.JobCondition
		for _, kind := range kinds {
			list = append(list, batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue})
		}
		return list
	}
	complete := batchv1.JobStatus{Succeeded: 1, StartTime: &now, CompletionTime: &now, Conditions: condition(batchv1.JobSuccessCriteriaMet, batchv1.JobComplete)}
	for _, test := range []struct {
		name     string
		old, now batchv1.JobStatus
		want     []string
	}{
		{"completes", batchv1.JobStatus{Active: 1, Ready: new(int32(1))}, complete, nil},
		{"goes on", complete, batchv1.JobStatus{Succeeded: 1, Active: 1, StartTime: &now}, []string{
			"status.conditions: Invalid value: cannot disable the terminal Complete=True condition",
			"status.conditions: Invalid value: cannot disable the terminal SuccessCriteriaMet=True condition",
		}},
		{"has no time", batchv1.JobStatus{}, batchv1.JobStatus{Conditions: condition(batchv1.JobComplete)}, []string{
			"status.completionTime: Required value", "status.startTime: Required value",
			"status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
		}},
		{"ends in both ways", batchv1.JobStatus{}, batchv1.JobStatus{
			StartTime: &now, CompletionTime: &now, Conditions: condition(batchv1.JobComplete, batchv1.JobFailed, batchv1.JobSuccessCriteriaMet, batchv1.JobFailureTarget),
		}, []string{
			"status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions",
			"status.conditions: Invalid value: cannot set Complete=True and FailureTarget=true conditions",
			"status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions",
			"status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions",
		}},
		{"runs after its failure", batchv1.JobStatus{}, batchv1.JobStatus{StartTime: &now, Active: 1, Conditions: condition(batchv1.JobFailureTarget, batchv1.JobFailed)}, []string{"status.active: Invalid value: 1: active>0 is invalid for finished job"}},
		{"is more ready than active", batchv1.JobStatus{}, batchv1.JobStatus{Ready: new(int32(1))}, []string{"status.ready: Invalid value: 1: cannot set more ready pods than active"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			meta := metav1.ObjectMeta{Name: "j", Namespace: "default", ResourceVersion: "1"}
			compare(t, validation.JobStatusUpdate(&batchv1.Job{ObjectMeta: meta, Status: test.now}, &batchv1.Job{ObjectMeta: meta, Status: test.old}), test.want)
		})
	}
}

// TestShrunkJobForgetsIndexes holds what upstream answered to an elastic job (KEP-3715): its controller counts again after completions fell.
func TestShrunkJobForgetsIndexes(t *testing.T) {
	job := func(completions, succeeded int32, indexes string) *batchv1.Job {
		return &batchv1.Job{
			ObjectMeta: metav1.ObjectMeta{Name: "j", Namespace: "default", ResourceVersion: "1"},
			Spec:       batchv1.JobSpec{CompletionMode: new(batchv1.IndexedCompletion), Completions: &completions},
			Status:     batchv1.JobStatus{Succeeded: succeeded, CompletedIndexes: indexes},
		}
	}
	compare(t, validation.JobStatusUpdate(job(2, 2, "0,1"), job(2, 3, "0-2")), nil)
	compare(t, validation.JobStatusUpdate(job(2, 3, "0-2"), job(2, 3, "0-2")), nil)
	compare(t, validation.JobStatusUpdate(job(4, 2, "0,1"), job(4, 3, "0-2")), []string{"status.succeeded: Invalid value: 2: cannot decrease the succeeded counter"})
}

// TestServiceConditionsMayBeIncomplete holds what upstream's test of the service status life cycle writes.
func TestServiceConditionsMayBeIncomplete(t *testing.T) {
	old := object(t, "Service", `metadata: {resourceVersion: "1"}`).(*corev1.Service)
	service := old.DeepCopy()
	service.Status.Conditions = []metav1.Condition{{Type: "StatusPatched", Status: metav1.ConditionTrue}}
	compare(t, validation.ServiceStatusUpdate(service, old), nil)
	service.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "1.2.3.4", IPMode: new(corev1.LoadBalancerIPModeVIP)}}
	compare(t, validation.ServiceStatusUpdate(service, old), []string{`status.loadBalancer.ingress: Forbidden: may only be used when ` + "`spec.type`" + ` is "LoadBalancer"`})
}
