package apiserver_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"
	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/settings"
)

// flagged are the settings of a command line.
func flagged(t *testing.T, args ...string) *settings.Flags {
	t.Helper()
	f, set := settings.New(), pflag.NewFlagSet("apiserver", pflag.ContinueOnError)
	f.AddTo(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f
}

// https://kubernetes.io/docs/reference/using-api/#enabling-or-disabling
func TestRuntimeConfigTurnsVersionsAndResourcesOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ config, off, on string }{
		{"autoscaling/v1=false", "autoscaling/v1 horizontalpodautoscalers", "autoscaling/v2 horizontalpodautoscalers"},
		{"batch/v1=false", "batch/v1 jobs", "apps/v1 deployments"},
		{"apps/v1/deployments=false", "apps/v1 deployments", "apps/v1 replicasets"},
		{"api/all=true,batch/v1=false", "batch/v1 jobs", "v1 pods"},
		{"events.k8s.io/v1=false", "events.k8s.io/v1 events", "v1 events"},
	} {
		t.Run(c.config, func(t *testing.T) {
			t.Parallel()
			s := apiservertest.Run(t, apiserver.Options{Settings: flagged(t, "--runtime-config="+c.config)})
			config := s.ClientConfig("admin", "system:masters")
			var served []string
			for _, list := range must[[]*metav1.APIResourceList](t)(discovery.NewDiscoveryClientForConfigOrDie(config).ServerPreferredResources()) {
				for _, r := range list.APIResources {
					served = append(served, list.GroupVersion+" "+r.Name)
				}
			}
			if slices.Contains(served, c.off) || !slices.Contains(served, c.on) {
				t.Errorf("served are %q", served)
			}
			gv, resource, _ := strings.Cut(c.off, " ")
			ask := asker(t, s, "admin", "system:masters")
			if code, body := ask("/apis/" + gv + "/" + resource); code != http.StatusNotFound {
				t.Errorf("%s: %d, %s", c.off, code, body)
			}
		})
	}
}

func TestDocumentsDoNotNameWhatIsTurnedOff(t *testing.T) {
	t.Parallel()
	s := apiservertest.Run(t, apiserver.Options{Settings: flagged(t, "--runtime-config=batch/v1=false,apps/v1/deployments=false,autoscaling/v1=false")})
	config := s.ClientConfig("admin", "system:masters")
	_, v2 := get(t, config, "/openapi/v2")
	_, apps := get(t, config, "/openapi/v3/apis/apps/v1")
	_, index := get(t, config, "/openapi/v3")
	_, pods := get(t, config, "/openapi/v3/api/v1")
	definitions, _ := v2["definitions"].(map[string]any)
	listed, _ := index["paths"].(map[string]any)
	for _, c := range []struct {
		in    map[string]any
		names string
		want  bool
	}{
		{listed, "apis/batch apis/batch/v1 apis/autoscaling/v1", false},
		{listed, "api/v1 apis/apps apis/apps/v1 apis/autoscaling apis/autoscaling/v2 apis apis/apiextensions.k8s.io/v1", true},
		{paths(v2), "/apis/batch/ /apis/batch/v1/ /apis/batch/v1/jobs /apis/batch/v1/watch/namespaces/{namespace}/jobs /apis/apps/v1/deployments /apis/autoscaling/v1/", false},
		{paths(v2), "/apis/ /apis/apps/ /apis/apps/v1/ /apis/apps/v1/replicasets /apis/autoscaling/ /apis/autoscaling/v2/ /api/v1/namespaces/{name}/finalize /version/", true},
		{paths(apps), "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale /apis/apps/v1/watch/deployments", false},
		{paths(apps), "/apis/apps/v1/ /apis/apps/v1/namespaces/{namespace}/replicasets/{name}/scale", true},
		{paths(pods), "/api/v1/pods /api/v1/namespaces/{name} /api/v1/namespaces/{name}/status", true},
		{definitions, "io.k8s.api.batch.v1.Job io.k8s.api.batch.v1.JobSpec io.k8s.api.apps.v1.Deployment", false},
		{definitions, "io.k8s.api.apps.v1.ReplicaSet io.k8s.api.core.v1.PodSpec io.k8s.api.autoscaling.v1.Scale", true},
	} {
		for name := range strings.FieldsSeq(c.names) {
			if _, is := c.in[name]; is != c.want {
				t.Errorf("%s is in the document: %v", name, is)
			}
		}
	}
	if code, _ := asker(t, s, "admin", "system:masters")("/openapi/v3/apis/batch/v1"); code != http.StatusNotFound {
		t.Errorf("the document of what is turned off: %d", code)
	}
}

