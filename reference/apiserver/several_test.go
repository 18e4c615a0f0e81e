package apiserver_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/etcd"
)

// several runs n servers on one store, started at the same moment. stop ends
// one of them and waits for its end.
func several(t *testing.T, member *etcd.Member, n int) (running []*apiserver.Server, stop func(i int)) {
	t.Helper()
	apiservertest.HoldLog(t)
	running = make([]*apiserver.Server, n)
	cancels, ends := make([]context.CancelFunc, n), make([]chan error, n)
	var started sync.WaitGroup
	for i := range n {
		var ctx context.Context
		ctx, cancels[i] = context.WithCancel(context.Background())
		ends[i] = make(chan error, 1)
		started.Go(func() {
			s, err := apiserver.New(ctx, apiserver.Options{
				Etcd: member.Client(), EtcdReady: member.Ready, SharedStore: true,
				AdvertiseAddress: netip.MustParseAddrPort(fmt.Sprintf("192.0.2.%d:6443", i+1)),
			})
			if err != nil {
				t.Error(err)
				ends[i] <- err
				return
			}
			go func() { ends[i] <- s.Run(ctx) }()
			ready, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			if err := s.Ready(ready); err != nil {
				t.Error(err)
				return
			}
			running[i] = s
		})
	}
	started.Wait()
	stops := make([]func(), n)
	for i := range n {
		stops[i] = sync.OnceFunc(func() {
			cancels[i]()
			if err := <-ends[i]; err != nil {
				t.Error(err)
			}
		})
		t.Cleanup(stops[i])
	}
	if t.Failed() {
		t.FailNow()
	}
	return running, func(i int) { stops[i]() }
}

// servers are the addresses behind default/kubernetes, which both kinds of endpoints must agree on.
func servers(t *testing.T, s *apiserver.Server) []string {
	t.Helper()
	client := kubernetes.NewForConfigOrDie(s.ClientConfig("admin", "system:masters"))
	var slice, old []string
	for _, e := range must[*discoveryv1.EndpointSlice](t)(client.DiscoveryV1().EndpointSlices("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})).Endpoints {
		slice = append(slice, e.Addresses...)
	}
	for _, s := range must[*corev1.Endpoints](t)(client.CoreV1().Endpoints("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})).Subsets {
		for _, a := range s.Addresses {
			old = append(old, a.IP)
		}
	}
	if !slices.Equal(slice, old) {
		return append(slice, old...)
	}
	return slice
}

func TestServersComeAndGoAsEndpoints(t *testing.T) {
	t.Parallel()
	running, stop := several(t, store(t), 3)
	if got, want := servers(t, running[0]), []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}; !slices.Equal(got, want) {
		t.Fatalf("endpoints are %q, not %q", got, want)
	}
	stop(1)
	if got, want := servers(t, running[0]), []string{"192.0.2.1", "192.0.2.3"}; !slices.Equal(got, want) {
		t.Errorf("after one has ended: endpoints are %q, not %q", got, want)
	}
}

// An entry that nobody renews is what a killed server leaves behind.
func TestKilledServerIsTakenOutOfTheEndpoints(t *testing.T) {
	t.Parallel()
	member := store(t)
	if err := member.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	killed := "/registry/members/apiservers/192.0.2.9"
	if _, err := member.Client().Put(t.Context(), killed, ""); err != nil {
		t.Fatal(err)
	}
	running, _ := several(t, member, 1)
	if got, want := servers(t, running[0]), []string{"192.0.2.1", "192.0.2.9"}; !slices.Equal(got, want) {
		t.Fatalf("endpoints are %q, not %q", got, want)
	}
	if _, err := member.Client().Delete(t.Context(), killed); err != nil { // its time is over
		t.Fatal(err)
	}
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		return slices.Equal(servers(t, running[0]), []string{"192.0.2.1"}), nil
	})
	if err != nil {
		t.Errorf("endpoints are %q", servers(t, running[0]))
	}
}

// Ten times three servers: what each makes at its start is there once, and nobody fails.
func TestServersStartTogether(t *testing.T) {
	alone := bootstrapped(t, apiservertest.Run(t, apiserver.Options{}))
	alone = slices.DeleteFunc(alone, func(name string) bool { return name == "ServiceAccount default/default" }) // of the test server
	for range 10 {
		running, stop := several(t, store(t), 3)
		if got := bootstrapped(t, running...); !slices.Equal(got, alone) {
			t.Errorf("three servers make %d objects, one makes %d: %q", len(got), len(alone), difference(got, alone))
		}
		var ended sync.WaitGroup
		for i := range running {
			ended.Go(func() { stop(i) })
		}
		ended.Wait()
	}
}

func difference(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, "+"+s)
		}
	}
	for _, s := range b {
		if !slices.Contains(a, s) {
			out = append(out, "-"+s)
		}
	}
	return out
}

// bootstrapped names all objects but events; every server must tell the same.
func bootstrapped(t *testing.T, servers ...*apiserver.Server) []string {
	t.Helper()
	var first []string
	for i, server := range servers {
		got := everything(t, server.ClientConfig("admin", "system:masters"))
		if i == 0 {
			first = got
		} else if !slices.Equal(got, first) {
			t.Errorf("server %d tells of other objects: %q", i, difference(got, first))
		}
	}
	return first
}

func everything(t *testing.T, config *rest.Config) []string {
	t.Helper()
	lists := must[[]*metav1.APIResourceList](t)(discovery.NewDiscoveryClientForConfigOrDie(config).ServerPreferredResources())
	client := metadata.NewForConfigOrDie(config)
	var all []string
	for _, list := range discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list", "watch"}}, lists) {
		gv := must[schema.GroupVersion](t)(schema.ParseGroupVersion(list.GroupVersion))
		for _, r := range list.APIResources {
			if r.Name == "events" {
				continue
			}
			objects := must[*metav1.PartialObjectMetadataList](t)(client.Resource(gv.WithResource(r.Name)).List(t.Context(), metav1.ListOptions{}))
			for _, o := range objects.Items {
				all = append(all, r.Kind+" "+o.Namespace+"/"+o.Name)
			}
		}
	}
	slices.Sort(all)
	return all
}
