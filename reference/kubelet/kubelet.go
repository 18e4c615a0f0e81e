// Package kubelet is the node agent: it runs the pods that are bound to a node on a CRI runtime and
// tells the API server how they and the node are.
package kubelet

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/kubelet/admit"
	"github.com/seatrial/seatrial/reference/kubelet/cgroups"
	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/criconfig"
	"github.com/seatrial/seatrial/reference/kubelet/hooks"
	"github.com/seatrial/seatrial/reference/kubelet/images"
	"github.com/seatrial/seatrial/reference/kubelet/names"
	"github.com/seatrial/seatrial/reference/kubelet/node"
	"github.com/seatrial/seatrial/reference/kubelet/objects"
	"github.com/seatrial/seatrial/reference/kubelet/pods"
	"github.com/seatrial/seatrial/reference/kubelet/probes"
	"github.com/seatrial/seatrial/reference/kubelet/server"
	"github.com/seatrial/seatrial/reference/kubelet/staticpods"
	"github.com/seatrial/seatrial/reference/kubelet/stats"
	"github.com/seatrial/seatrial/reference/kubelet/status"
	"github.com/seatrial/seatrial/reference/kubelet/users"
	"github.com/seatrial/seatrial/reference/kubelet/volumes"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/mount"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/projected"
)

// Kubelet is the agent of one node.
type Kubelet struct {
	options  Options
	client   kubernetes.Interface
	cri      *cri.Client
	node     *node.Node
	pods     *pods.Pods
	writer   *status.Writer
	store    *objects.Store
	volumes  *volumes.Volumes
	cgroups  cgroups.Groups
	server   *server.Server
	watches  *watches
	recorder record.EventBroadcaster
	static   *staticpods.Source
	stats    *stats.Stats
}

// New puts a kubelet together. Nothing runs before Run.
func New(options Options) (*Kubelet, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	config := rest.CopyConfig(options.Config)
	config.QPS = -1 // the node's own pace is the limit
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make API client: %w", err)
	}
	for _, dir := range []string{options.RootDir, options.LogDir, filepath.Join(options.RootDir, "pods")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("make directory: %w", err)
		}
	}
	machine, err := node.ReadMachine(options.RootDir)
	if err != nil {
		return nil, err
	}
	if options.Listener == nil {
		if options.Listener, err = net.Listen("tcp", ":"+strconv.Itoa(DefaultPort)); err != nil {
			return nil, fmt.Errorf("listen for kubelet: %w", err)
		}
	}
	k := &Kubelet{
		options: options, client: client, cri: cri.NewClient(options.CRI),
		writer: status.NewWriter(client, options.Log), store: objects.New(client, options.Clock, options.Log),
		cgroups: cgroups.Groups{Mount: options.CgroupMount, Root: options.CgroupRoot},
	}
	k.buildNode(machine)
	k.buildPods(machine)
	if err := k.buildStatic(); err != nil {
		return nil, err
	}
	return k, k.buildServer()
}

func (k *Kubelet) buildNode(machine node.Machine) {
	o := k.options
	k.node = node.New(node.Options{
		Name: o.NodeName, IPs: []string{o.NodeIP}, Labels: o.Labels, Taints: o.Taints, PodCIDR: o.PodCIDR, MaxPods: o.MaxPods,
		Port: int32(o.Listener.Addr().(*net.TCPAddr).Port), Version: o.Version, Machine: machine,
		Client: k.client, CRI: k.cri, Clock: o.Clock, Log: o.Log,
	})
}

