package scheduler

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/queue"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// schedule finds a node for one pod. Requests run beside the loop.
func (s *Scheduler) schedule(ctx context.Context, flight queue.Flight) {
	pod := flight.Pod
	s.cache.Update(&s.nodes)
	node, why, err := s.find(pod)
	switch {
	case err != nil:
		s.log.Warn("pod not scheduled", "pod", pod.Key(), "err", err)
		s.tasks.run(func() {
			s.report(ctx, pod, corev1.PodReasonSchedulerError, err.Error(), "")
			s.queue.Failed(flight)
		})
	case node == nil:
		s.refuse(ctx, flight, why)
	default:
		s.cache.Assume(pod, node.Name)
		s.nominations.remove(pod.UID)
		s.queue.Placed(flight)
		s.tasks.run(func() { s.place(ctx, flight, node.Node) })
	}
}

// refuse makes room by preemption if it can, and says why the pod has to wait.
func (s *Scheduler) refuse(ctx context.Context, flight queue.Flight, why *diagnosis) {
	pod := flight.Pod
	victims, err := s.preempt(pod, why)
	if err != nil {
		s.log.Warn("preemption not judged", "pod", pod.Key(), "err", err)
	}
	s.log.Debug("pod fits on no node", "pod", pod.Key(), "why", why.message())
	by, nominated := why.plugins.UnsortedList(), ""
	if victims != nil {
		nominated = victims.node.Name
		s.nominations.set(pod, nominated)
	}
	s.tasks.run(func() {
		s.report(ctx, pod, corev1.PodReasonUnschedulable, why.message(), nominated)
		if victims != nil {
			s.evict(ctx, pod, victims)
		}
		s.queue.Refused(flight, by)
	})
}

// place prepares the node for the pod and binds it there.
func (s *Scheduler) place(ctx context.Context, flight queue.Flight, node *corev1.Node) {
	pod := flight.Pod
	err := s.preBind(ctx, pod, node)
	if err == nil {
		err = s.bind(ctx, pod, node)
	}
	if err == nil {
		s.queue.Done(flight)
		s.recorder.Eventf(pod.Pod, nil, corev1.EventTypeNormal, "Scheduled", "Binding",
			"Successfully assigned %s to %s", pod.Key(), node.Name)
		return
	}
	if ctx.Err() != nil {
		return
	}
	s.cache.Forget(pod.UID)
	s.queue.Wake(plugin.Event{Kind: plugin.PodRemoved, Pod: pod})
	if apierrors.IsNotFound(err) {
		s.queue.Done(flight) // deleted meanwhile
		return
	}
	s.log.Warn("pod not bound", "pod", pod.Key(), "node", node.Name, "err", err)
	s.report(ctx, pod, corev1.PodReasonSchedulerError, err.Error(), "")
	s.queue.Failed(flight)
}

func (s *Scheduler) preBind(ctx context.Context, pod *snapshot.Pod, node *corev1.Node) error {
	for _, p := range s.plugins {
		if binder, ok := p.Plugin.(plugin.PreBind); ok {
			if err := binder.PreBind(ctx, pod, node); err != nil {
				return fmt.Errorf("plugin %s: %w", p.Name(), err)
			}
		}
	}
	return nil
}

func (s *Scheduler) bind(ctx context.Context, pod *snapshot.Pod, node *corev1.Node) error {
	err := s.client.CoreV1().Pods(pod.Namespace).Bind(ctx, &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: node.Name},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("bind pod %q to node %q: %w", pod.Key(), node.Name, err)
	}
	return nil
}

// helps asks the plugins that refused the pod.
func (s *Scheduler) helps(refusedBy []string, event plugin.Event, pod *snapshot.Pod) bool {
	if len(refusedBy) == 0 {
		return true
	}
	for _, name := range refusedBy {
		for _, p := range s.plugins {
			if p.Name() != name {
				continue
			}
			if hint, ok := p.Plugin.(plugin.Hint); !ok || hint.Helps(event, pod) {
				return true
			}
		}
	}
	return false
}
