package inventory_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/inventory"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/steps/client"
)

const run = "20260101-000000-ab12"

// store is a cluster: the objects by kind, and the kinds that may not be listed.
type store struct {
	mu      sync.Mutex
	objects map[string][]any
	closed  map[string]bool
	asked   int
	// answer may answer a list instead of the store.
	answer func(w http.ResponseWriter, r *http.Request, plural string) bool
}

// kinds maps the plurals of the cluster's resources to their kinds; all of the core group, those in capitals cluster-scoped.
func kinds() map[string]string {
	return map[string]string{
		"configmaps": "ConfigMap", "pods": "Pod", "secrets": "Secret", "events": "Event", "leases": "Lease", "namespaces": "Namespace",
		"clusterroles": "ClusterRole", "persistentvolumes": "PersistentVolume", "nodes": "Node",
	}
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	plural := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if kinds()[plural] != "" && s.answer != nil && s.answer(w, r, plural) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Path == "/api":
		_, _ = w.Write([]byte(`{"kind":"APIVersions","versions":["v1"]}`))
	case r.URL.Path == "/apis":
		_, _ = w.Write([]byte(`{"kind":"APIGroupList","groups":[]}`))
	case r.URL.Path == "/api/v1":
		resources := []any{map[string]any{"name": "bindings", "kind": "Binding", "namespaced": true, "verbs": []string{"create"}}}
		for plural, kind := range kinds() {
			namespaced := !slices.Contains([]string{"namespaces", "clusterroles", "persistentvolumes", "nodes"}, plural)
			resources = append(resources, map[string]any{"name": plural, "kind": kind, "namespaced": namespaced, "verbs": []string{"list"}})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"kind": "APIResourceList", "groupVersion": "v1", "resources": resources})
	case s.closed[plural]:
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"kind":"Status","code":403,"reason":"Forbidden","message":"nobody may"}`))
	default:
		s.list(w, r, plural)
	}
}

func (s *store) list(w http.ResponseWriter, r *http.Request, plural string) {
	s.asked++
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	all := s.objects[plural]
	to := min(from+limit, len(all))
	metadata := map[string]any{}
	if to < len(all) {
		metadata["continue"] = strconv.Itoa(to)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"metadata": metadata, "items": all[from:to]})
}

func open(t testing.TB, s *store) *client.Cluster {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	cluster, err := client.Open(&rest.Config{Host: server.URL}, client.ImagesFrom(""))
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

func take(t testing.TB, s *store) inventory.Snapshot {
	t.Helper()
	snapshot, err := inventory.Take(t.Context(), open(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// world reads objects; {now} is the present time.
func world(t testing.TB, text string) map[string][]any {
	t.Helper()
	var objects map[string][]any
	if err := yaml.UnmarshalStrict([]byte(strings.ReplaceAll(text, "{now}", time.Now().UTC().Format(time.RFC3339))), &objects); err != nil {
		t.Fatal(err)
	}
	return objects
}

func lines(objects []journal.Object) string {
	var text []string
	for _, o := range objects {
		text = append(text, fmt.Sprintf("%s %s/%s [%s] %s", o.Kind, o.Namespace, o.Name, o.Scenario, o.What))
	}
	return strings.Join(text, "\n")
}

// before is a cluster at work.
const before = `
namespaces:
- {metadata: {name: kube-system, uid: a}}
- {metadata: {name: shop, uid: b}}
- {metadata: {name: seatrial-ffff-1, uid: c, labels: {seatrial.dev/run: other}}}
configmaps:
- {metadata: {name: settings, namespace: kube-system, uid: d, managedFields: [{manager: helm, operation: Update}]}}
- {metadata: {name: removed, namespace: kube-system, uid: e}}
- {metadata: {name: removed, namespace: shop, uid: f}}
- {metadata: {name: anew, namespace: kube-system, uid: g}}
- {metadata: {name: of-others, namespace: shop, uid: h, labels: {a: b}}}
pods:
- {metadata: {name: dns-1, namespace: kube-system, uid: i, ownerReferences: [{kind: ReplicaSet, name: dns, uid: x}]}}
leases:
- {metadata: {name: leader, namespace: kube-system, uid: j}}
clusterroles:
- {metadata: {name: view, uid: k, labels: {a: b}}}
nodes:
- {metadata: {name: n1, uid: l, managedFields: [{manager: kubelet, operation: Update}]}}
`

func TestWhatOthersDoIsNotTheRuns(t *testing.T) {
	first := take(t, &store{objects: world(t, before)})
	changed := strings.NewReplacer(
		"labels: {a: b}", "labels: {a: c}, annotations: {x: z}, generation: 7", "name: dns-1", "name: dns-2", "manager: kubelet, operation: Update", "manager: kubelet, operation: Update, time: '{now}'",
	).Replace(before) + `
