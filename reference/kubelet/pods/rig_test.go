package pods_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/cgroups"
	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/hooks"
	"github.com/seatrial/seatrial/reference/kubelet/images"
	"github.com/seatrial/seatrial/reference/kubelet/kubelettest"
	"github.com/seatrial/seatrial/reference/kubelet/names"
	"github.com/seatrial/seatrial/reference/kubelet/objects"
	"github.com/seatrial/seatrial/reference/kubelet/pods"
	"github.com/seatrial/seatrial/reference/kubelet/probes"
	"github.com/seatrial/seatrial/reference/kubelet/status"
	"github.com/seatrial/seatrial/reference/kubelet/users"
	"github.com/seatrial/seatrial/reference/kubelet/volumes"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/mount"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/projected"
)

const image = "example.com/app:1"

// rig is a node agent's pods on a fake API and a fake runtime, in a bubble of fake time.
type rig struct {
	t       *testing.T
	client  *fake.Clientset
	runtime *kubelettest.Runtime
	pods    *pods.Pods
	events  chan string
	node    *corev1.Node
	deleted []string
	version int
}

func bubble(t *testing.T, test func(t *testing.T, r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, client: fake.NewClientset(), runtime: kubelettest.New(image), node: &corev1.Node{}}
		r.start()
		test(t, r)
	})
}

func (r *rig) start() {
	t := r.t
	r.countVersions()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := cri.NewClient(r.runtime.Serve(t))
	wall := clock.RealClock{}
	store := objects.New(r.client, wall, log)
	writer := status.NewWriter(r.client, log)
	recorder := record.NewFakeRecorder(1000)
	recorder.IncludeObject = false
	r.events = recorder.Events
	dir := t.TempDir()
	vols := volumes.New(volumes.Options{
		Dir: dir + "/pods", Client: r.client, Store: store, Tokens: projected.NewTokenCache(r.client, wall),
		Mounter: &mount.Memory{}, Clock: wall, Node: func() *corev1.Node { return r.node },
	})
	r.pods = pods.New(pods.Options{
		Client: r.client, CRI: client, Volumes: vols, Images: images.NewPuller(client.Images, wall),
		Hooks: hooks.Runner{Runtime: client.Runtime, Clock: wall}, Probes: probes.Checker{Runtime: client.Runtime}, Objects: store,
		Writer: writer, Recorder: recorder, Cgroups: cgroups.Groups{Mount: dir + "/cgroup", Root: "/test"},
		Users:    &users.Ranges{PodDir: vols.PodDir},
		Names:    names.Cluster{Domain: "cluster.local", Servers: []string{"10.96.0.10"}},
		Services: func(string) []*corev1.Service { return nil }, Node: func() *corev1.Node { return r.node },
		Mirror: func(*corev1.Pod) *corev1.Pod { return nil }, LogDir: dir + "/logs", HostIPs: []string{"192.0.2.1"},
		NodeMemory: 1 << 30, Clock: wall, Log: log,
	})
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan struct{}, 3)
	go func() { writer.Run(ctx); done <- struct{}{} }()
	go func() { r.pods.Run(ctx, func() { close(ready) }); done <- struct{}{} }()
	<-ready
	factory := r.watch(ctx, writer)
	events := cri.Events{Client: client, Clock: wall, Log: log, Changed: r.pods.Changed}
	go func() { events.Run(ctx); done <- struct{}{} }()
	t.Cleanup(func() {
		cancel()
		for range 3 {
			<-done
		}
		factory.Shutdown()
		store.Close()
	})
	synctest.Wait()
}

// countVersions gives objects resource versions, which the fake clientset does not.
func (r *rig) countVersions() {
	r.client.PrependReactor("*", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
		switch a := action.(type) {
		case interface{ GetObject() runtime.Object }: // created or updated
			r.stamp(a.GetObject())
		case clienttesting.DeleteAction:
			r.deleted = append(r.deleted, a.GetName())
		}
		return false, nil, nil
	})
}

func (r *rig) stamp(object runtime.Object) {
	r.version++
	object.(*corev1.Pod).ResourceVersion = fmt.Sprint(r.version)
}

func (r *rig) watch(ctx context.Context, writer *status.Writer) informers.SharedInformerFactory {
	factory := informers.NewSharedInformerFactory(r.client, 0)
	update := func(obj any) { writer.Observe(obj.(*corev1.Pod)); r.pods.Update(obj.(*corev1.Pod)) }
	_, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: update, UpdateFunc: func(_, obj any) { update(obj) }, DeleteFunc: func(obj any) { r.pods.Remove(obj.(*corev1.Pod)) },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	factory.StartWithContext(ctx)
	factory.WaitForCacheSync(ctx.Done())
	return factory
}

// newPod is a pod of one container.
func newPod(name string, change func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID("uid-" + name)},
		Spec: corev1.PodSpec{
			NodeName: "node", RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: new(int64(30)), DNSPolicy: corev1.DNSClusterFirst,
			Containers: []corev1.Container{container("main")},
		},
		Status: corev1.PodStatus{Phase: corev1.PodPending, QOSClass: corev1.PodQOSBestEffort},
	}
	if change != nil {
		change(pod)
	}
	return pod
}

func container(name string) corev1.Container {
	return corev1.Container{
		Name: name, Image: image, ImagePullPolicy: corev1.PullIfNotPresent,
		TerminationMessagePath: "/dev/termination-log", TerminationMessagePolicy: corev1.TerminationMessageReadFile,
	}
}

func (r *rig) create(pod *corev1.Pod) {
	r.t.Helper()
	if _, err := r.client.CoreV1().Pods(pod.Namespace).Create(context.Background(), pod, metav1.CreateOptions{}); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

// get returns the pod as the API has it, nil if it is gone.
func (r *rig) get(name string) *corev1.Pod {
	r.t.Helper()
	synctest.Wait()
	pod, err := r.client.CoreV1().Pods("ns").Get(context.Background(), name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return pod
}

// remove does what an API server does at a graceful delete.
func (r *rig) remove(name string, grace int64) {
	r.t.Helper()
	pod := r.get(name).DeepCopy()
	pod.DeletionTimestamp = new(metav1.NewTime(time.Now().Add(time.Duration(grace) * time.Second)))
	pod.DeletionGracePeriodSeconds = &grace
	r.update(pod)
}

func (r *rig) update(pod *corev1.Pod) {
	r.t.Helper()
	if _, err := r.client.CoreV1().Pods(pod.Namespace).Update(context.Background(), pod, metav1.UpdateOptions{}); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

// told returns the events so far.
func (r *rig) told() []string {
	var out []string
	for {
		select {
		case event := <-r.events:
			out = append(out, event)
		default:
			return out
		}
	}
}

// dialogue is the calls to the runtime, in one line each.
func (r *rig) dialogue() string { return strings.Join(r.runtime.Calls(), "\n") }

func (r *rig) expectPhase(name string, want corev1.PodPhase) *corev1.Pod {
	r.t.Helper()
	pod := r.get(name)
	if pod == nil || pod.Status.Phase != want {
		r.t.Fatalf("pod %s is %+v; want phase %s\ncalls:\n%s", name, pod, want, r.dialogue())
	}
	return pod
}
