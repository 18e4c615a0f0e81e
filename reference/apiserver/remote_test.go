package apiserver_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

func TestTwoServersShareARemoteStore(t *testing.T) {
	store := apiservertest.RemoteStore(t)
	var clients []kubernetes.Interface
	for range 2 {
		s := apiservertest.Run(t, apiserver.Options{Etcd: store(), SharedStore: true})
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
