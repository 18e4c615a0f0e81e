package kubelettest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/kubelet"
	"github.com/seatrial/seatrial/reference/kubelet/cgroups"
	"github.com/seatrial/seatrial/reference/pki"
	"github.com/seatrial/seatrial/reference/runtime"
)

const (
	innerVar = "SEATRIAL_KUBELET_TEST"
	busybox  = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1"
	nodeName = "node-1"
	nodeIP   = "192.0.2.2"
	patience = 60 * time.Second
)

// inNamespaces runs the calling test again in network, mount and process namespaces of its own, with which
// everything it started ends, and returns false in the outer process.
func inNamespaces(t *testing.T) bool {
	t.Helper()
	if os.Getenv(innerVar) != "" {
		separateMounts(t)
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			t.Fatal(err)
		}
		if err := netlink.LinkSetUp(lo); err != nil {
			t.Fatal(err)
		}
		addNodeAddress(t)
		return true
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root: it runs containers")
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), innerVar+"=inner")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	t.Logf("in namespaces:\n%s", out)
	if err != nil {
		t.Errorf("test in namespaces: %v", err)
	}
	return false
}

// separateMounts keeps the mounts of the test from the machine, and shares them with the containers.
func separateMounts(t *testing.T) {
	t.Helper()
	for _, err := range []error{
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount("proc", "/proc", "proc", 0, ""),
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// addNodeAddress gives the node an address, from which it reaches its pods.
func addNodeAddress(t *testing.T) {
	t.Helper()
	link := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}, PeerName: "eth0-far"}
	if err := netlink.LinkAdd(link); err != nil {
		t.Fatal(err)
	}
	address, err := netlink.ParseAddr(nodeIP + "/24")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.AddrAdd(link, address); err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		t.Fatal(err)
	}
}

// cluster is one real node with an API server and no controllers.
type cluster struct {
	t       *testing.T
	dir     string
	config  *rest.Config
	client  kubernetes.Interface
	options kubelet.Options
	kubelet *agent
}

// agent is a running kubelet.
type agent struct {
	cancel context.CancelFunc
	done   chan error
}

// startKubelet runs the node agent until stopKubelet, or the end of the test.
func (c *cluster) startKubelet() {
	c.t.Helper()
	k, err := kubelet.New(c.options)
	if err != nil {
		c.t.Fatal(err)
	}
	begin := time.Now()
	ctx, cancel := context.WithCancel(context.Background())
	*c.kubelet = agent{cancel: cancel, done: make(chan error, 1)}
	go func() { c.kubelet.done <- k.Run(ctx) }()
	ready, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if err := k.Ready(ready); err != nil {
		c.t.Fatal(err)
	}
	c.t.Logf("node ready after %v", time.Since(begin))
}

