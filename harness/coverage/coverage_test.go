package coverage_test

import (
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/coverage"
	"github.com/seatrial/seatrial/harness/journal"
)

func operations(t *testing.T) []coverage.Operation {
	t.Helper()
	all, err := coverage.Operations()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The numbers are those of Kubernetes v1.36.3: 1123 operations in its OpenAPI document, 818 of stable versions, 666 without /watch/ paths,
// of which its list of ineligible endpoints has 101.
func TestTheOperationsAreThoseOfKubernetes(t *testing.T) {
	eligible, others := 0, 0
	seen := map[string]bool{}
	for _, o := range operations(t) {
		if seen[o.ID] || o.Method == "" || !strings.HasPrefix(o.Path, "/") || o.Group == "" || o.Resource == "" {
			t.Errorf("bad operation %+v", o)
		}
		seen[o.ID] = true
		if o.Ineligible == "" {
			eligible++
		} else {
			others++
		}
	}
	if eligible != 565 || others != 101 {
		t.Errorf("%d operations are eligible and %d are not, want 565 and 101", eligible, others)
	}
}

func TestOperationsHaveTheirPlaces(t *testing.T) {
	want := map[string]string{
		"readCoreV1NamespacedPodLog": "core pods/log", "createCoreV1NamespacedPod": "core pods", "readCoreV1Namespace": "core namespaces",
		"replaceCoreV1NamespaceFinalize": "core namespaces/finalize", "getCoreV1APIResources": "core -", "getAPIVersions": "- -", "getAppsAPIGroup": "apps -",
		"patchAppsV1NamespacedDeploymentScale": "apps deployments/scale", "connectCoreV1GetNamespacedServiceProxyWithPath": "core services/proxy",
		"listStorageV1StorageClass": "storage.k8s.io storageclasses", "getCodeVersion": "- -",
	}
	for _, o := range operations(t) {
		if place, ok := want[o.ID]; ok && place != o.Group+" "+o.Resource {
			t.Errorf("%s is in %s %s, want %s", o.ID, o.Group, o.Resource, place)
		}
		delete(want, o.ID)
	}
	if len(want) > 0 {
		t.Errorf("not there: %v", want)
	}
}

func TestCallsTouchOperations(t *testing.T) {
	calls := map[string][]journal.Call{
		"a": {
			{Method: "GET", Template: "/api/v1/namespaces/{namespace}/pods/{name}/log", Count: 3, Status: []int{404}},
			{Method: "GET", Template: "/apis", Count: 1},
			{Method: "GET", Template: "/apis/${ns}.example.com/v1/namespaces/{namespace}/widgets", Count: 2},
			{Verb: "bind", Resource: "clusterroles", Count: 9},
		},
		"b": {{Method: "GET", Template: "/api/v1/namespaces/{namespace}/pods/{name}/log", Count: 1}, {Method: "GET", Template: "/api/v1/namespaces/{namespace}/pods/{name}/log", As: "jane", Count: 1}},
		"c": {{Method: "GET", Template: "/api/v1/componentstatuses", Count: 1}},
	}
	report := coverage.Measure(operations(t), calls)
	by := map[string]string{}
	for _, touched := range report.Operations {
		if len(touched.By) > 0 {
			by[touched.ID] = strings.Join(touched.By, " ")
		}
	}
	if len(by) != 3 || by["readCoreV1NamespacedPodLog"] != "a b" || by["getAPIVersions"] != "a" || by["listCoreV1ComponentStatus"] != "c" {
		t.Errorf("touched: %v", by)
	}
	if got := report.Eligible(); got.Touched != 2 || got.All != 565 || got.Single != 1 || got.Percent() < 0.35 || got.Percent() > 0.36 {
		t.Errorf("eligible: %+v, %g %%", got, got.Percent())
	}
	if got := report.Ineligible(); got.Touched != 1 || report.Other != 2 {
		t.Errorf("others: %+v, %d requests", got, report.Other)
	}
	all, untouched := 0, 0
	for _, row := range report.Rows() {
		all += row.All
		untouched += len(row.Untouched)
	}
	if all != 565 || untouched != 563 {
		t.Errorf("the rows have %d operations, %d of them untouched", all, untouched)
	}
}