func paths(document map[string]any) map[string]any {
	all, _ := document["paths"].(map[string]any)
	return all
}

func TestEventsLastAsLongAsTheFlagSays(t *testing.T) {
	t.Parallel()
	for ttl, want := range map[string]int64{"2m": 120, "0": 0} {
		member := store(t)
		s := apiservertest.Run(t, apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, Settings: flagged(t, "--event-ttl="+ttl)})
		client := kubernetes.NewForConfigOrDie(s.ClientConfig("admin", "system:masters"))
		event := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Name: "e"}, InvolvedObject: corev1.ObjectReference{Namespace: "default"}}
		must[*corev1.Event](t)(client.CoreV1().Events("default").Create(t.Context(), event, metav1.CreateOptions{}))
		kv := must[*clientv3.GetResponse](t)(member.Client().Get(t.Context(), "/registry/events/default/e")).Kvs[0]
		var granted int64
		if kv.Lease != 0 {
			granted = must[*clientv3.LeaseTimeToLiveResponse](t)(member.Client().TimeToLive(t.Context(), clientv3.LeaseID(kv.Lease))).GrantedTTL
		}
		if granted < want || granted > want*11/10+60 || want == 0 && granted != 0 { // events share leases that last a little longer
			t.Errorf("--event-ttl=%s: the lease lasts %d s", ttl, granted)
		}
	}
}

func TestRequestsBeyondTheLimitAreSentAway(t *testing.T) {
	t.Parallel()
	s := apiservertest.Run(t, apiserver.Options{Settings: flagged(t, "--enable-priority-and-fairness=false", "--max-mutating-requests-inflight=1")})
	if code, _ := asker(t, s, "admin", "system:masters")("/livez/poststarthook/priority-and-fairness-filter"); code != http.StatusNotFound {
		t.Errorf("there is a filter of priority and fairness: %d", code)
	}
	admin := kubernetes.NewForConfigOrDie(s.ClientConfig("admin", "system:masters"))
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "jane"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "jane"}},
	}
	must[*rbacv1.ClusterRoleBinding](t)(admin.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}))
	config := s.ClientConfig("jane")
	client := must[*http.Client](t)(rest.HTTPClientFor(config))
	post := func(body io.Reader) (*http.Response, error) {
		request := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodPost, config.Host+"/api/v1/namespaces/default/configmaps", body))
		request.Header.Set("Content-Type", "application/json")
		return client.Do(request)
	}
	allowed := func(context.Context) (bool, error) {
		answer, err := post(strings.NewReader("{}"))
		if err != nil {
			return false, err
		}
		defer answer.Body.Close()
		return answer.StatusCode != http.StatusForbidden, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 20*time.Second, true, allowed); err != nil {
		t.Fatal("jane may not write")
	}

	slow, end := io.Pipe()
	var answered sync.WaitGroup
	answered.Go(func() {
		if answer, err := post(slow); err == nil {
			_ = answer.Body.Close()
		}
	})
	defer answered.Wait()
	defer end.Close()
	if _, err := io.WriteString(end, " "); err != nil { // returns when it is read, so when the request is in flight
		t.Fatal(err)
	}
	second := must[*http.Response](t)(post(strings.NewReader("{}")))
	defer second.Body.Close()
	if second.StatusCode != http.StatusTooManyRequests || second.Header.Get("Retry-After") == "" {
		t.Errorf("a second write beside the first is answered with %s", second.Status)
	}
	must[*corev1.ConfigMapList](t)(kubernetes.NewForConfigOrDie(config).CoreV1().ConfigMaps("default").List(t.Context(), metav1.ListOptions{}))
}

