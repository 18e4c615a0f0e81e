package defaults_test

import (
	"math/rand"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/equality"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/reference/api"
	"github.com/seatrial/seatrial/reference/api/scheme"
)

func TestDefaultsAreIdempotent(t *testing.T) {
	random := fuzzer.FuzzerFor(metafuzzer.Funcs, rand.NewSource(1), scheme.Codecs)
	for _, r := range api.Resources() {
		for range 30 {
			obj := r.New()
			random.Fill(obj)
			scheme.Scheme.Default(obj)
			once := obj.DeepCopyObject()
			scheme.Scheme.Default(obj)
			if !equality.Semantic.DeepEqual(once, obj) {
				t.Errorf("%s: the second time changed (-once +twice):\n%s", r.Kind, cmp.Diff(once, obj))
				break
			}
		}
	}
}

// TestEveryPodSpecIsDefaulted finds pod specs wherever a kind nests them.
func TestEveryPodSpecIsDefaulted(t *testing.T) {
	found := 0
	for _, r := range api.Resources() {
		obj := r.New()
		setTemplates(reflect.ValueOf(obj).Elem())
		scheme.Scheme.Default(obj)
		eachPodSpec(reflect.ValueOf(obj).Elem(), func(spec corev1.PodSpec) {
			found++
			if spec.DNSPolicy != corev1.DNSClusterFirst || spec.SchedulerName != "default-scheduler" {
				t.Errorf("%s: pod spec has no defaults", r.Kind)
			}
		})
	}
	if found < 9 { // Pod, PodTemplate, RC, Deployment, RS, StatefulSet, DaemonSet, Job, CronJob
		t.Errorf("found %d pod specs, want 9", found)
	}
}

// setTemplates makes pointers to pod templates point to one.
func setTemplates(v reflect.Value) {
	for _, field := range v.Fields() {
		if field.Type() == reflect.TypeFor[*corev1.PodTemplateSpec]() {
			field.Set(reflect.ValueOf(&corev1.PodTemplateSpec{}))
		} else if field.Kind() == reflect.Struct && field.CanSet() {
			setTemplates(field)
		}
	}
}