events:
- {metadata: {name: e, namespace: kube-system, uid: m}}
secrets:
- {metadata: {name: s, namespace: shop, uid: nn, creationTimestamp: '{now}', managedFields: [{manager: kubectl-create, operation: Update}]}}
- {metadata: {name: s, namespace: kube-system, uid: o, creationTimestamp: '{now}', managedFields: [{manager: helm, operation: Update}]}}
- {metadata: {name: s, namespace: seatrial-ffff-1, uid: p, creationTimestamp: '{now}', managedFields: [{manager: seatrial, operation: Update}]}}
`
	changed = strings.Replace(changed, "- {metadata: {name: removed, namespace: shop, uid: f}}\n", "", 1)
	got := inventory.Compare(first, take(t, &store{objects: world(t, changed)}), run)
	if text := lines(got.Left) + lines(got.Touched); text != "" {
		t.Errorf("blamed for:\n%s", text)
	}
	if got.Kinds != 8 || got.Objects < 14 {
		t.Errorf("%d kinds, %d objects, unlisted %q", got.Kinds, got.Objects, got.Unlisted)
	}
}

func TestWhatTheRunLeftAndTouched(t *testing.T) {
	first := take(t, &store{objects: world(t, before)})
	changed := strings.NewReplacer(
		"- {metadata: {name: removed, namespace: kube-system, uid: e}}\n", "", "name: anew, namespace: kube-system, uid: g", "name: anew, namespace: kube-system, uid: gg",
		"manager: helm, operation: Update", "manager: helm, operation: Update}, {manager: seatrial, operation: Update, fieldsV1: {'f:data': {'f:colour': {}}}",
		"name: view, uid: k, labels: {a: b}", "name: view, uid: k, labels: {a: c}, managedFields: [{manager: kubectl-label, operation: Update}]",
	).Replace(before)
	changed = strings.Replace(changed, "clusterroles:\n", `clusterroles:
- {metadata: {name: held, uid: x, creationTimestamp: '{now}', deletionTimestamp: '{now}', labels: {seatrial.dev/run: `+run+`}}}
- {metadata: {name: left, uid: q, creationTimestamp: '{now}', labels: {seatrial.dev/run: `+run+`, seatrial.dev/scenario: access.rbac.x}}}
- {metadata: {name: unlabelled, uid: r, creationTimestamp: '{now}', managedFields: [{manager: seatrial, operation: Update}]}}
- {metadata: {name: seatrial-ab12-7-reader, uid: s, creationTimestamp: '{now}', managedFields: [{manager: kubectl-create, operation: Update}]}}
- {metadata: {name: by-hand, uid: t, creationTimestamp: '{now}', managedFields: [{manager: kubectl-create, operation: Update}]}}
`, 1)
	changed = strings.Replace(changed, "namespaces:\n", `namespaces:
- {metadata: {name: seatrial-ab12-4, uid: uu, labels: {seatrial.dev/run: `+run+`, seatrial.dev/scenario: api.y}}}
- {metadata: {name: seatrial-ab12-3, uid: u, deletionTimestamp: '{now}', labels: {seatrial.dev/run: `+run+`, seatrial.dev/scenario: api.x}}}
`, 1) + `
secrets:
- {metadata: {name: inside, namespace: seatrial-ab12-3, uid: v, labels: {seatrial.dev/run: ` + run + `}}}
persistentvolumes:
- {metadata: {name: pvc-1, uid: w, creationTimestamp: '{now}', managedFields: [{manager: provisioner, operation: Update}]}, spec: {claimRef: {namespace: seatrial-ab12-9, name: data}}}
`
	got := inventory.Compare(first, take(t, &store{objects: world(t, changed)}), run)
	wantLeft := `ClusterRole /by-hand [] may be the run's: it was made with kubectl while the run went on