func TestTLSIsAsTheFlagsSay(t *testing.T) {
	t.Parallel()
	config := apiservertest.StartTLS(t, apiserver.Options{Settings: flagged(t, "--tls-min-version=VersionTLS13", "--cors-allowed-origins=^https://example\\.com$",
		"--strict-transport-security-directives=max-age=60", "--disable-http2-serving")})
	address := strings.TrimPrefix(config.Host, "https://")
	dial := func(c *tls.Config) error {
		c.InsecureSkipVerify = true //nolint:gosec // about the version
		dialer := tls.Dialer{Config: c}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	if err := dial(&tls.Config{MaxVersion: tls.VersionTLS12}); err == nil {
		t.Error("TLS 1.2 is accepted")
	}
	if err := dial(&tls.Config{MinVersion: tls.VersionTLS13}); err != nil {
		t.Errorf("TLS 1.3 is not accepted: %v", err)
	}
	client := must[*http.Client](t)(rest.HTTPClientFor(config))
	request := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodGet, config.Host+"/version", nil))
	request.Header.Set("Origin", "https://example.com")
	answer := must[*http.Response](t)(client.Do(request))
	defer answer.Body.Close()
	if answer.ProtoMajor != 1 || answer.Header.Get("Access-Control-Allow-Origin") != "https://example.com" || answer.Header.Get("Strict-Transport-Security") != "max-age=60" {
		t.Errorf("%s with headers %v", answer.Proto, answer.Header)
	}
}

func TestProfilesCanBeTurnedOffAndHostsNamed(t *testing.T) {
	t.Parallel()
	s := apiservertest.Run(t, apiserver.Options{Settings: flagged(t, "--profiling=false", "--external-hostname=api.example.com")})
	ask := asker(t, s, "admin", "system:masters")
	if code, _ := ask("/debug/pprof/"); code != http.StatusNotFound {
		t.Errorf("/debug/pprof/: %d", code)
	}
	if _, body := ask("/.well-known/openid-configuration"); !strings.Contains(body, `"https://api.example.com:6443/openid/v1/jwks"`) {
		t.Errorf("discovery is %s", body)
	}
	if _, body := ask("/flagz"); !strings.Contains(body, "external-hostname") || !strings.Contains(body, "api.example.com") {
		t.Errorf("/flagz is %s", body)
	}
}

// A list of version 0 comes from the cache, which gives all that it has; only the store knows a limit.
func TestResourcesHaveTheWatchCachesThatFlagsLeave(t *testing.T) {
	t.Parallel()
	for flags, want := range map[string]struct{ configMaps, secrets bool }{
		"":                                 {true, true},
		"--watch-cache=false":              {false, false},
		"--watch-cache-sizes=configmaps#0": {false, true},
		"--default-watch-cache-size=0":     {false, false},
		"--default-watch-cache-size=0 --watch-cache-sizes=secrets#10": {false, true},
	} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			s := apiservertest.Run(t, apiserver.Options{Settings: flagged(t, strings.Fields(flags)...)})
			client := kubernetes.NewForConfigOrDie(s.ClientConfig("admin", "system:masters")).CoreV1()
			for _, name := range []string{"a", "b"} {
				must[*corev1.ConfigMap](t)(client.ConfigMaps("default").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}))
				must[*corev1.Secret](t)(client.Secrets("default").Create(t.Context(), secret(name), metav1.CreateOptions{}))
			}
			fresh := metav1.ListOptions{} // the cache has seen both once it has answered this
			must[*corev1.ConfigMapList](t)(client.ConfigMaps("default").List(t.Context(), fresh))
			must[*corev1.SecretList](t)(client.Secrets("default").List(t.Context(), fresh))
			limited := metav1.ListOptions{ResourceVersion: "0", Limit: 1}
			if n := len(must[*corev1.ConfigMapList](t)(client.ConfigMaps("default").List(t.Context(), limited)).Items); n > 1 != want.configMaps {
				t.Errorf("%d ConfigMaps: cached is not %v", n, want.configMaps)
			}
			if n := len(must[*corev1.SecretList](t)(client.Secrets("default").List(t.Context(), limited)).Items); n > 1 != want.secrets {
				t.Errorf("%d Secrets: cached is not %v", n, want.secrets)
			}
		})
	}
}
