package apiserver_test

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/etcd"
)

// serve runs a server on the data in dir while f runs.
func serve(t *testing.T, dir string, f func(kubernetes.Interface)) {
	t.Helper()
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: dir, TickMs: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer member.Stop()
	serveWith(t, apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready}, f)
}

// serveWith runs a server while f runs.
func serveWith(t *testing.T, o apiserver.Options, f func(kubernetes.Interface)) {
	t.Helper()
	run(t, o, func(s *apiserver.Server) {
		if err := s.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		f(kubernetes.NewForConfigOrDie(s.ClientConfig("admin", "system:masters")))
	})
}

// serveUnready is serveWith for a server that does not get ready, though its start comes to an end.
func serveUnready(t *testing.T, o apiserver.Options, f func(kubernetes.Interface)) {
	t.Helper()
	run(t, o, func(s *apiserver.Server) {
		client := kubernetes.NewForConfigOrDie(s.ClientConfig("admin", "system:masters"))
		started := func(ctx context.Context) (bool, error) {
			return client.CoreV1().RESTClient().Get().AbsPath("/livez").Do(ctx).Error() == nil, nil
		}
		if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, started); err != nil {
			t.Fatal(err)
		}
		f(client)
	})
}

func run(t *testing.T, o apiserver.Options, f func(*apiserver.Server)) {
	t.Helper()
	apiservertest.HoldLog(t)
	s, err := apiserver.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	f(s)
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestRestartKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	var before *corev1.Service
	versions := map[string]string{}
	serve(t, dir, func(client kubernetes.Interface) {
		before = must[*corev1.Service](t)(client.CoreV1().Services("default").Create(t.Context(), service("a", corev1.ServiceTypeNodePort), metav1.CreateOptions{}))
		versions = bootstrapVersions(t, client)
	})
	serve(t, dir, func(client kubernetes.Interface) {
		after := must[*corev1.Service](t)(client.CoreV1().Services("default").Get(t.Context(), "a", metav1.GetOptions{}))
		if after.UID != before.UID || after.ResourceVersion != before.ResourceVersion || after.Spec.ClusterIP != before.Spec.ClusterIP {
			t.Errorf("service changed from %v to %v", before, after)
		}
		again := service("b", corev1.ServiceTypeNodePort)
		again.Spec.Ports[0].NodePort = before.Spec.Ports[0].NodePort
		if _, err := client.CoreV1().Services("default").Create(t.Context(), again, metav1.CreateOptions{}); err == nil {
			t.Error("the node port was given away twice")
		}
		for name, version := range bootstrapVersions(t, client) {
			if versions[name] != version {
				t.Errorf("the restart wrote %s", name)
			}
		}
	})
}

// bootstrapVersions are the resource versions of objects that the server makes.
func bootstrapVersions(t *testing.T, client kubernetes.Interface) map[string]string {
	t.Helper()
	all := map[string]string{}
	add := func(kind string, m metav1.Object) {
		all[kind+" "+m.GetNamespace()+"/"+m.GetName()] = m.GetResourceVersion()
	}
	for _, o := range must[*corev1.NamespaceList](t)(client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})).Items {
		add("namespace", &o)
	}
	roles, err := client.RbacV1().ClusterRoles().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range roles.Items {
		add("cluster role", &o)
	}
	slices, err := client.DiscoveryV1().EndpointSlices("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range slices.Items {
		add("endpoint slice", &o)
	}
	maps, err := client.CoreV1().ConfigMaps("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range maps.Items {
		add("config map", &o)
	}
	return all
}