func eachPodSpec(v reflect.Value, visit func(corev1.PodSpec)) {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return
	}
	if v.Type() == reflect.TypeFor[corev1.PodSpec]() {
		visit(v.Interface().(corev1.PodSpec))
		return
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			eachPodSpec(v.Field(i), visit)
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, test := range []struct {
		name  string
		obj   runtime.Object
		given string // YAML
		want  string // YAML: given with what is filled in
	}{
		{name: "pod", obj: &corev1.Pod{}, given: `
spec:
  hostNetwork: true
  containers:
  - name: a
    image: registry:5000/a
    ports: [{containerPort: 80}]
    resources: {limits: {cpu: "1", memory: 1Gi}, requests: {cpu: 100m}}
    readinessProbe: {httpGet: {port: 80}}
    env: [{name: n, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
  volumes:
  - name: v
  - name: p
    projected: {sources: [{serviceAccountToken: {path: token}}]}
  - name: h
    hostPath: {path: /a}`, want: `
spec:
  hostNetwork: true
  dnsPolicy: ClusterFirst
  restartPolicy: Always
  schedulerName: default-scheduler
  securityContext: {}
  enableServiceLinks: true
  terminationGracePeriodSeconds: 30
  containers:
  - name: a
    image: registry:5000/a
    imagePullPolicy: Always
    terminationMessagePath: /dev/termination-log
    terminationMessagePolicy: File
    ports: [{containerPort: 80, hostPort: 80, protocol: TCP}]
    resources: {limits: {cpu: "1", memory: 1Gi}, requests: {cpu: 100m, memory: 1Gi}}
    readinessProbe: {httpGet: {port: 80, path: /, scheme: HTTP}, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3}
    env: [{name: n, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}]
  volumes:
  - name: v
    emptyDir: {}
  - name: p
    projected: {defaultMode: 420, sources: [{serviceAccountToken: {path: token, expirationSeconds: 3600}}]}
  - name: h
    hostPath: {path: /a, type: ""}`},
		{name: "requests of the pod follow its containers and its limit", obj: &corev1.Pod{}, given: `
spec:
  resources: {limits: {cpu: 5m, memory: 7Mi}}
  containers:
  - {name: a, image: "a:1", resources: {limits: {cpu: 2m}}}
  - {name: b, image: "a:1", resources: {limits: {cpu: 1m, hugepages-2Mi: 2Mi}}}`, want: `
spec:
  dnsPolicy: ClusterFirst
  restartPolicy: Always
  schedulerName: default-scheduler
  securityContext: {}
  enableServiceLinks: true
  terminationGracePeriodSeconds: 30
  resources: {limits: {cpu: 5m, memory: 7Mi, hugepages-2Mi: 2Mi}, requests: {cpu: 3m, memory: 7Mi, hugepages-2Mi: 2Mi}}
  containers:
  - {name: a, image: "a:1", imagePullPolicy: IfNotPresent, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File,
     resources: {limits: {cpu: 2m}, requests: {cpu: 2m}}}
  - {name: b, image: "a:1", imagePullPolicy: IfNotPresent, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File,
     resources: {limits: {cpu: 1m, hugepages-2Mi: 2Mi}, requests: {cpu: 1m, hugepages-2Mi: 2Mi}}}`},
		{name: "service", obj: &corev1.Service{}, given: `
spec: {sessionAffinity: ClientIP, ports: [{port: 80}, {port: 81, targetPort: web}]}`, want: `
spec:
  type: ClusterIP
  internalTrafficPolicy: Cluster
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}}
  ports: [{port: 80, protocol: TCP, targetPort: 80}, {port: 81, protocol: TCP, targetPort: web}]`},
		{name: "load balancer", obj: &corev1.Service{}, given: `
spec: {type: LoadBalancer}`, want: `
spec:
  type: LoadBalancer
  sessionAffinity: None
  internalTrafficPolicy: Cluster
  externalTrafficPolicy: Cluster
  allocateLoadBalancerNodePorts: true`},
		{name: "secret", obj: &corev1.Secret{}, given: `
{stringData: {a: new, c: x}, data: {a: b2xk, b: a2VwdA==}}`, want: `
{type: Opaque, data: {a: bmV3, b: a2VwdA==, c: eA==}}`},
		{name: "node", obj: &corev1.Node{}, given: `
{spec: {podCIDR: 10.0.0.0/24}, status: {capacity: {cpu: 2}}}`, want: `
{spec: {podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24]}, status: {capacity: {cpu: 2}, allocatable: {cpu: 2}}}`},
		{name: "namespace", obj: &corev1.Namespace{}, given: `
metadata: {name: n}`, want: `
metadata: {name: n, labels: {kubernetes.io/metadata.name: n}}
status: {phase: Active}`},
		{name: "limit range", obj: &corev1.LimitRange{}, given: `
spec: {limits: [{type: Container, max: {cpu: 100m}, min: {memory: 100Mi}}]}`, want: `
spec: {limits: [{type: Container, max: {cpu: 100m}, min: {memory: 100Mi}, default: {cpu: 100m}, defaultRequest: {cpu: 100m, memory: 100Mi}}]}`},
		{name: "cron job", obj: &batchv1.CronJob{}, given: `
spec: {schedule: "* * * * *"}`, want: `
spec:
  schedule: "* * * * *"
  concurrencyPolicy: Allow
  suspend: false
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 1
  jobTemplate: {spec: {template: {spec: {dnsPolicy: ClusterFirst, restartPolicy: Always, schedulerName: default-scheduler, securityContext: {}, terminationGracePeriodSeconds: 30}}}}`},
		{name: "daemon set", obj: &appsv1.DaemonSet{}, given: `{}`, want: `
metadata: {annotations: {deprecated.daemonset.template.generation: "0"}}
spec:
  revisionHistoryLimit: 10
  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
  template: {spec: {dnsPolicy: ClusterFirst, restartPolicy: Always, schedulerName: default-scheduler, securityContext: {}, terminationGracePeriodSeconds: 30}}`},
		{name: "autoscaler", obj: &autoscalingv2.HorizontalPodAutoscaler{}, given: `
spec: {behavior: {scaleUp: {stabilizationWindowSeconds: 100}}}`, want: `
spec:
  minReplicas: 1
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
  behavior:
    scaleUp: {stabilizationWindowSeconds: 100, selectPolicy: Max, policies: [{type: Pods, value: 4, periodSeconds: 15}, {type: Percent, value: 100, periodSeconds: 15}]}
    scaleDown: {selectPolicy: Max, policies: [{type: Percent, value: 100, periodSeconds: 15}]}`},
		{name: "network policy", obj: &networkingv1.NetworkPolicy{}, given: `
spec: {egress: [{ports: [{port: 53}]}]}`, want: `
spec: {policyTypes: [Ingress, Egress], egress: [{ports: [{port: 53, protocol: TCP}]}]}`},
		{name: "role binding", obj: &rbacv1.RoleBinding{}, given: `
{roleRef: {kind: Role, name: r}, subjects: [{kind: User, name: u}, {kind: ServiceAccount, name: s}]}`, want: `
{roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: u}, {kind: ServiceAccount, name: s}]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, want := test.obj.DeepCopyObject(), test.obj.DeepCopyObject()
			decode(t, test.given, got)
			decode(t, test.want, want)
			scheme.Scheme.Default(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestJobDefaults(t *testing.T) {
	for _, test := range []struct {
		name                                   string
		spec                                   batchv1.JobSpec
		completions, parallelism, backoffLimit *int32
		replacement                            batchv1.PodReplacementPolicy
	}{
		{"neither", batchv1.JobSpec{}, new(int32(1)), new(int32(1)), new(int32(6)), batchv1.TerminatingOrFailed},
		{"work queue", batchv1.JobSpec{Parallelism: new(int32(3))}, nil, new(int32(3)), new(int32(6)), batchv1.TerminatingOrFailed},
		{
			"limit per index",
			batchv1.JobSpec{Completions: new(int32(4)), BackoffLimitPerIndex: new(int32(1))},
			new(int32(4)), new(int32(1)), new(int32(2147483647)), batchv1.TerminatingOrFailed,
		},
		{"failure policy", batchv1.JobSpec{PodFailurePolicy: &batchv1.PodFailurePolicy{}}, new(int32(1)), new(int32(1)), new(int32(6)), batchv1.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			job := &batchv1.Job{Spec: test.spec}
			scheme.Scheme.Default(job)
			got := []*int32{job.Spec.Completions, job.Spec.Parallelism, job.Spec.BackoffLimit}
			if diff := cmp.Diff([]*int32{test.completions, test.parallelism, test.backoffLimit}, got); diff != "" {
				t.Errorf("completions, parallelism, backoffLimit -want +got:\n%s", diff)
			}
			if *job.Spec.PodReplacementPolicy != test.replacement {
				t.Errorf("podReplacementPolicy %s, want %s", *job.Spec.PodReplacementPolicy, test.replacement)
			}
		})
	}
}

func decode(t *testing.T, text string, into runtime.Object) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
