// Package apiservertest gives tests a whole API server on an in-process etcd.
package apiservertest

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"runtime/pprof"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/etcd"
)

// startTimeout is generous: other tests may use all processors.
const startTimeout = time.Minute

// Start runs a server for one test and returns a configuration of its
// administrator (user kubernetes-admin, group system:masters). The server is
// ready, and ends with the test. No controllers run: a test that creates pods
// outside of the namespace default needs a service account there.
func Start(t testing.TB) *rest.Config {
	t.Helper()
	return Run(t, apiserver.Options{}).ClientConfig("kubernetes-admin", "system:masters")
}

// Run runs a server with the given options for one test. Without an etcd
// client in the options it starts a member in a temporary directory. See
// HoldLog for where the log goes.
func Run(t testing.TB, o apiserver.Options) *apiserver.Server {
	t.Helper()
	HoldLog(t)
	if o.Etcd == nil {
		member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(member.Stop)
		o.Etcd, o.EtcdReady = member.Client(), member.Ready
	}
	if !o.AdvertiseAddress.IsValid() {
		o.AdvertiseAddress = netip.MustParseAddrPort("192.0.2.1:6443")
	}
	s, err := apiserver.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	ready, stop := context.WithTimeout(ctx, startTimeout)
	defer stop()
	if err := s.Ready(ready); err != nil {
		// At once: the library may end the process while the server stops.
		fmt.Fprintf(os.Stderr, "%s: %v; the goroutines:\n", t.Name(), err)
		_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
		t.Fatal(err)
	}
	addServiceAccount(ready, t, s)
	return s
}

// addServiceAccount does the work of a controller, so that pods are admitted.
func addServiceAccount(ctx context.Context, t testing.TB, s *apiserver.Server) {
	t.Helper()
	client, err := kubernetes.NewForConfig(s.ClientConfig("apiservertest", "system:masters"))
	if err != nil {
		t.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	_, err = client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Create(ctx, account, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}
