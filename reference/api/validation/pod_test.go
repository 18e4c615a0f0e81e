package validation_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/reference/api/validation"
)

func TestInvalidPods(t *testing.T) {
	checkInvalid(t, []invalid{
		{"Pod", `metadata: {name: Upper_case}`, []string{
			`metadata.name: Invalid value: "Upper_case": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters`,
		}},
		{"Pod", `metadata: {labels: {app: "not valid"}}`, []string{`metadata.labels: Invalid value: "not valid"`}},
		{"Pod", `metadata: {namespace: null}`, []string{`metadata.namespace: Required value`}},
		{"Pod", `spec: {containers: null}`, []string{`spec.containers: Required value`}},
		{"Pod", `spec: {restartPolicy: Sometimes}`, []string{`spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"`}},
		{"Pod", `spec: {dnsPolicy: None}`, []string{"spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"}},
		{"Pod", `spec: {activeDeadlineSeconds: 0}`, []string{`spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive`}},
		{"Pod", `spec: {hostname: a.b}`, []string{`spec.hostname: Invalid value: "a.b": must not contain dots`}},
		{"Pod", `spec: {nodeSelector: {"a b": c}}`, []string{`spec.nodeSelector: Invalid value: "a b"`}},
		{"Pod", `spec: {tolerations: [{key: k, operator: Exists, value: v}]}`, []string{`spec.tolerations[0].operator: Invalid value`}},
		{"Pod", `spec: {tolerations: [{key: k, tolerationSeconds: 1, effect: NoSchedule}]}`, []string{"spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set"}},
		{"Pod", `spec: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}}`, []string{
			`spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term`,
		}},
		{"Pod", `spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}}]}}}`, []string{
			`spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty`,
			`spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty`,
			`spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must consist of`,
		}},
		{"Pod", `spec: {topologySpreadConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: Maybe}]}`, []string{
			`spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than 0`,
			`spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe"`,
		}},
		{"Pod", `spec: {schedulingGates: [{name: a}, {name: a}], nodeName: node}`, []string{
			`spec.schedulingGates[1]: Duplicate value: "a"`, `spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared`,
		}},
		{"Pod", `spec: {securityContext: {sysctls: [{name: "kernel..x", value: "1"}], runAsUser: -1}}`, []string{
			`spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
			`spec.securityContext.sysctls[0].name: Invalid value: "kernel..x": must have at most 253 characters and match regex`,
		}},
		{"Pod", `spec: {hostPID: true, shareProcessNamespace: true}`, []string{
			`spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled`,
		}},
		{"Pod", `spec: {hostUsers: false, hostNetwork: true, containers: [{name: c, image: i}]}`, []string{"spec.hostNetwork: Forbidden: when `hostUsers` is false"}},
		{"Pod", `spec: {ephemeralContainers: [{name: e, image: i}]}`, []string{`spec.ephemeralContainers: Forbidden: cannot be set on create`}},
		{"Pod", `spec: {initContainers: [{name: c, image: i}]}`, []string{`spec.initContainers[0].name: Duplicate value: "c"`}},
		{"Pod", `spec: {initContainers: [{name: i, image: i, livenessProbe: {exec: {command: [a]}}}]}`, []string{
			`spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always`,
		}},
	})
}

// TestInvalidContainers holds the rules for one container of a pod.
func TestInvalidContainers(t *testing.T) {
	for _, test := range []struct{ container, want string }{
		{`{name: "", image: i}`, `spec.containers[0].name: Required value`},
		{`{name: a.b, image: i}`, `spec.containers[0].name: Invalid value: "a.b": must not contain dots`},
		{`{name: c}`, `spec.containers[0].image: Required value`},
		{`{name: c, image: " i"}`, `spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace`},
		{`{name: c, image: i, imagePullPolicy: Soon}`, `spec.containers[0].imagePullPolicy: Unsupported value: "Soon": supported values: "Always", "IfNotPresent", "Never"`},
		{`{name: c, image: i, ports: [{containerPort: 0}]}`, `spec.containers[0].ports[0].containerPort: Required value`},
		{`{name: c, image: i, ports: [{containerPort: 70000}]}`, `spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`},
		{`{name: c, image: i, ports: [{containerPort: 1, protocol: X}]}`, `spec.containers[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"`},
		{`{name: c, image: i, ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]}`, `spec.containers[0].ports[1].name: Duplicate value: "a"`},
		{`{name: c, image: i, ports: [{containerPort: 1, hostPort: 9}, {containerPort: 2, hostPort: 9}]}`, `spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//9"`},
		{`{name: c, image: i, env: [{name: ""}]}`, `spec.containers[0].env[0].name: Required value`},
		{`{name: c, image: i, env: [{name: "a=b"}]}`, `spec.containers[0].env[0].name: Invalid value: "a=b"`},
		{
			`{name: c, image: i, env: [{name: a, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}`,
			"spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty",
		},
		{`{name: c, image: i, env: [{name: a, valueFrom: {}}]}`, "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`"},
		{`{name: c, image: i, env: [{name: a, valueFrom: {fieldRef: {fieldPath: spec.hostname}}}]}`, `spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.hostname": error converting fieldPath: field label not supported: spec.hostname`},
		{`{name: c, image: i, env: [{name: a, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1k}}}]}`, `spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "1k": only divisor's values 1m, 1 are supported`},
		{`{name: c, image: i, env: [{name: a, valueFrom: {secretKeyRef: {name: s, key: "a b"}}}]}`, `spec.containers[0].env[0].valueFrom.secretKeyRef.key: Invalid value: "a b"`},
		{`{name: c, image: i, envFrom: [{}]}`, "spec.containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"},
		{`{name: c, image: i, volumeMounts: [{name: gone, mountPath: /a}]}`, `spec.containers[0].volumeMounts[0].name: Not found: "gone"`},
		{`{name: c, image: i, volumeMounts: [{name: empty, mountPath: /a}, {name: all, mountPath: /a}]}`, `spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique`},
		{`{name: c, image: i, volumeMounts: [{name: empty, mountPath: /a, subPath: ../b}]}`, `spec.containers[0].volumeMounts.subPath: Invalid value: "../b": must not contain '..'`},
		{`{name: c, image: i, volumeMounts: [{name: empty, mountPath: /a, subPath: b, subPathExpr: c}]}`, `spec.containers[0].volumeMounts[0].subPathExpr: Invalid value: "c": subPathExpr and subPath are mutually exclusive`},
		{`{name: c, image: i, volumeMounts: [{name: empty, mountPath: /a, mountPropagation: Bidirectional}]}`, `spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`},
		{`{name: c, image: i, livenessProbe: {}}`, `spec.containers[0].livenessProbe: Required value: must specify a handler type`},
		{`{name: c, image: i, livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}}`, `spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`},
		{`{name: c, image: i, livenessProbe: {exec: {command: [a]}, successThreshold: 2}}`, `spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1`},
		{`{name: c, image: i, readinessProbe: {exec: {command: [a]}, timeoutSeconds: -1}}`, `spec.containers[0].readinessProbe.timeoutSeconds: Invalid value: -1: must be greater than or equal to 0`},
		{`{name: c, image: i, readinessProbe: {exec: {command: [a]}, terminationGracePeriodSeconds: 1}}`, `spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes`},
		{`{name: c, image: i, lifecycle: {preStop: {sleep: {seconds: 31}}}}`, `spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`},
		{`{name: c, image: i, resources: {requests: {cpu: 2}, limits: {cpu: 1}}}`, `spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`},
		{`{name: c, image: i, resources: {requests: {memory: -1}}}`, `spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`},
		{`{name: c, image: i, resources: {requests: {gpu: 1}}}`, `spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`},
		{`{name: c, image: i, resources: {requests: {a.com/gpu: 1}}}`, `spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources`},
		{`{name: c, image: i, resources: {requests: {a.com/gpu: 2}, limits: {a.com/gpu: 3}}}`, `spec.containers[0].resources.requests: Invalid value: "2": must be equal to a.com/gpu limit of 3`},
		{`{name: c, image: i, resources: {limits: {hugepages-2Mi: 2Mi}}}`, `spec.containers[0].resources: Forbidden: HugePages require cpu or memory`},
		{`{name: c, image: i, securityContext: {privileged: true, allowPrivilegeEscalation: false}}`, "spec.containers[0].securityContext: Invalid value"},
		{`{name: c, image: i, securityContext: {seccompProfile: {type: Localhost}}}`, `spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when type is Localhost`},
		{`{name: c, image: i, securityContext: {procMount: Unmasked}}`, "spec.containers[0].securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`"},
		{`{name: c, image: i, terminationMessagePolicy: Loud}`, `spec.containers[0].terminationMessagePolicy: Unsupported value: "Loud"`},
	} {
		checkInvalid(t, []invalid{{"Pod", `spec: {containers: [` + test.container + `]}`, []string{test.want}}})
	}
}

func TestInvalidVolumes(t *testing.T) {
	for _, test := range []struct{ volume, want string }{
		{`{name: A}`, `spec.volumes[2].name: Invalid value: "A"`},
		{`{name: empty}`, `spec.volumes[2].name: Duplicate value: "empty"`},
		{`{name: v, emptyDir: {}, hostPath: {path: /a}}`, `spec.volumes[2].hostPath: Forbidden: may not specify more than 1 volume type`},
		{`{name: v, hostPath: {path: /a/../b}}`, `spec.volumes[2].hostPath.path: Invalid value: "/a/../b": must not contain '..'`},
		{`{name: v, hostPath: {path: /a, type: Odd}}`, `spec.volumes[2].hostPath.type: Unsupported value: "Odd"`},
		{`{name: v, secret: {}}`, `spec.volumes[2].secret.secretName: Required value`},
		{`{name: v, configMap: {name: c, defaultMode: 512}}`, `spec.volumes[2].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive`},
		{`{name: v, configMap: {name: c, items: [{key: k, path: ..data}]}}`, `spec.volumes[2].configMap.items[0].path: Invalid value: "..data": must not start with '..'`},
		{`{name: v, downwardAPI: {items: [{path: p}]}}`, `spec.volumes[2].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required`},
		{`{name: v, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 599}}]}}`, `spec.volumes[2].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes`},
		{`{name: v, projected: {sources: [{serviceAccountToken: {path: t}}, {configMap: {name: c, items: [{key: k, path: t}]}}]}}`, `spec.volumes[2].projected: Invalid value: "t": conflicting duplicate paths`},
		{`{name: v, persistentVolumeClaim: {claimName: ""}}`, `spec.volumes[2].persistentVolumeClaim.claimName: Required value`},
		{`{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}}`, `spec.volumes[2].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value`},
		{`{name: v, image: {}}`, `spec.volumes[2].image.reference: Required value`},
	} {
		volumes := `spec: {volumes: [{name: empty, emptyDir: {}}, {name: all, emptyDir: {}}, ` + test.volume + `]}`
		checkInvalid(t, []invalid{{"Pod", volumes, []string{test.want}}})
	}
}

func TestPodUpdates(t *testing.T) {
	fixed := []string{"spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"}
	checkInvalidUpdates(t, []invalid{
		{"Pod", `spec: {activeDeadlineSeconds: 99, tolerations: [{key: k, operator: Exists, effect: NoExecute, tolerationSeconds: 9}, {key: new, operator: Exists}]}`, nil},
		{"Pod", `metadata: {labels: {new: label}}`, nil},
		{"Pod", `spec: {activeDeadlineSeconds: 101}`, []string{`spec.activeDeadlineSeconds: Invalid value: 101: must be less than or equal to previous value`}},
		{"Pod", `spec: {tolerations: []}`, []string{`spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds`}},
		{"Pod", `spec: {schedulingGates: [{name: g}]}`, []string{`spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'`}},
		{"Pod", `spec: {hostname: other}`, fixed},
		{"Pod", `spec: {nodeSelector: {a: b}}`, fixed},
		{"Pod", `spec: {initContainers: null}`, []string{`spec.initContainers: Forbidden: pod updates may not add or remove containers`}},
		{"Pod", `metadata: {name: other}`, []string{`metadata.name: Invalid value: "other": field is immutable`}},
	})
}

func TestPodImageMayChange(t *testing.T) {
	old := object(t, "Pod", `metadata: {resourceVersion: "1"}`).(*corev1.Pod)
	pod := old.DeepCopy()
	pod.Spec.Containers[0].Image = "busybox:2"
	if errs := validation.PodUpdate(pod, old); len(errs) > 0 {
		t.Error(errs)
	}
	pod.Spec.Containers[0].Command = []string{"sh"}
	if errs := validation.PodUpdate(pod, old); len(errs) != 1 || !strings.Contains(errs[0].Detail, "Command") {
		t.Errorf("changed command: %v", errs)
	}
}

// TestGatedPodGetsStricter quotes KEP-3838: mutable pod scheduling directives when gated.
func TestGatedPodGetsStricter(t *testing.T) {
	old := object(t, "Pod", `{metadata: {resourceVersion: "1"}, spec: {schedulingGates: [{name: g}], nodeSelector: {a: b}}}`).(*corev1.Pod)
	for _, test := range []struct {
		name   string
		change func(*corev1.PodSpec)
		want   string
	}{
		{"the gate is removed", func(s *corev1.PodSpec) { s.SchedulingGates = nil }, ""},
		{"a selector is added", func(s *corev1.PodSpec) { s.NodeSelector["c"] = "d" }, ""},
		{"a selector is removed", func(s *corev1.PodSpec) { s.NodeSelector = nil }, "spec.nodeSelector: Invalid value"},
		{"an expression is added", func(s *corev1.PodSpec) {
			term := &s.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0]
			term.MatchExpressions = append(term.MatchExpressions, corev1.NodeSelectorRequirement{Key: "x", Operator: corev1.NodeSelectorOpExists})
		}, ""},
		{"an expression is changed", func(s *corev1.PodSpec) {
			s.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchExpressions[0].Values = []string{"hdd"}
		}, "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]: Invalid value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pod := old.DeepCopy()
			test.change(&pod.Spec)
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			compare(t, validation.PodUpdate(pod, old), want)
		})
	}
}

func TestPodStatusUpdates(t *testing.T) {
	old := object(t, "Pod", `metadata: {resourceVersion: "1"}`).(*corev1.Pod)
	if err := yaml.Unmarshal([]byte(`{qosClass: Burstable, containerStatuses: [{name: c, state: {terminated: {exitCode: 0}}}]}`), &old.Status); err != nil {
		t.Fatal(err)
	}
	old.Spec.RestartPolicy = corev1.RestartPolicyNever
	pod := old.DeepCopy()
	pod.Status.QOSClass = corev1.PodQOSBestEffort
	pod.Status.ContainerStatuses[0].State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	pod.Status.PodIPs = []corev1.PodIP{{IP: "10.0.0.1"}, {IP: "10.0.0.1"}}
	pod.Status.Conditions = []corev1.PodCondition{{Type: "not valid"}}
	compare(t, validation.PodStatusUpdate(pod, old), []string{
		`status.qosClass: Invalid value: "BestEffort": field is immutable`,
		`status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state`,
		`status.podIPs: Invalid value: ["10.0.0.1","10.0.0.1"]: may specify no more than one IP for each IP family`,
		`status.conditions[0].Type: Invalid value: "not valid"`,
	})
}
