package auth_test

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest/recording"
)

// upstream is the kubeconfig of an administrator of a fresh upstream API server with --authorization-mode=Node,RBAC and
// --enable-admission-plugins=NodeRestriction: its answers become testdata/kubelet.jsonl.
var upstream = flag.String("upstream", "", "record the answers to kubelets of the API server of this kubeconfig")

var uid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

const (
	kubeletRequests = "testdata/kubelet.txt"
	kubeletAnswers  = "testdata/kubelet.jsonl"
	settling        = 3 * time.Second // until upstream's informers have seen what was written, a line "settle"
)

// kubeletAnswer is the answer to one line of testdata/kubelet.txt.
type kubeletAnswer struct {
	Request string `json:"request"`
	Code    int    `json:"code"`
	Message string `json:"message,omitempty"`
}

// TestKubeletsAreAnsweredAsUpstream sends every kind of request of a kubelet, and some that it must not send, through the node
// authorizer and NodeRestriction.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/node/
func TestKubeletsAreAnsweredAsUpstream(t *testing.T) {
	if *upstream != "" {
		config, err := clientcmd.BuildConfigFromFlags("", *upstream)
		if err != nil {
			t.Fatal(err)
		}
		recording.Write(t, kubeletAnswers, askAsKubelet(t, config, func(ask func() kubeletAnswer, _ int) kubeletAnswer {
			<-time.After(settling)
			return ask()
		}))
		return
	}
	want := recording.Read[kubeletAnswer](t, kubeletAnswers)
	server := apiservertest.Run(t, apiserver.Options{EnableAdmission: []string{"NodeRestriction"}})
	got := askAsKubelet(t, server.ClientConfig("kubernetes-admin", "system:masters"), func(ask func() kubeletAnswer, n int) (a kubeletAnswer) {
		_ = eventually(t, func() (bool, error) {
			a = ask()
			return n < len(want) && a == want[n], nil
		})
		return a
	})
	if len(got) != len(want) {
		t.Fatalf("%s has other requests than %s: record it again", kubeletAnswers, kubeletRequests)
	}
	for i, w := range want {
		if got[i] != w {
			t.Errorf("%s\n\tgot  %d %s\n\twant %d %s (%s)", got[i].Request, got[i].Code, got[i].Message, w.Code, w.Message, w.Request)
		}
	}
}

// askAsKubelet sends the requests of testdata/kubelet.txt. The one after a line "settle" goes through settled, with its number.
func askAsKubelet(t *testing.T, config *rest.Config, settled func(ask func() kubeletAnswer, n int) kubeletAnswer) (answers []kubeletAnswer) {
	config = rest.CopyConfig(config)
	config.QPS = -1
	admin := client(t, config)
	node := rest.CopyConfig(config)
	node.Impersonate = rest.ImpersonationConfig{UserName: "system:node:n1", Groups: []string{"system:nodes"}}
	users := map[string]kubernetes.Interface{"admin": admin, "n1": client(t, node)}
	data, err := os.ReadFile(kubeletRequests)
	if err != nil {
		t.Fatal(err)
	}
	direct := func(ask func() kubeletAnswer, _ int) kubeletAnswer { return ask() }
	through := direct
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if line == "settle" {
			through = settled
			continue
		}
		user, rest, _ := strings.Cut(line, " ")
		rest = withUIDs(t, admin, rest)
		a := through(func() kubeletAnswer {
			a := ask(t, users[user].Discovery().RESTClient(), rest)
			a.Request = line
			return a
		}, len(answers))
		through = direct
		if user == "admin" && a.Code >= 300 {
			t.Fatalf("%s: %d %s", line, a.Code, a.Message)
		}
		answers = append(answers, a)
	}
	return answers
}

// withUIDs puts the UIDs of objects where a request names their paths.
func withUIDs(t *testing.T, c kubernetes.Interface, request string) string {
	return regexp.MustCompile(`"\?[^"]*"`).ReplaceAllStringFunc(request, func(s string) string {
		var o metav1.PartialObjectMetadata
		data, err := c.Discovery().RESTClient().Get().AbsPath(strings.Trim(s, `"?`)).SetHeader("Accept", "application/json").DoRaw(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &o); err != nil {
			t.Fatal(err)
		}
		return `"` + string(o.UID) + `"`
	})
}

func ask(t *testing.T, c rest.Interface, request string) kubeletAnswer {
	verb, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	r := c.Verb(verb).RequestURI(path).SetHeader("Accept", "application/json")
	switch {
	case verb == "PATCH":
		r.SetHeader("Content-Type", string(types.MergePatchType)).Body([]byte(body))
	case body != "":
		r.SetHeader("Content-Type", "application/json").Body([]byte(body))
	}
	var a kubeletAnswer
	result := r.Do(t.Context()).StatusCode(&a.Code)
	data, err := result.Raw()
	var status metav1.Status
	if err != nil && json.Unmarshal(data, &status) == nil {
		a.Message, _, _ = strings.Cut(status.Message, ": @@ ") // a difference with UIDs and times
		a.Message = uid.ReplaceAllString(a.Message, "UID")
	}
	return a
}
