package capability_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/harness/capability"
	"github.com/seatrial/seatrial/steps/client"
)

// cluster is an API server that answers each path, without its query, with a code and a body. Others are not found.
func cluster(t *testing.T, answers map[string]string) *client.Cluster {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Method + " " + r.URL.Path
		if r.Method == http.MethodPost {
			var object struct{ Spec json.RawMessage }
			_ = json.NewDecoder(r.Body).Decode(&object)
			for _, word := range []string{"privileged", `"*"`} {
				if strings.Contains(string(object.Spec), word) {
					key += " " + word
				}
			}
		}
		code, body := http.StatusNotFound, `{"kind":"Status","apiVersion":"v1","reason":"NotFound","message":"no such thing"}`
		if answer, ok := answers[key]; ok {
			code, body = http.StatusOK, answer
		}
		if body == "forbidden" {
			code, body = http.StatusForbidden, `{"kind":"Status","apiVersion":"v1","reason":"Forbidden","message":"you may not"}`
		}
		if body == "gone" {
			code, body = http.StatusGone, `{"kind":"Status","apiVersion":"v1","reason":"Expired","message":"it is forgotten"}`
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	cluster, err := client.Open(&rest.Config{Host: server.URL}, client.ImagesFrom(""))
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

const (
	node = `{"metadata":{"name":"a"},"status":{"conditions":[{"type":"Ready","status":"True"}],
		"nodeInfo":{"containerRuntimeVersion":"containerd://2.3.7","operatingSystem":"linux","architecture":"amd64"}}}`
	services = "GET /api/v1/namespaces/kube-system/services"
	classes  = "GET /apis/storage.k8s.io/v1/storageclasses"
	metrics  = "GET /apis/metrics.k8s.io/v1beta1/nodes"
	reviews  = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
	pods     = "POST /api/v1/namespaces/default/pods"
	cidrs    = "GET /apis/networking.k8s.io/v1/servicecidrs/kubernetes"
	subjects = "POST /apis/authorization.k8s.io/v1/subjectaccessreviews"
	newNode  = "POST /api/v1/nodes"
	first    = "GET /api/v1/namespaces"
	yes      = `{"status":{"allowed":true}}`
	no       = `{"status":{"allowed":false}}`
)

func everything() map[string]string {
	return map[string]string{
		"GET /api/v1/nodes":  `{"items":[` + node + `,` + node + `]}`,
		services:             `{"items":[{}]}`,
		classes:              `{"items":[{"metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}}]}`,
		metrics:              `{"items":[]}`,
		reviews:              yes,
		reviews + ` "*"`:     yes,
		pods:                 `{}`,
		pods + " privileged": `{}`,
		cidrs:                `{"spec":{"cidrs":["10.96.0.0/16","fd00::/112"]}}`,
		subjects:             yes,
		newNode:              "forbidden",
		first:                "gone",
		"GET /apis":          `{"groups":[{"name":"apps","versions":[{"groupVersion":"apps/v1"}]},{"name":"batch","versions":[{"groupVersion":"batch/v1beta1"}]}]}`,
	}
}

func TestEveryCapabilityIsOfferedOrAbsentForAReason(t *testing.T) {
	for _, c := range []struct{ name, question, answer, reason string }{
		{"nodes", "GET /api/v1/nodes", `{"items":[]}`, "there are no Nodes"},
		{"nodes", "GET /api/v1/nodes", "forbidden", "Nodes cannot be listed: 403 Forbidden: you may not"},
		{"two-nodes", "GET /api/v1/nodes", `{"items":[` + node + `]}`, "1 of 1 Nodes is Ready and takes Pods"},
		{"linux-amd64", "GET /api/v1/nodes", `{"items":[` + strings.Replace(node, "amd64", "arm64", 1) + `]}`, "the Nodes have linux/arm64"},
		{"real-containers", "GET /api/v1/nodes", `{"items":[` + strings.Replace(node, "containerd:", "hollow:", 1) + `]}`, "the container runtimes are hollow://2.3.7"},
		{"dns", services, `{"items":[]}`, "no Service in kube-system has the label k8s-app=kube-dns"},
		{"dns", services, "forbidden", "the Services of kube-system cannot be listed: 403 Forbidden: you may not"},
		{"dns", "GET /api/v1/nodes", `{"items":[]}`, "no Node runs Pods that could ask it"},
		{"default-storage-class", classes, `{"items":[{"metadata":{}}]}`, "none of 1 StorageClass is the default"},
		{"default-storage-class", classes, "forbidden", "StorageClasses cannot be listed: 403 Forbidden: you may not"},
		{"metrics", metrics, "", "the cluster does not serve metrics.k8s.io/v1beta1"},
		{"metrics", metrics, "forbidden", "the metrics of Nodes cannot be read: 403 Forbidden: you may not"},
		{"cluster-scope", reviews, no, "the user may not create Namespaces"},
		{"cluster-scope", reviews, "forbidden", "the user's rights cannot be asked for: 403 Forbidden: you may not"},
		{"cluster-admin", reviews + ` "*"`, no, "the user may not do everything"},
		{"pod-security-privileged", pods + " privileged", "forbidden", "such a Pod in Namespace default would be refused with 403 Forbidden: you may not"},
		{"pod-security-baseline", pods, "forbidden", "such a Pod in Namespace default would be refused with 403 Forbidden: you may not"},
		{"dual-stack", cidrs, `{"spec":{"cidrs":["10.96.0.0/16"]}}`, "ServiceCIDR \"kubernetes\" has 1 range"},
		{"dual-stack", cidrs, "forbidden", "ServiceCIDR \"kubernetes\" cannot be read: 403 Forbidden: you may not"},
		{"node-restriction", subjects, no, "a Node may not make itself known"},
		{"node-restriction", subjects, "forbidden", "the rights of a Node cannot be asked for: 403 Forbidden: you may not"},
		{"node-restriction", newNode, `{}`, "a Node may make another Node"},
		{"compacted-history", first, `{}`, "the API server still knows its first version, which it forgets some minutes after its start"},
		{"compacted-history", first, "forbidden", "the first version of the Namespaces cannot be asked for: 403 Forbidden: you may not"},
		{"api:apps/v1", "GET /apis", `{"groups":[]}`, "the cluster does not serve apps/v1"},
		{"api:apps/v1", "GET /apis", "forbidden", "the API groups cannot be listed: 403 Forbidden: you may not"},
	} {
		answers := everything()
		with, err := capability.Detect(t.Context(), cluster(t, answers), capability.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !with.Has(c.name) {
			t.Errorf("%s is absent where all is well: %s", c.name, with.Find(c.name).Reason)
		}
		answers[c.question] = c.answer
		if c.answer == "" {
			delete(answers, c.question)
		}
		without, err := capability.Detect(t.Context(), cluster(t, answers), capability.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := without.Find(c.name); got.Offered || got.Reason != c.reason {
			t.Errorf("%s with %s: got %+v, want the reason %q", c.name, c.answer, got, c.reason)
		}
	}
}

func TestAnAPIOfAnotherVersionIsNamed(t *testing.T) {
	set, err := capability.Detect(t.Context(), cluster(t, everything()), capability.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Find("api:batch/v1").Reason; got != "the cluster serves batch/v1beta1, not batch/v1" {
		t.Errorf("got %q", got)
	}
	if !set.Has("api:v1") {
		t.Error("the core API counts as absent")
	}
}

func TestWhatNodesAreUsableFor(t *testing.T) {
	for change, reason := range map[string]string{
		`"metadata":{"name":"a"}`:                                                          "",
		`"spec":{"taints":[{"effect":"NoSchedule"}]}`:                                      "0 of 1 Nodes are Ready and take Pods",
		`"spec":{"taints":[{"effect":"NoExecute"}]}`:                                       "0 of 1 Nodes are Ready and take Pods",
		`"spec":{"taints":[{"effect":"PreferNoSchedule"}]}`:                                "",
		`"spec":{"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}]}`: "",
		`"spec":{"unschedulable":true}`:                                                    "0 of 1 Nodes are Ready and take Pods",
	} {
		answers := everything()
		answers["GET /api/v1/nodes"] = `{"items":[` + strings.Replace(node, `"metadata":{"name":"a"}`, change, 1) + `]}`
		set, err := capability.Detect(t.Context(), cluster(t, answers), capability.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := set.Find("nodes"); got.Reason != reason || got.Offered != (reason == "") {
			t.Errorf("%s: got %+v", change, got)
		}
	}
}

func TestAClusterThatDoesNotAnswerIsAnError(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c, err := client.Open(&rest.Config{Host: gone.URL}, client.ImagesFrom(""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := capability.Detect(t.Context(), c, capability.Options{}); err == nil {
		t.Error("no error")
	}
}

func TestOnlyAProbeTellsOfPoliciesAndBalancers(t *testing.T) {
	set, err := capability.Detect(t.Context(), cluster(t, everything()), capability.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(set.Unknown([]string{"nodes", "network-policy", "load-balancer", "network-policy"}), " "); got != "load-balancer network-policy" {
		t.Errorf("unknown: %s", got)
	}
	known, err := set.Override([]string{"network-policy"}, []string{"load-balancer", "nodes"})
	if err != nil {
		t.Fatal(err)
	}
	if !known.Has("network-policy") || known.Has("nodes") || len(known.Unknown(capability.Names())) != 0 || set.Has("network-policy") {
		t.Errorf("got %+v of %+v", known, set)
	}
	for _, wrong := range [][2][]string{{{"magic"}, nil}, {nil, {"api:"}}, {{"dns"}, {"dns"}}} {
		if _, err := set.Override(wrong[0], wrong[1]); err == nil {
			t.Errorf("%v is accepted", wrong)
		}
	}
}

func TestASummaryNamesEachCapabilityOnce(t *testing.T) {
	set, err := capability.Detect(t.Context(), cluster(t, everything()), capability.Options{})
	if err != nil {
		t.Fatal(err)
	}
	offered, absent := set.Summary([]string{"nodes", "api:apps/v1", "api:example.com/v1"})
	if len(offered)+len(absent) != len(capability.Names())+2 || absent["api:example.com/v1"] == "" || absent["network-policy"] == "" {
		t.Errorf("offered %v, absent %v", offered, absent)
	}
}

func TestTheTagsOfCapabilities(t *testing.T) {
	for name, known := range map[string]bool{
		"nodes": true, "api:v1": true, "api:apps/v1": true, "api:metrics.k8s.io/v1beta1": true, "api:resource.k8s.io/v1": true,
		"api": false, "api:": false, "api:apps": false, "api:Apps/v1": false, "api:apps/v1/deployments": false, "magic": false, "": false,
	} {
		if capability.Known(name) != known {
			t.Errorf("%q counts as known: %v", name, !known)
		}
	}
	for _, name := range capability.Names() {
		if capability.Meaning(name) == "" || !capability.Known(name) {
			t.Errorf("%q has no meaning", name)
		}
	}
}
