package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

// watches are what the node sees of the API: its pods, its own object, and services.
type watches struct {
	podFactory, nodeFactory, factory informers.SharedInformerFactory
	podInformer, nodeInformer        cache.SharedIndexInformer
	serviceInformer                  cache.SharedIndexInformer
	serviceLister                    corelisters.ServiceLister
}

func newWatches(client kubernetes.Interface, nodeName string) *watches {
	selected := func(field, value string) informers.SharedInformerFactory {
		return informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector(field, value).String()
		}))
	}
	w := &watches{
		podFactory: selected("spec.nodeName", nodeName), nodeFactory: selected(metav1.ObjectNameField, nodeName),
		factory: informers.NewSharedInformerFactory(client, 0),
	}
	w.podInformer = w.podFactory.Core().V1().Pods().Informer()
	w.nodeInformer = w.nodeFactory.Core().V1().Nodes().Informer()
	services := w.factory.Core().V1().Services()
	w.serviceInformer, w.serviceLister = services.Informer(), services.Lister()
	return w
}

func (w *watches) services(namespace string) []*corev1.Service {
	list, err := w.serviceLister.Services(namespace).List(labels.Everything())
	if err != nil {
		return nil // the cache has no errors
	}
	return list
}

// runSources gives the pods of the node to their workers until ctx ends.
func (k *Kubelet) runSources(ctx context.Context) error {
	w := k.watches
	if err := k.handleNode(); err != nil {
		return err
	}
	for _, factory := range []informers.SharedInformerFactory{w.factory, w.nodeFactory} {
		factory.StartWithContext(ctx)
	}
	defer w.factory.Shutdown()
	defer w.nodeFactory.Shutdown()
	// Containers are told of services when they start, and pods of nodes are checked against the node.
	if !cache.WaitForCacheSync(ctx.Done(), w.serviceInformer.HasSynced) || k.node.Ready(ctx) != nil {
		return nil
	}
	registration, err := w.podInformer.AddEventHandler(k.podEvents())
	if err != nil {
		return fmt.Errorf("watch pods: %w", err)
	}
	w.podFactory.StartWithContext(ctx)
	defer w.podFactory.Shutdown()
	if !cache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		return nil
	}
	k.static.Scan()
	k.removeOrphans(ctx)
	events := cri.Events{Client: k.cri, Clock: k.options.Clock, Log: k.options.Log, Changed: k.pods.Changed}
	events.Run(ctx)
	return nil
}

func (k *Kubelet) handleNode() error {
	_, err := k.watches.nodeInformer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(obj any) { k.node.Observe(obj.(*corev1.Node)) },
		UpdateFunc: func(_, obj any) { k.node.Observe(obj.(*corev1.Node)) },
		DeleteFunc: func(any) { k.node.Gone() },
	})
	if err != nil {
		return fmt.Errorf("watch node: %w", err)
	}
	return nil
}

func (k *Kubelet) podEvents() cache.ResourceEventHandler {
	update := func(obj any) {
		pod := obj.(*corev1.Pod)
		k.writer.Observe(pod)
		if isMirror(pod) {
			k.static.Observe(pod)
			return
		}
		k.pods.Update(pod)
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc: update,
		UpdateFunc: func(old, obj any) {
			if before, now := old.(*corev1.Pod), obj.(*corev1.Pod); before.UID != now.UID && !isMirror(before) {
				k.pods.Remove(before) // deleted and made again between two looks
			}
			update(obj)
		},
		DeleteFunc: func(obj any) {
			if gone, ok := obj.(cache.DeletedFinalStateUnknown); ok {
				obj = gone.Obj
			}
			pod := obj.(*corev1.Pod)
			if isMirror(pod) {
				k.writer.Forget(pod.UID)
				k.static.Gone(pod)
				return
			}
			k.pods.Remove(pod)
		},
	}
}

// isMirror tells that the object stands for a static pod.
func isMirror(pod *corev1.Pod) bool { return pod.Annotations[corev1.MirrorPodAnnotationKey] != "" }