func (k *Kubelet) buildPods(machine node.Machine) {
	o := k.options
	k.recorder = record.NewBroadcaster()
	k.volumes = volumes.New(volumes.Options{
		Dir: filepath.Join(o.RootDir, "pods"), Client: k.client, Store: k.store, Tokens: projected.NewTokenCache(k.client, o.Clock),
		Mounter: mount.System{}, Clock: o.Clock, Node: k.node.Object,
	})
	_, appArmorErr := os.Stat("/sys/module/apparmor")
	profiles := criconfig.Profiles{SeccompDir: filepath.Join(o.RootDir, "seccomp"), AppArmor: appArmorErr == nil}
	k.watches = newWatches(k.client, o.NodeName)
	k.pods = pods.New(pods.Options{
		Client: k.client, CRI: k.cri, Volumes: k.volumes, Images: images.NewPuller(k.cri.Images, o.Clock),
		Hooks: hooks.Runner{Runtime: k.cri.Runtime, Clock: o.Clock}, Probes: probes.Checker{Runtime: k.cri.Runtime},
		Objects: k.store, Writer: k.writer,
		Recorder: k.recorder.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "kubelet", Host: o.NodeName}),
		Cgroups:  k.cgroups,
		Names:    names.Cluster{Domain: o.ClusterDomain, Servers: o.ClusterDNS, ResolvConf: o.ResolvConf},
		Users:    &users.Ranges{PodDir: k.volumes.PodDir},
		Profiles: profiles, Services: k.watches.services, Node: k.node.Object,
		Admit:  admit.Rules{UnsafeSysctls: o.UnsafeSysctls, AppArmor: profiles.AppArmor},
		Mirror: k.mirrorOf,
		LogDir: o.LogDir, HostIPs: []string{o.NodeIP}, NodeMemory: machine.Memory, Clock: o.Clock, Log: o.Log,
	})
}

func (k *Kubelet) buildStatic() error {
	o := k.options
	if o.ManifestDir != "" {
		if err := os.MkdirAll(o.ManifestDir, 0o755); err != nil {
			return fmt.Errorf("make manifest directory: %w", err)
		}
	}
	k.static = staticpods.New(staticpods.Options{
		Dir: o.ManifestDir, NodeName: o.NodeName, Client: k.client, Node: k.node.Object, Update: k.pods.Update, Remove: k.pods.Remove,
		Changed: k.pods.Changed, Clock: o.Clock, Log: o.Log,
	})
	return nil
}

func (k *Kubelet) mirrorOf(pod *corev1.Pod) *corev1.Pod {
	return k.static.Mirror(pod)
}

func (k *Kubelet) buildServer() error {
	o := k.options
	access, err := server.NewAccess(k.client, o.ClientCA)
	if err != nil {
		return err
	}
	k.stats = stats.New(stats.Options{
		NodeName: o.NodeName, CRI: k.cri, Pods: k.pods.List, RootDir: o.RootDir, Clock: o.Clock,
		PodDir: func(uid string) string { return k.volumes.PodDir(types.UID(uid)) },
	})
	pool := x509.NewCertPool()
	if len(o.ClientCA) > 0 && !pool.AppendCertsFromPEM(o.ClientCA) {
		return fmt.Errorf("read client CA: no certificate in it")
	}
	k.server = server.New(server.Options{
		NodeName: o.NodeName, Listener: o.Listener, Certificate: o.Certificate, ClientCAs: pool, Access: access,
		Pods: k.pods, CRI: k.cri, Stats: k.stats, Metrics: k.stats.Handlers(), Config: k.config(),
		LogDir: o.LogDir, Clock: o.Clock, Log: o.Log,
	})
	return nil
}

// Run runs the node until ctx ends. Containers go on running after that.
func (k *Kubelet) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sink := k.recorder.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: k.client.CoreV1().Events("")})
	defer k.recorder.Shutdown()
	defer sink.Stop()
	var group sync.WaitGroup
	run := func(f func(context.Context) error) {
		group.Go(func() {
			if err := f(ctx); err != nil {
				cancel(err)
			}
		})
	}
	running := make(chan struct{})
	run(k.server.Run)
	for _, keeper := range k.keepers() {
		run(func(ctx context.Context) error { keeper(ctx); return nil })
	}
	run(func(ctx context.Context) error { k.writer.Run(ctx); return nil })
	run(func(ctx context.Context) error { k.node.Run(ctx); return nil })
	run(func(ctx context.Context) error { k.runLease(ctx); return nil })
	run(func(ctx context.Context) error { k.pods.Run(ctx, func() { close(running) }); return nil })
	run(func(ctx context.Context) error {
		<-running
		return k.runSources(ctx)
	})
	run(func(ctx context.Context) error {
		<-running
		return k.static.Run(ctx)
	})
	<-ctx.Done()
	group.Wait()
	k.store.Close()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// Ready waits until the node is registered and ready for pods.
func (k *Kubelet) Ready(ctx context.Context) error { return k.node.Ready(ctx) }

func (k *Kubelet) runLease(ctx context.Context) {
	if k.node.Ready(ctx) == nil {
		k.node.RunLease(ctx)
	}
}
