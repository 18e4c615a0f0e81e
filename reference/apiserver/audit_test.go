package apiserver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/settings"
)

// audited are the settings of a server with a policy and a log in a new folder.
func audited(t *testing.T, policy string) (flags *settings.Flags, log string) {
	t.Helper()
	dir := t.TempDir()
	flags, log = settings.New(), filepath.Join(dir, "audit.log")
	flags.Audit.PolicyFile, flags.Audit.LogOptions.Path = filepath.Join(dir, "policy.yaml"), log
	write(t, flags.Audit.PolicyFile, policy)
	return flags, log
}

func policyOf(rules ...string) string {
	return "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- " + strings.Join(rules, "\n- ") + "\n"
}

// events reads an audit log.
func events(t *testing.T, log string) []auditv1.Event {
	t.Helper()
	var all []auditv1.Event
	for line := range strings.Lines(string(must[[]byte](t)(os.ReadFile(log)))) {
		var e auditv1.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, e)
	}
	return all
}

// summary is what a policy decides: stage, level and which bodies are there.
func summary(e auditv1.Event) string {
	out := fmt.Sprintf("%s %s", e.Stage, e.Level)
	if e.RequestObject != nil {
		out += " request"
	}
	if e.ResponseObject != nil {
		out += " response"
	}
	return out
}

// https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy
func TestFirstMatchingRuleOfAuditPolicyDecidesLevelAndStages(t *testing.T) {
	t.Parallel()
	configMaps := func(level string, rest ...string) string {
		return "{level: " + level + `, users: [jane], resources: [{group: "", resources: [configmaps]}]` + strings.Join(rest, "") + "}"
	}
	none := "{level: None}"
	received, complete := "RequestReceived", "ResponseComplete"
	for name, c := range map[string]struct {
		rules []string
		want  []string
	}{
		"none":            {[]string{configMaps("None"), "{level: RequestResponse}"}, nil},
		"metadata":        {[]string{configMaps("Metadata"), none}, []string{received + " Metadata", complete + " Metadata"}},
		"request":         {[]string{configMaps("Request"), none}, []string{received + " Request", complete + " Request request"}},
		"requestresponse": {[]string{configMaps("RequestResponse"), none}, []string{received + " RequestResponse", complete + " RequestResponse request response"}},
		"omitted stages":  {[]string{configMaps("Metadata", ", omitStages: [RequestReceived]"), none}, []string{complete + " Metadata"}},
		"first wins":      {[]string{configMaps("Metadata", ", omitStages: [ResponseComplete]"), configMaps("Request")}, []string{received + " Metadata"}},
		"other namespace": {[]string{configMaps("Metadata", ", namespaces: [kube-system]"), none}, nil},
		"other verb":      {[]string{configMaps("Metadata", ", verbs: [delete]"), none}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags, log := audited(t, policyOf(c.rules...))
			s := apiservertest.Run(t, apiserver.Options{Settings: flags})
			client := kubernetes.NewForConfigOrDie(s.ClientConfig("jane", "system:masters"))
			object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
			must[*corev1.ConfigMap](t)(client.CoreV1().ConfigMaps("default").Create(t.Context(), object, metav1.CreateOptions{}))
			var got []string
			for _, e := range events(t, log) {
				if e.User.Username == "jane" {
					got = append(got, summary(e))
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("the log has %q, not %q", got, c.want)
			}
		})
	}
}

func TestAuditEventNamesWhoDidWhat(t *testing.T) {
	t.Parallel()
	flags, log := audited(t, policyOf("{level: Metadata, users: [jane], omitStages: [RequestReceived]}", "{level: None}"))
	s := apiservertest.Run(t, apiserver.Options{Settings: flags})
	client := kubernetes.NewForConfigOrDie(s.ClientConfig("jane", "system:masters"))
	_, err := client.CoreV1().Pods("default").Get(t.Context(), "absent", metav1.GetOptions{})
	if err == nil {
		t.Fatal("an absent pod is there")
	}
	all := events(t, log)
	if len(all) != 1 {
		t.Fatalf("the log has %d events", len(all))
	}
	e := all[0]
	if e.Verb != "get" || e.ObjectRef.Resource != "pods" || e.ObjectRef.Name != "absent" || e.ObjectRef.Namespace != "default" ||
		e.ResponseStatus.Code != http.StatusNotFound || e.Annotations["authorization.k8s.io/decision"] != "allow" || e.RequestURI != "/api/v1/namespaces/default/pods/absent" {
		t.Errorf("event is %+v", e)
	}
}