func (c *cluster) stopKubelet() {
	c.t.Helper()
	c.kubelet.cancel()
	if err := <-c.kubelet.done; err != nil {
		c.t.Errorf("kubelet: %v", err)
	}
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	dir, err := os.MkdirTemp("/run", "kt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	rt, err := runtime.Start(context.Background(), runtime.Options{
		DataDir: filepath.Join(dir, "data"), StateDir: filepath.Join(dir, "state"), PodCIDR: "10.244.7.0/24", Log: log,
	})
	if err != nil {
		t.Skipf("needs a runtime: %v", err)
	}
	t.Cleanup(func() {
		if err := rt.RemoveAll(context.Background()); err != nil {
			t.Errorf("remove runtime: %v", err)
		}
	})
	bundle, err := pki.Ensure(filepath.Join(dir, "pki"), pki.Options{Hosts: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client := bundle.KubeletClient.TLS()
	server := apiservertest.Run(t, apiserver.Options{
		Listeners: []net.Listener{listener}, ServingCert: bundle.Serving.CertPEM, ServingKey: bundle.Serving.KeyPEM, ClientCA: bundle.CA.PEM(),
		KubeletTLS: &tls.Config{RootCAs: bundle.CA.Pool(), Certificates: []tls.Certificate{client}},
	})
	serving, err := bundle.CA.Issue(pki.Request{
		CommonName: "system:node:" + nodeName, Organizations: []string{"system:nodes"},
		Hosts: []string{nodeName, nodeIP}, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		t.Fatal(err)
	}
	group := fmt.Sprintf("/kubelettest-%d", os.Getpid())
	c := &cluster{t: t, dir: dir, kubelet: &agent{}}
	c.config = &rest.Config{Host: "https://" + listener.Addr().String(), QPS: -1, TLSClientConfig: rest.TLSClientConfig{
		CAData: bundle.CA.PEM(), CertData: bundle.Admin.CertPEM, KeyData: bundle.Admin.KeyPEM,
	}}
	c.client, err = kubernetes.NewForConfig(c.config)
	if err != nil {
		t.Fatal(err)
	}
	c.options = kubelet.Options{
		NodeName: nodeName, NodeIP: nodeIP, Config: server.ClientConfig("system:node:"+nodeName, "system:nodes"), CRI: rt.Conn(),
		RootDir: filepath.Join(dir, "kubelet"), LogDir: filepath.Join(dir, "logs"), CgroupRoot: group, ManifestDir: filepath.Join(dir, "manifests"),
		ClusterDNS: []string{"10.96.0.10"}, Certificate: serving.TLS(), ClientCA: bundle.CA.PEM(), Log: log,
	}
	c.startKubelet()
	t.Cleanup(func() { c.stopKubelet(); removeGroups(group) })
	ctx := t.Context()
	root := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kube-root-ca.crt"}, Data: map[string]string{"ca.crt": "none"}}
	if _, err := c.client.CoreV1().ConfigMaps("default").Create(ctx, root, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	return c
}

func removeGroups(group string) {
	groups := cgroups.Groups{Mount: "/sys/fs/cgroup", Root: group}
	for _, uid := range groups.Pods() {
		_ = groups.Remove(uid)
	}
	for _, sub := range []string{"/kubepods/burstable", "/kubepods/besteffort", "/kubepods", ""} {
		dirs, _ := filepath.Glob("/sys/fs/cgroup/*" + group + sub)
		for _, dir := range dirs {
			_ = os.Remove(dir)
		}
	}
}

// pod makes a pod of one busybox container that runs the script.
func pod(name, script string, change func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{
			NodeName: nodeName, TerminationGracePeriodSeconds: new(int64(2)),
			Containers: []corev1.Container{{Name: "main", Image: busybox, Command: []string{"sh", "-c", script}}},
		},
	}
	if change != nil {
		change(p)
	}
	return p
}

func (c *cluster) create(p *corev1.Pod) *corev1.Pod {
	c.t.Helper()
	created, err := c.client.CoreV1().Pods(p.Namespace).Create(c.t.Context(), p, metav1.CreateOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	return created
}

// wait returns the pod once it is as wanted; it watches, and fails with the last state seen.
func (c *cluster) wait(name, what string, want func(*corev1.Pod) bool) *corev1.Pod {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	pods := c.client.CoreV1().Pods("default")
	watcher, err := pods.Watch(ctx, metav1.SingleObject(metav1.ObjectMeta{Name: name}))
	if err != nil {
		c.t.Fatal(err)
	}
	defer watcher.Stop()
	last, err := pods.Get(ctx, name, metav1.GetOptions{})
	if err == nil && want(last) {
		return last
	}
	for event := range watcher.ResultChan() {
		if p, ok := event.Object.(*corev1.Pod); ok {
			last = p
			if want(p) {
				return p
			}
		}
	}
	events, _ := c.client.CoreV1().Events("default").List(c.t.Context(), metav1.ListOptions{})
	var lines []string
	for _, event := range events.Items {
		lines = append(lines, event.InvolvedObject.Name+" "+event.Reason+": "+event.Message)
	}
	c.t.Fatalf("pod %s is not %s: %+v\nevents:\n%s", name, what, last.Status, strings.Join(lines, "\n"))
	return nil
}

func (c *cluster) running(name string) *corev1.Pod {
	c.t.Helper()
	return c.wait(name, "running", func(p *corev1.Pod) bool { return p.Status.Phase == corev1.PodRunning })
}

func (c *cluster) logs(name string, options corev1.PodLogOptions) string {
	c.t.Helper()
	stream, err := c.client.CoreV1().Pods("default").GetLogs(name, &options).Stream(c.t.Context())
	if err != nil {
		c.t.Fatalf("logs of %s: %v", name, err)
	}
	defer stream.Close()
	data, err := io.ReadAll(stream)
	if err != nil {
		c.t.Fatalf("logs of %s: %v", name, err)
	}
	return string(data)
}

// exec runs a command by one of the two protocols.
func (c *cluster) exec(protocol, name, stdin string, command ...string) (stdout string, err error) {
	c.t.Helper()
	request := c.client.CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name(name).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Container: "main", Command: command, Stdin: stdin != "", Stdout: true, Stderr: true}, scheme.ParameterCodec)
	var executor remotecommand.Executor
	if protocol == "SPDY" {
		executor, err = remotecommand.NewSPDYExecutor(c.config, "POST", request.URL())
	} else {
		executor, err = remotecommand.NewWebSocketExecutor(c.config, "GET", request.URL().String())
	}
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	var out, errOut bytes.Buffer
	options := remotecommand.StreamOptions{Stdout: &out, Stderr: &errOut}
	if stdin != "" {
		options.Stdin = strings.NewReader(stdin)
	}
	err = executor.StreamWithContext(ctx, options)
	return out.String() + errOut.String(), err
}

func (c *cluster) remove(name string) {
	c.t.Helper()
	if err := c.client.CoreV1().Pods("default").Delete(c.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

// gone waits until the pod is not there any more.
func (c *cluster) gone(name string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	watcher, err := c.client.CoreV1().Pods("default").Watch(ctx, metav1.SingleObject(metav1.ObjectMeta{Name: name}))
	if err != nil {
		c.t.Fatal(err)
	}
	defer watcher.Stop()
	if _, err := c.client.CoreV1().Pods("default").Get(ctx, name, metav1.GetOptions{}); apierrors.IsNotFound(err) {
		return
	}
	for event := range watcher.ResultChan() {
		if event.Type == "DELETED" {
			return
		}
	}
	c.t.Fatalf("pod %s is still there", name)
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
