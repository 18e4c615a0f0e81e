package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/reference/api"
)

// served is the built-in surface of Kubernetes v1.36 that is stored here, as its
// published discovery documents show it: plural, kind, scope, short names,
// categories, subresources of the row.
const served = `
v1 configmaps ConfigMap ns cm - -
v1 endpoints Endpoints ns ep - -
v1,events.k8s.io/v1 events Event ns ev - -
v1 limitranges LimitRange ns limits - -
v1 namespaces Namespace cluster ns - status
v1 nodes Node cluster no - status
v1 persistentvolumeclaims PersistentVolumeClaim ns pvc - status
v1 persistentvolumes PersistentVolume cluster pv - status
v1 pods Pod ns po all status
v1 podtemplates PodTemplate ns - - -
v1 replicationcontrollers ReplicationController ns rc all scale,status
v1 resourcequotas ResourceQuota ns quota - status
v1 secrets Secret ns - - -
v1 serviceaccounts ServiceAccount ns sa - -
v1 services Service ns svc all status
admissionregistration.k8s.io/v1 mutatingadmissionpolicies MutatingAdmissionPolicy cluster - api-extensions -
admissionregistration.k8s.io/v1 mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding cluster - api-extensions -
admissionregistration.k8s.io/v1 mutatingwebhookconfigurations MutatingWebhookConfiguration cluster - api-extensions -
admissionregistration.k8s.io/v1 validatingadmissionpolicies ValidatingAdmissionPolicy cluster - api-extensions status
admissionregistration.k8s.io/v1 validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding cluster - api-extensions -
admissionregistration.k8s.io/v1 validatingwebhookconfigurations ValidatingWebhookConfiguration cluster - api-extensions -
apps/v1 controllerrevisions ControllerRevision ns - - -
apps/v1 daemonsets DaemonSet ns ds all status
apps/v1 deployments Deployment ns deploy all scale,status
apps/v1 replicasets ReplicaSet ns rs all scale,status
apps/v1 statefulsets StatefulSet ns sts all scale,status
autoscaling/v2,autoscaling/v1 horizontalpodautoscalers HorizontalPodAutoscaler ns hpa all status
batch/v1 cronjobs CronJob ns cj all status
batch/v1 jobs Job ns - all status
certificates.k8s.io/v1 certificatesigningrequests CertificateSigningRequest cluster csr - status
coordination.k8s.io/v1 leases Lease ns - - -
discovery.k8s.io/v1 endpointslices EndpointSlice ns - - -
flowcontrol.apiserver.k8s.io/v1 flowschemas FlowSchema cluster - - status
flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations PriorityLevelConfiguration cluster - - status
networking.k8s.io/v1 ingressclasses IngressClass cluster - - -
networking.k8s.io/v1 ingresses Ingress ns ing - status
networking.k8s.io/v1 ipaddresses IPAddress cluster ip - -
networking.k8s.io/v1 networkpolicies NetworkPolicy ns netpol - -
networking.k8s.io/v1 servicecidrs ServiceCIDR cluster - - status
node.k8s.io/v1 runtimeclasses RuntimeClass cluster - - -
policy/v1 poddisruptionbudgets PodDisruptionBudget ns pdb - status
rbac.authorization.k8s.io/v1 clusterrolebindings ClusterRoleBinding cluster - - -
rbac.authorization.k8s.io/v1 clusterroles ClusterRole cluster - - -
rbac.authorization.k8s.io/v1 rolebindings RoleBinding ns - - -
rbac.authorization.k8s.io/v1 roles Role ns - - -
resource.k8s.io/v1 deviceclasses DeviceClass cluster - - -
resource.k8s.io/v1 resourceclaims ResourceClaim ns - - status
resource.k8s.io/v1 resourceclaimtemplates ResourceClaimTemplate ns - - -
resource.k8s.io/v1 resourceslices ResourceSlice cluster - - -
scheduling.k8s.io/v1 priorityclasses PriorityClass cluster pc - -
storage.k8s.io/v1 csidrivers CSIDriver cluster - - -
storage.k8s.io/v1 csinodes CSINode cluster - - -
storage.k8s.io/v1 csistoragecapacities CSIStorageCapacity ns - - -
storage.k8s.io/v1 storageclasses StorageClass cluster sc - -
storage.k8s.io/v1 volumeattachments VolumeAttachment cluster - - status
storage.k8s.io/v1 volumeattributesclasses VolumeAttributesClass cluster vac - -
`

func TestResourcesAreTheSurfaceOfKubernetes(t *testing.T) {
	var got []string
	for _, r := range api.Resources() {
		got = append(got, line(r))
	}
	want := strings.Split(strings.TrimSpace(served), "\n")
	for _, l := range want {
		if !slices.Contains(got, l) {
			t.Errorf("missing row: %s", l)
		}
	}
	for _, l := range got {
		if !slices.Contains(want, l) {
			t.Errorf("unexpected row: %s", l)
		}
	}
}

func line(r api.Resource) string {
	var versions, subresources []string
	for _, v := range r.Served {
		versions = append(versions, v.String())
	}
	if r.Scale {
		subresources = append(subresources, "scale")
	}
	if r.Status {
		subresources = append(subresources, "status")
	}
	scope := "ns"
	if r.Scope == api.Cluster {
		scope = "cluster"
	}
	return strings.Join([]string{join(versions), r.Plural, r.Kind, scope, join(r.Short), join(r.Categories), join(subresources)}, " ")
}

func join(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, ",")
}

// TestFieldsAreThoseNamed holds that a field selector on a named field always finds a value to compare.
func TestFieldsAreThoseNamed(t *testing.T) {
	for _, r := range api.Resources() {
		var got []string
		if r.Fields != nil {
			for name := range r.Fields(r.New()) {
				got = append(got, name)
			}
		}
		want := slices.Clone(r.FieldNames)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: Fields gives %q, FieldNames says %q", r.Plural, got, want)
		}
	}
}
