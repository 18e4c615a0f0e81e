package apiserver_test

import (
	"path/filepath"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/etcd"
)

// remote is a client of an etcd member over gRPC, as --etcd-servers gives.
func remote(t *testing.T, socket string) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{"unix://" + socket}, DialTimeout: 20 * time.Second,
		DialOptions: []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestTwoServersShareARemoteStore(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "etcd.sock")
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10, Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Stop)
	var clients []kubernetes.Interface
	for range 2 {
		s := apiservertest.Run(t, apiserver.Options{Etcd: remote(t, socket), SharedStore: true})
		clients = append(clients, kubernetes.NewForConfigOrDie(s.ClientConfig("admin", "system:masters")))
	}
	first := must[*corev1.Service](t)(clients[0].CoreV1().Services("default").Create(t.Context(), service("a", corev1.ServiceTypeNodePort), metav1.CreateOptions{}))
	second := service("b", corev1.ServiceTypeNodePort)
	second.Spec.Ports[0].NodePort = first.Spec.Ports[0].NodePort
	if _, err := clients[1].CoreV1().Services("default").Create(t.Context(), second, metav1.CreateOptions{}); err == nil {
		t.Error("the other server gave the node port away again")
	}
	seen := must[*corev1.Service](t)(clients[1].CoreV1().Services("default").Get(t.Context(), "a", metav1.GetOptions{}))
	if seen.Spec.ClusterIP != first.Spec.ClusterIP {
		t.Errorf("the other server sees %q", seen.Spec.ClusterIP)
	}
}
