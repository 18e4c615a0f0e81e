package api_test

import (
	"strings"
	"testing"

	"github.com/seatrial/seatrial/reference/api"
)

// headers is what kubectl get -o wide prints above the objects of each kind;
// columns in brackets are for -o wide only. Kinds that are not listed have the
// plain table: Name and Created At.
const headers = `
pods: Name Ready Status Restarts Age [IP] [Node] [Nominated Node] [Readiness Gates]
podtemplates: Name Containers Images Pod Labels
replicationcontrollers: Name Desired Current Ready Age [Containers] [Images] [Selector]
namespaces: Name Status Age
nodes: Name Status Roles Age Version [Internal-IP] [External-IP] [OS-Image] [Kernel-Version] [Container-Runtime]
services: Name Type Cluster-IP External-IP Port(s) Age [Selector]
endpoints: Name Endpoints Age
configmaps: Name Data Age
secrets: Name Type Data Age
serviceaccounts: Name Age
resourcequotas: Name Request Limit Age
events: Last Seen Type Reason Object [Subobject] [Source] Message [First Seen] [Count] [Name]
persistentvolumes: Name Capacity Access Modes Reclaim Policy Status Claim StorageClass VolumeAttributesClass Reason Age [VolumeMode]
persistentvolumeclaims: Name Status Volume Capacity Access Modes StorageClass VolumeAttributesClass Age [VolumeMode]
deployments: Name Ready Up-to-date Available Age [Containers] [Images] [Selector]
replicasets: Name Desired Current Ready Age [Containers] [Images] [Selector]
statefulsets: Name Ready Age [Containers] [Images]
daemonsets: Name Desired Current Ready Up-to-date Available Node Selector Age [Containers] [Images] [Selector]
controllerrevisions: Name Controller Revision Age
jobs: Name Status Completions Duration Age [Containers] [Images] [Selector]
cronjobs: Name Schedule Timezone Suspend Active Last Schedule Age [Containers] [Images] [Selector]
horizontalpodautoscalers: Name Reference Targets MinPods MaxPods Replicas Age
poddisruptionbudgets: Name Min Available Max Unavailable Allowed Disruptions Age
ingresses: Name Class Hosts Address Ports Age
ingressclasses: Name Controller Parameters Age
networkpolicies: Name Pod-Selector Age
servicecidrs: Name CIDRs Age
ipaddresses: Name ParentRef
endpointslices: Name AddressType Ports Endpoints Age
rolebindings: Name Role Age [Users] [Groups] [ServiceAccounts]
clusterrolebindings: Name Role Age [Users] [Groups] [ServiceAccounts]
validatingwebhookconfigurations: Name Webhooks Age
mutatingwebhookconfigurations: Name Webhooks Age
validatingadmissionpolicies: Name Validations ParamKind Age
validatingadmissionpolicybindings: Name PolicyName ParamRef Age
mutatingadmissionpolicies: Name Mutations ParamKind Age
mutatingadmissionpolicybindings: Name PolicyName ParamRef Age
certificatesigningrequests: Name Age SignerName Requestor RequestedDuration Condition
leases: Name Holder Age
priorityclasses: Name Value Global-Default Age PreemptionPolicy
runtimeclasses: Name Handler Age
storageclasses: Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age
volumeattachments: Name Attacher PV Node Attached Age
csidrivers: Name AttachRequired PodInfoOnMount StorageCapacity TokenRequests RequiresRepublish Modes Age
csinodes: Name Drivers Age
volumeattributesclasses: Name DriverName Age
flowschemas: Name PriorityLevel MatchingPrecedence DistinguisherMethod Age MissingPL
prioritylevelconfigurations: Name Type NominalConcurrencyShares Queues HandSize QueueLengthLimit Age
deviceclasses: Name Age
resourceclaims: Name State Age
resourceclaimtemplates: Name Age
resourceslices: Name Node Driver Pool Age
`

func TestColumnsAreThoseOfKubectl(t *testing.T) {
	want := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(headers), "\n") {
		plural, header, _ := strings.Cut(line, ": ")
		want[plural] = header
	}
	for _, r := range api.Resources() {
		var names []string
		for _, c := range r.Columns {
			if c.Wide {
				c.Name = "[" + c.Name + "]"
			}
			names = append(names, c.Name)
		}
		if got := strings.Join(names, " "); got != want[r.Plural] {
			t.Errorf("%s:\n got %s\nwant %s", r.Plural, got, want[r.Plural])
		}
		delete(want, r.Plural)
	}
	for plural := range want {
		t.Errorf("no row %s", plural)
	}
}

// TestCellsOfEmptyObjects holds that no cell needs a field to be set. Not every
// cell has the type that its column declares: fixtures/parity/exchanges/corpus/table.yaml compares them with upstream.
func TestCellsOfEmptyObjects(t *testing.T) {
	for _, r := range api.Resources() {
		for _, c := range r.Columns {
			switch cell := c.Cell(r.New()).(type) {
			case string, int64, bool:
			default:
				t.Errorf("%s %s: cell %#v has no type of JSON", r.Plural, c.Name, cell)
			}
		}
	}
}