// The policy in the documentation keeps contents of Secrets, ConfigMaps and tokens out of the log.
func TestRecommendedAuditPolicyKeepsSecretsOutOfTheLog(t *testing.T) {
	t.Parallel()
	flags, log := audited(t, string(must[[]byte](t)(os.ReadFile("../docs/audit-policy.yaml"))))
	s := apiservertest.Run(t, apiserver.Options{Settings: flags})
	client := kubernetes.NewForConfigOrDie(s.ClientConfig("jane", "system:masters"))
	core := client.CoreV1()
	must[*corev1.Secret](t)(core.Secrets("default").Create(t.Context(), secret("s"), metav1.CreateOptions{}))
	must[*corev1.Secret](t)(core.Secrets("default").Get(t.Context(), "s", metav1.GetOptions{}))
	must[*corev1.SecretList](t)(core.Secrets("default").List(t.Context(), metav1.ListOptions{}))
	must[*corev1.ConfigMap](t)(core.ConfigMaps("default").Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "a"}, Data: map[string]string{"word": "hidden-map"},
	}, metav1.CreateOptions{}))
	token := must[*authenticationv1.TokenRequest](t)(core.ServiceAccounts("default").CreateToken(t.Context(), "default", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})).Status.Token
	must[*authenticationv1.TokenReview](t)(client.AuthenticationV1().TokenReviews().Create(t.Context(), &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{}))
	must[*corev1.Namespace](t)(core.Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "seen-namespace"}}, metav1.CreateOptions{}))

	text := string(must[[]byte](t)(os.ReadFile(log)))
	for _, word := range []string{"hidden-", "aGlkZGVu", token} { // base64 of "hidden"
		if strings.Contains(text, word) {
			t.Errorf("the log has %.20q", word)
		}
	}
	got := map[string]string{}
	for _, e := range events(t, log) {
		if e.User.Username == "jane" {
			got[strings.Trim(e.Verb+" "+e.ObjectRef.Resource+"/"+e.ObjectRef.Subresource, "/")] = summary(e)
		}
	}
	for request, want := range map[string]string{
		"create secrets":               "ResponseComplete Metadata",
		"list secrets":                 "ResponseComplete Metadata",
		"create configmaps":            "ResponseComplete Metadata",
		"create serviceaccounts/token": "ResponseComplete Metadata",
		"create tokenreviews":          "ResponseComplete Metadata",
		"create namespaces":            "ResponseComplete RequestResponse request response",
	} {
		if got[request] != want {
			t.Errorf("%s is logged as %q, not %q", request, got[request], want)
		}
	}
}

func TestAuditWebhookReceivesEvents(t *testing.T) {
	t.Parallel()
	received := make(chan auditv1.EventList, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var list auditv1.EventList
		if err := json.NewDecoder(r.Body).Decode(&list); err != nil {
			t.Error(err)
		}
		received <- list
	}))
	t.Cleanup(hook.Close)
	flags, _ := audited(t, policyOf("{level: Request, users: [jane], omitStages: [RequestReceived]}", "{level: None}"))
	flags.Audit.LogOptions.Path = ""
	flags.Audit.WebhookOptions.ConfigFile = filepath.Join(t.TempDir(), "webhook.kubeconfig")
	flags.Audit.WebhookOptions.BatchOptions.BatchConfig.MaxBatchWait = 50 * time.Millisecond
	write(t, flags.Audit.WebhookOptions.ConfigFile, "apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: '"+hook.URL+
		"'}}]\ncontexts: [{name: a, context: {cluster: a}}]\ncurrent-context: a\n")
	s := apiservertest.Run(t, apiserver.Options{Settings: flags})
	client := kubernetes.NewForConfigOrDie(s.ClientConfig("jane", "system:masters"))
	must[*corev1.ConfigMap](t)(client.CoreV1().ConfigMaps("default").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, metav1.CreateOptions{}))
	select {
	case list := <-received:
		if len(list.Items) != 1 || list.Items[0].Verb != "create" || list.Items[0].RequestObject == nil {
			t.Errorf("webhook got %+v", list)
		}
	case <-time.After(20 * time.Second):
		t.Error("webhook got nothing")
	}
}

func TestBrokenAuditConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*settings.Flags){
		"illegal policy with 0 rules":          func(f *settings.Flags) { write(t, f.Audit.PolicyFile, "apiVersion: audit.k8s.io/v1\nkind: Policy\n") },
		"Unsupported value: \"Everything\"":    func(f *settings.Flags) { write(t, f.Audit.PolicyFile, policyOf("{level: Everything}")) },
		"no such file":                         func(f *settings.Flags) { f.Audit.WebhookOptions.ConfigFile = "/absent" },
		"invalid audit log mode sometimes":     func(f *settings.Flags) { f.Audit.LogOptions.BatchOptions.Mode = "sometimes" },
		"--audit-log-maxage -1 can't be a neg": func(f *settings.Flags) { f.Audit.LogOptions.MaxAge = -1 },
		"invalid audit log format prose":       func(f *settings.Flags) { f.Audit.LogOptions.Format = "prose" },
	} {
		flags, _ := audited(t, policyOf("{level: Metadata}"))
		change(flags)
		member := store(t)
		_, err := apiserver.New(t.Context(), apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, Settings: flags})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("not %q: %v", want, err)
		}
	}
}
