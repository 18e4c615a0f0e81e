//go:build linux

package command

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/etcd"
	"github.com/seatrial/seatrial/reference/pki"
)

// store runs a member and, before it, a proxy that speaks TLS and asks for a
// certificate of the bundle's CA.
func store(t *testing.T, bundle *pki.Bundle) (url string, member *etcd.Member) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10, Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Stop)
	if err := member.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{bundle.Serving.TLS()}, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: bundle.CA.Pool(), NextProtos: []string{"h2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go pass(conn, socket)
		}
	}()
	return "https://" + l.Addr().String(), member
}

func pass(outer net.Conn, socket string) {
	defer outer.Close()
	inner, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer inner.Close()
	go func() {
		defer inner.Close()
		_, _ = io.Copy(inner, outer)
	}()
	_, _ = io.Copy(outer, inner)
}

// serve runs the subcommand apiserver until the test ends and returns the
// administrator's configuration once the server is ready.
func serve(t *testing.T, args ...string) (*rest.Config, string) {
	t.Helper()
	apiservertest.HoldLog(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	dir := filepath.Join(t.TempDir(), "pki")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	root := rootCommand()
	root.SetArgs(append([]string{
		"apiserver", "--bind-address=127.0.0.1", "--advertise-address=192.0.2.1", "--secure-port=" + strconv.Itoa(port), "--cert-dir=" + dir,
	}, args...))
	go func() { ended <- root.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	var config *rest.Config
	ready := func(ctx context.Context) (bool, error) {
		select {
		case err := <-ended:
			ended <- nil
			return false, err
		default:
		}
		if config, err = clientcmd.BuildConfigFromFlags("", dir+".kubeconfig"); err != nil {
			return false, nil
		}
		_, err := kubernetes.NewForConfigOrDie(config).Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err == nil, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, ready); err != nil {
		t.Fatalf("the server does not get ready: %v", err)
	}
	return config, dir
}

func TestServerUsesAnEtcdBehindTLSAndItsOwnPrefix(t *testing.T) {
	certs := t.TempDir()
	bundle, err := pki.Ensure(certs, pki.Options{Hosts: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	url, member := store(t, bundle)
	config, _ := serve(t,
		"--etcd-servers="+url, "--etcd-cafile="+bundle.Path("ca.crt"), "--etcd-prefix=/other",
		"--etcd-certfile="+bundle.Path("apiserver-kubelet-client.crt"), "--etcd-keyfile="+bundle.Path("apiserver-kubelet-client.key"),
		"--storage-media-type=application/json", "--service-cluster-ip-range=10.20.0.0/16,fd00:20::/108", "--service-node-port-range=31000-31009",
		"--kubernetes-service-node-port=31007", "--permit-port-sharing", "--default-not-ready-toleration-seconds=7", "--allow-privileged=false",
		"--endpoint-reconciler-type=none",
	)
	client := kubernetes.NewForConfigOrDie(config)
	if _, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	stored, err := member.Client().Get(t.Context(), "/other/configmaps/default/a")
	if err != nil || len(stored.Kvs) != 1 || !strings.HasPrefix(string(stored.Kvs[0].Value), `{"kind":"ConfigMap"`) {
		t.Errorf("stored is %v, %v; not JSON below /other", stored, err)
	}
	elsewhere, err := member.Client().Get(t.Context(), "/registry", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil || elsewhere.Count != 0 {
		t.Errorf("%d keys are below /registry, %v", elsewhere.Count, err)
	}
	service, err := client.CoreV1().Services("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})
	if err != nil || service.Spec.Type != corev1.ServiceTypeNodePort || service.Spec.Ports[0].NodePort != 31007 || service.Spec.ClusterIP != "10.20.0.1" {
		t.Errorf("default/kubernetes is %v, %v", service.Spec, err)
	}
	if _, err := client.CoreV1().Endpoints("default").Get(t.Context(), "kubernetes", metav1.GetOptions{}); err == nil {
		t.Error("default/kubernetes has endpoints in spite of --endpoint-reconciler-type=none")
	}
	rulesOfPods(t, client)
}

func rulesOfPods(t *testing.T, client kubernetes.Interface) {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	if _, err := client.CoreV1().ServiceAccounts("default").Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}}}
	created, err := client.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{7, 300} {
		if got := created.Spec.Tolerations[i]; *got.TolerationSeconds != want {
			t.Errorf("toleration of %s lasts %d s, not %d", got.Key, *got.TolerationSeconds, want)
		}
	}
	pod.Name, pod.Spec.Containers[0].SecurityContext = "b", &corev1.SecurityContext{Privileged: new(true)}
	_, err = client.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{})
	if want := "spec.containers[0].securityContext.privileged: Forbidden: disallowed by cluster policy"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a privileged pod gets %v", err)
	}
}

func TestServingCertificateNamesAllAddresses(t *testing.T) {
	config, dir := serve(t, "--data-dir="+t.TempDir(), "--service-cluster-ip-range=10.20.0.0/16,fd00:20::/108")
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil || len(ca) == 0 {
		t.Fatal(err)
	}
	for _, name := range []string{"10.20.0.1", "fd00:20::1", "192.0.2.1", "127.0.0.1", "kubernetes.default.svc"} {
		c := rest.CopyConfig(config)
		c.ServerName = name
		if _, err := kubernetes.NewForConfigOrDie(c).Discovery().ServerVersion(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
