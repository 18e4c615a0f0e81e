package scheduler

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// watch follows the API server and returns when everything there is has been seen.
func (s *Scheduler) watch(ctx context.Context) error {
	pods, err := s.sources.pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { s.podChanged(nil, o.(*corev1.Pod)) },
		UpdateFunc: func(old, o any) { s.podChanged(old.(*corev1.Pod), o.(*corev1.Pod)) },
		DeleteFunc: func(o any) { s.podGone(last[*corev1.Pod](o)) },
	})
	if err != nil {
		return fmt.Errorf("watch pods: %w", err)
	}
	nodes, err := s.sources.nodes.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { s.nodeChanged(nil, o.(*corev1.Node)) },
		UpdateFunc: func(old, o any) { s.nodeChanged(old.(*corev1.Node), o.(*corev1.Node)) },
		DeleteFunc: func(o any) { s.nodeGone(last[*corev1.Node](o)) },
	})
	if err != nil {
		return fmt.Errorf("watch nodes: %w", err)
	}
	if err := s.watchOthers(); err != nil {
		return err
	}
	return s.sources.start(ctx, pods.HasSyncedChecker(), nodes.HasSyncedChecker())
}

// watchOthers follows what only some pods depend on.
func (s *Scheduler) watchOthers() error {
	volumesChanged := func() {
		s.volumes.signal()
		s.queue.Wake(plugin.Event{Kind: plugin.VolumesChanged})
	}
	for _, informer := range s.sources.volumes {
		if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { volumesChanged() },
			UpdateFunc: func(any, any) { volumesChanged() },
			DeleteFunc: func(any) { volumesChanged() },
		}); err != nil {
			return fmt.Errorf("watch volumes: %w", err)
		}
	}
	_, err := s.sources.namespaces.AddEventHandler(cache.ResourceEventHandlerFuncs{
		UpdateFunc: func(old, o any) {
			if !maps.Equal(old.(*corev1.Namespace).Labels, o.(*corev1.Namespace).Labels) {
				s.queue.Wake(plugin.Event{Kind: plugin.Namespaces})
			}
		},
	})
	if err != nil {
		return fmt.Errorf("watch namespaces: %w", err)
	}
	return nil
}

// last unwraps the object of a deletion that the watch has missed.
func last[T any](o any) T {
	if unknown, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = unknown.Obj
	}
	object, _ := o.(T)
	return object
}

func (s *Scheduler) podChanged(old, object *corev1.Pod) {
	if old != nil && old.ResourceVersion == object.ResourceVersion {
		return
	}
	pod, err := snapshot.NewPod(object)
	if err != nil {
		s.log.Warn("pod cannot be scheduled", "pod", object.Namespace+"/"+object.Name, "err", err)
		return
	}
	if object.Spec.NodeName != "" {
		s.podAssigned(old, pod)
		return
	}
	if object.Spec.SchedulerName != s.name {
		return
	}
	if object.DeletionTimestamp != nil {
		s.queue.Delete(object.UID)
		s.nominations.remove(object.UID)
		return
	}
	if s.cache.Has(pod.UID) {
		s.queue.Update(pod) // being bound, or bound and this is old news
		return
	}
	s.nominations.set(pod, object.Status.NominatedNodeName)
	s.queue.Add(pod)
}

func (s *Scheduler) podAssigned(old *corev1.Pod, pod *snapshot.Pod) {
	s.cache.SetPod(pod)
	if old == nil || old.Spec.NodeName == "" {
		s.nominations.remove(pod.UID)
		s.queue.Delete(pod.UID)
		s.queue.Wake(plugin.Event{Kind: plugin.PodAssigned, Pod: pod})
		return
	}
	if maps.Equal(old.Labels, pod.Labels) && !resized(old, pod.Pod) {
		return
	}
	if before, err := snapshot.NewPod(old); err == nil {
		s.queue.Wake(plugin.Event{Kind: plugin.PodChanged, OldPod: before, Pod: pod})
	}
}

// resized says whether the requests may have changed: those of the spec, or
// what the kubelet has given to the containers.
func resized(old, now *corev1.Pod) bool {
	if old.Generation != now.Generation || len(old.Status.ContainerStatuses) != len(now.Status.ContainerStatuses) {
		return true
	}
	for i := range now.Status.ContainerStatuses {
		a, b := &old.Status.ContainerStatuses[i], &now.Status.ContainerStatuses[i]
		if !equality.Semantic.DeepEqual(a.AllocatedResources, b.AllocatedResources) ||
			!equality.Semantic.DeepEqual(a.Resources, b.Resources) {
			return true
		}
	}
	return false
}

func (s *Scheduler) podGone(object *corev1.Pod) {
	if object == nil {
		return
	}
	placed := s.cache.Has(object.UID)
	s.cache.RemovePod(object.UID)
	s.queue.Delete(object.UID)
	nominated := s.nominations.remove(object.UID)
	if !placed && !nominated {
		return
	}
	pod, err := snapshot.NewPod(object)
	if err != nil {
		return // it was reported when it came
	}
	s.queue.Wake(plugin.Event{Kind: plugin.PodRemoved, Pod: pod})
}

func (s *Scheduler) nodeChanged(old, node *corev1.Node) {
	s.cache.SetNode(node)
	switch {
	case old == nil:
		s.queue.Wake(plugin.Event{Kind: plugin.NodeAdded, Node: node})
	case nodeMatters(old, node):
		s.queue.Wake(plugin.Event{Kind: plugin.NodeUpdated, OldNode: old, Node: node})
	}
}

func (s *Scheduler) nodeGone(node *corev1.Node) {
	if node == nil {
		return
	}
	s.cache.RemoveNode(node.Name)
	s.queue.Wake(plugin.Event{Kind: plugin.NodeRemoved, Node: node})
}

// nodeMatters leaves out heartbeats.
func nodeMatters(old, node *corev1.Node) bool {
	return old.Spec.Unschedulable != node.Spec.Unschedulable ||
		!maps.Equal(old.Labels, node.Labels) ||
		!equality.Semantic.DeepEqual(old.Spec.Taints, node.Spec.Taints) ||
		!equality.Semantic.DeepEqual(old.Status.Allocatable, node.Status.Allocatable)
}
