package client_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/standin"
)

func open(t *testing.T, server *standin.Server) *client.Cluster {
	t.Helper()
	cluster, err := client.Open(server.Config(), client.ImagesFrom(""))
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

func TestKindsAreFoundByName(t *testing.T) {
	kinds := open(t, standin.Start(t)).Kinds
	pod, err := kinds.Find(t.Context(), "Pod", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := pod.Path("ns", "web", "log"); got != "/api/v1/namespaces/ns/pods/web/log" || pod.APIVersion() != "v1" {
		t.Errorf("got %q of %q", got, pod.APIVersion())
	}
	node, err := kinds.Find(t.Context(), "Node", "v1")
	if err != nil {
		t.Fatal(err)
	}
	if got := node.Path("ns", "", ""); got != "/api/v1/nodes" {
		t.Errorf("a cluster-scoped kind has the path %q", got)
	}
	if _, err := kinds.Find(t.Context(), "Widget", "example.com/v1"); err == nil || !strings.Contains(err.Error(), `"example.com/v1 Widget"`) {
		t.Errorf("got %v", err)
	}
}

func TestARefusalIsAnAnswerAndSilenceIsNot(t *testing.T) {
	server := standin.Start(t)
	cluster := open(t, server)
	answer, err := cluster.Send(t.Context(), client.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/ns/pods/web"})
	if err != nil || !answer.Refused() || answer.Status().Reason != metav1.StatusReasonNotFound || !strings.HasPrefix(answer.String(), "refused with 404 NotFound") {
		t.Errorf("got %v, %v", answer, err)
	}
	server.Kill()
	var noAnswer *client.NoAnswer
	if _, err := cluster.Send(t.Context(), client.Request{Method: http.MethodGet, Path: "/version"}); !errors.As(err, &noAnswer) {
		t.Errorf("got %v", err)
	}
}

func TestAliveTakesAnyAnswerButServerErrors(t *testing.T) {
	server := standin.Start(t)
	code := 200
	server.Refuse = func(*http.Request) *metav1.Status {
		return standin.Status(code, metav1.StatusReasonUnknown, "x")
	}
	cluster := open(t, server)
	for c, want := range map[int]bool{200: true, 401: true, 403: true, 404: true, 500: false, 503: false} {
		code = c
		if err := cluster.Alive(t.Context()); (err == nil) != want {
			t.Errorf("%d: %v", c, err)
		}
	}
}

func TestUsersSendTheirIdentityAndNothingElse(t *testing.T) {
	server := standin.Start(t)
	var got http.Header
	server.Refuse = func(r *http.Request) *metav1.Status { got = r.Header; return nil }
	config := server.Config()
	config.BearerToken = "admin"
	cluster, err := client.Open(config, client.Images{})
	if err != nil {
		t.Fatal(err)
	}
	send := func(user *client.User, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := user.Send(t.Context(), client.Request{Method: http.MethodGet, Path: "/version"}); err != nil {
			t.Fatal(err)
		}
	}
	send(cluster.Impersonate("jane", "readers"))
	if got.Get("Impersonate-User") != "jane" || got.Get("Impersonate-Group") != "readers" || got.Get("Authorization") != "Bearer admin" {
		t.Errorf("impersonation sends %v", got)
	}
	send(cluster.WithToken("robot", "secret"))
	if got.Get("Authorization") != "Bearer secret" || got.Get("Impersonate-User") != "" {
		t.Errorf("a token sends %v", got)
	}
	send(cluster.WithToken("nobody", ""))
	if got.Get("Authorization") != "" {
		t.Errorf("nobody sends %v", got)
	}
}

func TestImagesCanComeFromAMirror(t *testing.T) {
	if got := client.ImagesFrom("").Agnhost; !strings.HasPrefix(got, "registry.k8s.io/e2e-test-images/agnhost:") {
		t.Errorf("got %q", got)
	}
	if got := client.ImagesFrom("mirror.example.com/x/").BusyBox; !strings.HasPrefix(got, "mirror.example.com/x/busybox:") {
		t.Errorf("got %q", got)
	}
}

func TestKubectlRunsAsTheUserInTheNamespace(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "kubectl")
	script := "#!/bin/sh\ncp \"$KUBECONFIG\" " + dir + "/seen\necho \"$@\"\ncat\necho trouble >&2\nexit 3\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	jane, err := open(t, standin.Start(t)).Impersonate("jane")
	if err != nil {
		t.Fatal(err)
	}
	output, err := client.NewKubectl([]string{program, "sub"}, dir).Run(t.Context(), jane, "ns", []string{"get", "pods"}, "input")
	if err != nil || output.Code != 3 || output.Stdout != "sub get pods\ninput" || output.Stderr != "trouble\n" {
		t.Errorf("got %+v, %v", output, err)
	}
	config, err := clientcmd.LoadFromFile(filepath.Join(dir, "seen"))
	if err != nil {
		t.Fatal(err)
	}
	if config.Contexts[config.CurrentContext].Namespace != "ns" || config.AuthInfos["seatrial"].Impersonate != "jane" {
		t.Errorf("the kubeconfig is %+v", config)
	}
	left, err := filepath.Glob(filepath.Join(dir, "kubeconfig-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
