package client_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/standin"
)

// lines writes calls as short lines, to compare them.
func lines(calls []client.Call) string {
	var text []string
	for _, c := range calls {
		line := strings.TrimSpace(fmt.Sprintf("%s %s", c.Verb, strings.Trim(c.Resource+"."+c.Group, ".")))
		if c.Path != "" {
			line = c.Verb + " " + c.Path
		}
		for _, part := range []struct{ key, value string }{{"sub", c.Subresource}, {"ns", c.Namespace}, {"name", c.Name}, {"as", c.As}} {
			if part.value != "" {
				line += " " + part.key + "=" + part.value
			}
		}
		if c.Namespaced {
			line += " namespaced"
		}
		if c.Method == "" {
			line = "also " + line
		}
		text = append(text, fmt.Sprintf("%s x%d %v", line, c.Count, c.Status))
	}
	return strings.Join(text, "\n")
}

func TestARequestIsSeenAsAuthorizersSeeIt(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	cluster, err := client.Open(&rest.Config{Host: server.URL + "/prefix"}, client.Images{})
	if err != nil {
		t.Fatal(err)
	}
	for request, want := range map[string]string{
		"GET /api/v1/namespaces/ns/pods":                                            "list pods namespaced | /api/v1/namespaces/{namespace}/pods",
		"GET /api/v1/namespaces/ns/pods?watch=true":                                 "watch pods namespaced | /api/v1/namespaces/{namespace}/pods",
		"GET /api/v1/namespaces/ns/pods/web":                                        "get pods namespaced | /api/v1/namespaces/{namespace}/pods/{name}",
		"GET /api/v1/namespaces/kube-system/pods?fieldSelector=metadata.name%3Dweb": "list pods ns=kube-system name=web namespaced | /api/v1/namespaces/{namespace}/pods",
		"GET /api/v1/watch/namespaces/ns/pods":                                      "watch pods namespaced | /api/v1/watch/namespaces/{namespace}/pods",
		"GET /api/v1/namespaces/ns/pods/web/log":                                    "get pods sub=log namespaced | /api/v1/namespaces/{namespace}/pods/{name}/log",
		"GET /api/v1/namespaces/ns/pods/http:web:80/proxy/a/b":                      "get pods sub=proxy namespaced | /api/v1/namespaces/{namespace}/pods/{name}/proxy/{path}",
		"GET /api/v1/pods":                                                          "list pods | /api/v1/pods",
		"GET /api/v1/namespaces":                                                    "list namespaces | /api/v1/namespaces",
		"GET /api/v1/namespaces/ns":                                                 "get namespaces name=${ns} | /api/v1/namespaces/{name}",
		"PUT /api/v1/namespaces/other/finalize":                                     "update namespaces sub=finalize name=other | /api/v1/namespaces/{name}/finalize",
		"DELETE /apis/apps/v1/namespaces/ns/deployments":                            "deletecollection deployments.apps namespaced | /apis/apps/v1/namespaces/{namespace}/deployments",
		"DELETE /apis/apps/v1/namespaces/ns/deployments/web":                        "delete deployments.apps namespaced | /apis/apps/v1/namespaces/{namespace}/deployments/{name}",
		"PATCH /apis/apps/v1/namespaces/ns/deployments/web/scale":                   "patch deployments.apps sub=scale namespaced | /apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale",
		"POST /apis/x-ns.example.com/v1/namespaces/ns/widgets":                      "create widgets.x-${ns}.example.com namespaced | /apis/x-${ns}.example.com/v1/namespaces/{namespace}/widgets",
		"GET /apis/apps/v1":                                                         "get /apis/apps/v1 | /apis/apps/v1",
		"GET /readyz?verbose":                                                       "get /readyz | /readyz",
		"GET /api/v1/nodes/a":                                                       "get nodes name=a | /api/v1/nodes/{name}",
	} {
		method, path, _ := strings.Cut(request, " ")
		recorder := client.NewRecorder()
		if _, err := cluster.Send(client.Record(t.Context(), recorder), client.Request{Method: method, Path: path}); err != nil {
			t.Fatal(err)
		}
		calls := recorder.Calls("ns")
		if len(calls) != 1 {
			t.Fatalf("%s: %+v", request, calls)
		}
		got := strings.TrimSuffix(lines(calls), " x1 [200]") + " | " + calls[0].Template
		if got != want || calls[0].Method != method {
			t.Errorf("%s: got %q, want %q", request, got, want)
		}
	}
}