ClusterRole /held [] is being deleted and not yet gone
ClusterRole /left [access.rbac.x] was made by the run and is still there
ClusterRole /seatrial-ab12-7-reader [] bears the name of a Namespace of the run
ClusterRole /unlabelled [] was made by the run (field manager seatrial)
Namespace /seatrial-ab12-4 [api.y] was made by the run and is still there
PersistentVolume /pvc-1 [] is the volume of a claim of the run`
	wantTouched := `ClusterRole /view [] may be the run's: it was written to with kubectl while the run went on (differs in labels)
ConfigMap kube-system/anew [] may be the run's: it was deleted and made anew while the run went on
ConfigMap kube-system/removed [] may be the run's: it is gone
ConfigMap kube-system/settings [] was written to by the run (field manager seatrial): data.colour`
	if left := lines(got.Left); left != wantLeft {
		t.Errorf("left:\n%s\nwant:\n%s", left, wantLeft)
	}
	if touched := lines(got.Touched); touched != wantTouched {
		t.Errorf("touched:\n%s\nwant:\n%s", touched, wantTouched)
	}
}

func TestWhatMayNotBeListedIsTold(t *testing.T) {
	closed := &store{objects: world(t, before), closed: map[string]bool{"clusterroles": true}}
	opened := &store{objects: world(t, before)}
	got := inventory.Compare(take(t, closed), take(t, opened), run)
	if len(got.Left)+len(got.Touched) > 0 {
		t.Errorf("what was not seen before counts as new: %s%s", lines(got.Left), lines(got.Touched))
	}
	if len(got.Unlisted) != 1 || got.Unlisted[0] != "clusterroles: may not be listed (403 Forbidden)" {
		t.Errorf("unlisted: %q", got.Unlisted)
	}
	if got := inventory.Compare(take(t, opened), take(t, closed), run); len(got.Touched) > 0 {
		t.Errorf("what is not seen after counts as gone: %s", lines(got.Touched))
	}
}

func TestTheSameTwiceIsNoDifference(t *testing.T) {
	s := &store{objects: world(t, before)}
	if got := inventory.Compare(take(t, s), take(t, s), run); len(got.Left)+len(got.Touched)+len(got.Unlisted) > 0 {
		t.Errorf("got %+v", got)
	}
}

func TestAHundredThousandObjectsStaySmall(t *testing.T) {
	if testing.Short() {
		t.Skip("lists 100,000 objects")
	}
	const many = 100_000
	s := &store{objects: map[string][]any{}}
	for i := range many {
		s.objects["secrets"] = append(s.objects["secrets"], map[string]any{"metadata": map[string]any{
			"name": fmt.Sprintf("some-secret-of-a-usual-length-%06d", i), "namespace": fmt.Sprintf("team-%d", i%200), "uid": fmt.Sprintf("%036d", i),
		}})
	}
	cluster := open(t, s)
	var start, end runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&start)
	snapshot, err := inventory.Take(t.Context(), cluster)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&end)
	perObject := (int64(end.HeapAlloc) - int64(start.HeapAlloc)) / many //nolint:gosec // heap sizes
	t.Logf("%d bytes an object, %v", perObject, snapshot.Took)
	if snapshot.Objects() != many || s.asked < many/500 || perObject > 600 {
		t.Errorf("%d objects in %d answers, %d bytes each", snapshot.Objects(), s.asked, perObject)
	}
}

func TestNoClusterIsAnError(t *testing.T) {
	cluster, err := client.Open(&rest.Config{Host: "http://127.0.0.1:1"}, client.ImagesFrom(""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inventory.Take(t.Context(), cluster); err == nil || !strings.HasPrefix(err.Error(), "take inventory: ") {
		t.Errorf("got %v", err)
	}
}
