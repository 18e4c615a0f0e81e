package columns

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// In a synctest bubble it is always midnight of the first of January 2000, so
// ages are exact.
func TestCells(t *testing.T) {
	for _, test := range []struct {
		name    string
		columns []Column
		obj     runtime.Object
		given   string
		want    string
	}{
		{
			"node", Node(), &corev1.Node{}, `
metadata: {name: m, creationTimestamp: "1999-12-31T23:00:00Z", labels: {node-role.kubernetes.io/control-plane: "", kubernetes.io/role: master}}
spec: {unschedulable: true}
status:
  conditions: [{type: Ready, status: "True"}]
  addresses: [{type: InternalIP, address: 10.0.0.1}]
  nodeInfo: {kubeletVersion: v1.36.3, osImage: Debian, kernelVersion: "6.1", architecture: amd64, containerRuntimeVersion: "containerd://2.3"}`,
			`m|Ready,SchedulingDisabled|control-plane,master|60m|v1.36.3|10.0.0.1|<none>|Debian|6.1 (amd64)|containerd://2.3`,
		},
		{
			"node that does not report", Node(), &corev1.Node{}, `{metadata: {name: m}}`,
			`m|Unknown|<none>|<unknown>||<none>|<none>|<unknown>|<unknown>|<unknown>`,
		},
		{
			"service with a node port", Service(), &corev1.Service{}, `
metadata: {name: s}
spec: {type: NodePort, clusterIP: 10.96.0.7, ports: [{port: 80, nodePort: 30080, protocol: TCP}, {port: 53, protocol: UDP}], selector: {a: b}}`,
			`s|NodePort|10.96.0.7|<none>|80:30080/TCP,53/UDP|<unknown>|a=b`,
		},
		{
			"load balancer", Service(), &corev1.Service{}, `
metadata: {name: s}
spec: {type: LoadBalancer, clusterIPs: [10.96.0.7], externalIPs: [9.9.9.9]}
status: {loadBalancer: {ingress: [{ip: 1.1.1.1}, {hostname: lb.example}]}}`,
			`s|LoadBalancer|10.96.0.7|1.1.1.1,lb.example,9.9.9.9|<none>|<unknown>|<none>`,
		},
		{
			"pending load balancer", Service(), &corev1.Service{}, `{spec: {type: LoadBalancer, clusterIP: None}}`,
			`|LoadBalancer|None|<pending>|<none>|<unknown>|<none>`,
		},
		{
			"external name", Service(), &corev1.Service{}, `{spec: {type: ExternalName, externalName: a.example}}`,
			`|ExternalName|<none>|a.example|<none>|<unknown>|<none>`,
		},
		{
			"endpoints", Endpoints(), &corev1.Endpoints{}, `
subsets: [{addresses: [{ip: 1.1.1.1}, {ip: 1.1.1.2}], ports: [{port: 80}, {port: 81}]}]`,
			`|1.1.1.1:80,1.1.1.2:80,1.1.1.1:81 + 1 more...|<unknown>`,
		},
		{"endpoint slice", EndpointSlice(), &discoveryv1.EndpointSlice{}, `
{addressType: IPv4, ports: [{port: 80}, {name: ""}], endpoints: [{addresses: [1.1.1.1]}]}`, `|IPv4|80,*|1.1.1.1|<unknown>`},
		{"deployment", Deployment(), &appsv1.Deployment{}, `
metadata: {name: d}
spec: {replicas: 5, selector: {matchLabels: {a: b}}, template: {spec: {containers: [{name: x, image: i:1}, {name: z, image: i:2}]}}}
status: {readyReplicas: 1, updatedReplicas: 2, availableReplicas: 3}`, `d|1/5|2|3|<unknown>|x,z|i:1,i:2|a=b`},
		{"controller revision", ControllerRevision(), &appsv1.ControllerRevision{}, `
metadata: {name: r, ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: d, controller: true}]}
revision: 3`, `r|daemonset.apps/d|3|<unknown>`},
		{
			"job", Job(), &batchv1.Job{}, `
metadata: {name: j}
spec: {completions: 2}
status: {succeeded: 1, startTime: "1999-12-31T23:59:00Z", completionTime: "1999-12-31T23:59:30Z", conditions: [{type: Failed, status: "True"}]}`,
			`j|Failed|1/2|30s|<unknown>|||<none>`,
		},
		{"work queue", Job(), &batchv1.Job{}, `
spec: {parallelism: 3}
status: {startTime: "1999-12-31T23:59:00Z", conditions: [{type: Suspended, status: "True"}]}`, `|Suspended|0/1 of 3|60s|<unknown>|||<none>`},
		{"cron job", CronJob(), &batchv1.CronJob{}, `
metadata: {name: c}
spec: {schedule: "* * * * *", suspend: true}
status: {active: [{}], lastScheduleTime: "1999-12-31T23:59:50Z"}`, `c|* * * * *|<none>|True|1|10s|<unknown>|||<none>`},
		{
			"autoscaler", HorizontalPodAutoscaler(), &autoscalingv2.HorizontalPodAutoscaler{}, `
metadata: {name: h}
spec:
  scaleTargetRef: {kind: Deployment, name: d}
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
  - {type: External, external: {metric: {name: q}, target: {type: AverageValue, averageValue: 100m}}}
  - {type: Pods, pods: {metric: {name: p}, target: {type: AverageValue, averageValue: 1}}}
status: {currentReplicas: 4, currentMetrics: [{type: Resource, resource: {name: cpu, current: {averageUtilization: 50}}}]}`,
			`h|Deployment/d|cpu: 50%/80%, <unknown>/100m (avg) + 1 more...|2|10|4|<unknown>`,
		},
		{"volume", PersistentVolume(), &corev1.PersistentVolume{}, `
metadata: {name: v}
spec: {capacity: {storage: 4Gi}, accessModes: [ReadWriteMany, ReadWriteOnce], claimRef: {namespace: m, name: c}, persistentVolumeReclaimPolicy: Retain, volumeMode: Block}
status: {phase: Bound}`, `v|4Gi|RWO,RWX|Retain|Bound|m/c||<unset>||<unknown>|Block`},
		{"claim without a volume", PersistentVolumeClaim(), &corev1.PersistentVolumeClaim{}, `
{status: {phase: Pending, capacity: {storage: 1Gi}}, spec: {storageClassName: fast}}`, `|Pending||||fast|<unset>|<unknown>|<unset>`},
		{"quota", ResourceQuota(), &corev1.ResourceQuota{}, `
status: {hard: {pods: 10, cpu: 2, limits.cpu: 4}, used: {pods: 1}}`, `|cpu: 0/2, pods: 1/10|limits.cpu: 0/4|<unknown>`},
		{"ingress", Ingress(), &networkingv1.Ingress{}, `
spec: {rules: [{host: a}, {}, {host: b}, {host: c}, {host: d}], tls: [{}]}`, `|<none>|a,b,c + 1 more...||80, 443|<unknown>`},
		{"default class", IngressClass(), &networkingv1.IngressClass{}, `
metadata: {name: c, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: x, parameters: {apiGroup: g, kind: K, name: m}}`, `c (default)|x|K.g/m|<unknown>`},
		{"storage class", StorageClass(), &storagev1.StorageClass{}, `
metadata: {name: c, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: p`, `c (default)|p|Delete|Immediate|false|<unknown>`},
		{"service address", IPAddress(), &networkingv1.IPAddress{}, `
spec: {parentRef: {resource: services, namespace: default, name: kubernetes}}`, `|services/default/kubernetes`},
		{"role binding", RoleBinding(), &rbacv1.RoleBinding{}, `
roleRef: {kind: Role, name: r}
subjects: [{kind: User, name: u}, {kind: Group, name: g}, {kind: ServiceAccount, namespace: m, name: s}]`, `|Role/r|<unknown>|u|g|m/s`},
		{"certificate", CertificateSigningRequest(), &certificatesv1.CertificateSigningRequest{}, `
spec: {signerName: s, username: u, expirationSeconds: 608400}
status: {conditions: [{type: Approved}], certificate: YQ==}`, `|<unknown>|s|u|7d1h|Approved,Issued`},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				decode(t, test.given, test.obj)
				var cells []string
				for _, c := range test.columns {
					cells = append(cells, fmt.Sprint(c.Cell(test.obj)))
				}
				if got := strings.Join(cells, "|"); got != test.want {
					t.Errorf("\n got %s\nwant %s", got, test.want)
				}
			})
		})
	}
}

func TestEventTellsWhenAndHowOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct{ given, want string }{
			{`{firstTimestamp: "1999-12-31T23:00:00Z", lastTimestamp: "1999-12-31T23:59:50Z", count: 6, source: {component: kubelet, host: m}}`, "10s kubelet, m 60m 6"},
			{`{eventTime: "1999-12-31T23:00:00.000000Z", reportingComponent: scheduler}`, "60m scheduler 60m 1"},
			{`{eventTime: "1999-12-31T23:00:00.000000Z", series: {count: 9, lastObservedTime: "1999-12-31T23:59:00.000000Z"}, reportingComponent: c, reportingInstance: i}`, "60s c, i 60m 9"},
		} {
			event := &corev1.Event{}
			decode(t, test.given, event)
			var cells []string
			for _, c := range Event() {
				switch c.Name {
				case "Last Seen", "Source", "First Seen", "Count":
					cells = append(cells, fmt.Sprint(c.Cell(event)))
				}
			}
			if got := strings.Join(cells, " "); got != test.want {
				t.Errorf("%s:\n got %s\nwant %s", test.given, got, test.want)
			}
		}
	})
}

func decode(t *testing.T, text string, into runtime.Object) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