func TestWhatAScenarioMakesHasNoName(t *testing.T) {
	cluster := open(t, standin.Start(t))
	recorder := client.NewRecorder()
	ctx := client.Record(t.Context(), recorder)
	send := func(method, path, body string) {
		t.Helper()
		if _, err := cluster.Send(ctx, client.Request{Method: method, Path: path, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	send("POST", "/api/v1/namespaces", `{"kind":"Namespace","metadata":{"name":"other"}}`)
	send("POST", "/api/v1/nodes", `{"kind":"Node","metadata":{"name":"mine"}}`)
	send("POST", "/api/v1/nodes", `{"kind":"Node","metadata":{"name":"mine"}}`) // a conflict
	send("GET", "/api/v1/nodes/mine", "")
	send("GET", "/api/v1/nodes/theirs", "")
	send("POST", "/api/v1/namespaces/other/configmaps", `{"kind":"ConfigMap","metadata":{"name":"a"}}`)
	send("GET", "/api/v1/namespaces/kube-system/configmaps/b", "")
	want := `create namespaces x1 [201]
create configmaps namespaced x1 [201]
get configmaps ns=kube-system name=b namespaced x1 [404]
create nodes x2 [201 409]
get nodes x1 [200]
get nodes name=theirs x1 [404]`
	if got := lines(recorder.Calls("ns")); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRightsBehindARequestAreSeen(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
	}))
	defer server.Close()
	cluster, err := client.Open(&rest.Config{Host: server.URL}, client.Images{})
	if err != nil {
		t.Fatal(err)
	}
	jane, err := cluster.Impersonate("jane", "readers")
	if err != nil {
		t.Fatal(err)
	}
	account, err := cluster.Impersonate("system:serviceaccount:ns:robot")
	if err != nil {
		t.Fatal(err)
	}
	token, err := cluster.WithToken("the robot", "secret")
	if err != nil {
		t.Fatal(err)
	}
	const rbac = "/apis/rbac.authorization.k8s.io/v1"
	for name, c := range map[string]struct {
		user               *client.User
		method, path, body string
		code               int
		want               []string
	}{
		"a binding":         {cluster.User, "POST", rbac + "/namespaces/ns/rolebindings", `{"roleRef":{"kind":"ClusterRole","name":"view"}}`, 201, []string{"bind clusterroles.rbac.authorization.k8s.io name=view"}},
		"a local binding":   {cluster.User, "PUT", rbac + "/namespaces/ns/rolebindings/x", `{"roleRef":{"kind":"Role","name":"mine"}}`, 200, []string{"bind roles.rbac.authorization.k8s.io namespaced"}},
		"a role":            {cluster.User, "POST", rbac + "/clusterroles", `{"metadata":{"name":"x"}}`, 201, []string{"escalate clusterroles.rbac.authorization.k8s.io"}},
		"a read of a role":  {cluster.User, "GET", rbac + "/clusterroles/x", "", 200, nil},
		"an apply":          {cluster.User, "PATCH", "/api/v1/namespaces/ns/configmaps/x", "{}", 201, []string{"create configmaps namespaced"}},
		"an applied role":   {cluster.User, "PATCH", rbac + "/clusterroles/x", "{}", 201, []string{"create clusterroles.rbac.authorization.k8s.io", "escalate clusterroles.rbac.authorization.k8s.io"}},
		"a patch":           {cluster.User, "PATCH", "/api/v1/namespaces/ns/configmaps/x", "{}", 200, nil},
		"an approval":       {cluster.User, "PUT", "/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval", `{"spec":{"signerName":"example.com/a"}}`, 200, []string{"approve signers.certificates.k8s.io name=example.com/a"}},
		"impersonation":     {jane, "GET", "/api/v1/nodes", "", 200, []string{"impersonate groups name=readers", "impersonate users name=jane"}},
		"as an account":     {account, "GET", "/api/v1/nodes", "", 200, []string{"impersonate serviceaccounts namespaced"}},
		"a role by another": {jane, "POST", rbac + "/clusterroles", `{}`, 403, []string{"impersonate groups name=readers", "impersonate users name=jane"}},
		"a role by a token": {token, "POST", rbac + "/clusterroles", `{}`, 403, nil},
	} {
		status = c.code
		recorder := client.NewRecorder()
		request := client.Request{Method: c.method, Path: c.path, Body: []byte(c.body)}
		if _, err := c.user.Send(client.Record(t.Context(), recorder), request); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.SplitSeq(lines(recorder.Calls("ns")), "\n") {
			if rest, ok := strings.CutPrefix(line, "also "); ok {
				got = append(got, strings.TrimSuffix(rest, " x1 []"))
			} else if as := map[*client.User]string{jane: " as=jane", token: " as=the robot", account: " as=system:serviceaccount:${ns}:robot"}[c.user]; !strings.Contains(line, as) {
				t.Errorf("%s: the request is booked as %q, want%s", name, line, as)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// Streams are opened by libraries that carry no context, or by requests that change their protocol.
func TestStreamsAreRecorded(t *testing.T) {
	server := standin.Start(t)
	server.Refuse = func(*http.Request) *metav1.Status { return standin.Status(403, metav1.StatusReasonForbidden, "no") }
	cluster := open(t, server)
	recorder := client.NewRecorder()
	ctx := client.Record(t.Context(), recorder)
	if _, err := cluster.Exec(ctx, client.Command{Namespace: "ns", Pod: "web", Argv: []string{"true"}}); err == nil {
		t.Error("exec succeeds")
	}
	if _, err := cluster.Forward(ctx, "ns", "web", 80); err == nil {
		t.Error("forward succeeds")
	}
	got := lines(recorder.Calls("ns"))
	for _, want := range []string{"get pods sub=exec namespaced", "get pods sub=portforward namespaced", "also create pods sub=exec namespaced", "also create pods sub=portforward namespaced"} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
}

func TestRequestsWithoutARecorderAreNotBooked(t *testing.T) {
	cluster := open(t, standin.Start(t))
	recorder := client.NewRecorder()
	if _, err := cluster.Send(t.Context(), client.Request{Method: "GET", Path: "/version"}); err != nil {
		t.Fatal(err)
	}
	if calls := recorder.Calls("ns"); len(calls) != 0 {
		t.Errorf("got %+v", calls)
	}
}

// TestMain lets the program of the tests stand in for kubectl: with an address, it makes one request as that would,
// or it serves as a proxy.
func TestMain(m *testing.M) {
	if os.Getenv(proxyVariable) != "" {
		fmt.Println(serveProxy())
		os.Exit(1)
	}
	address := os.Getenv("TEST_KUBECTL")
	if address == "" {
		os.Exit(m.Run())
	}
	config := client.RecordProcess(&rest.Config{Host: address})
	httpClient, err := rest.HTTPClientFor(config)
	if err == nil {
		_, err = httpClient.Get(address + "/api/v1/namespaces/ns/pods")
	}
	if err != nil {
		fmt.Println(err)
	}
	os.Exit(3)
}

func TestTheRequestsOfKubectlAreRecorded(t *testing.T) {
	server := standin.Start(t)
	t.Setenv("TEST_KUBECTL", server.Config().Host)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cluster := open(t, server)
	robot, err := cluster.WithToken("the robot", "secret")
	if err != nil {
		t.Fatal(err)
	}
	recorder := client.NewRecorder()
	ctx := client.Record(t.Context(), recorder)
	for _, user := range []*client.User{cluster.User, robot} {
		if output, err := client.NewKubectl([]string{program}, dir).Run(ctx, user, "ns", nil, ""); err != nil || output.Code != 3 || output.Stdout != "" {
			t.Fatalf("%+v, %v", output, err)
		}
	}
	if got, want := lines(recorder.Calls("ns")), "list pods namespaced x1 [200]\nlist pods as=the robot namespaced x1 [200]"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "requests-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
