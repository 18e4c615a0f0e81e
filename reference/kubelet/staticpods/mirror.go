package staticpods

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Mirror returns the API object that stands for a static pod, nil if there is none.
func (s *Source) Mirror(pod *corev1.Pod) *corev1.Pod {
	s.mu.Lock()
	defer s.mu.Unlock()
	mirror := s.mirrors[nameOf(pod)]
	if mirror == nil || mirror.DeletionTimestamp != nil || mirror.Annotations[corev1.MirrorPodAnnotationKey] != pod.Annotations[hashAnnotation] {
		return nil
	}
	return mirror
}

// Observe takes a mirror pod as the API server has it.
func (s *Source) Observe(mirror *corev1.Pod) {
	s.mu.Lock()
	s.mirrors[nameOf(mirror)] = mirror
	uid := s.uidOf(mirror)
	s.mu.Unlock()
	s.Changed(uid)
	if mirror.DeletionTimestamp != nil || uid == "" {
		s.look()
	}
}

// Gone takes a mirror pod that was deleted. It is made again as long as the manifest is there.
func (s *Source) Gone(mirror *corev1.Pod) {
	s.mu.Lock()
	if known := s.mirrors[nameOf(mirror)]; known != nil && known.UID == mirror.UID {
		delete(s.mirrors, nameOf(mirror))
	}
	s.mu.Unlock()
	s.look()
}

func (s *Source) look() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// uidOf finds the static pod that a mirror stands for; it must be called with mu held.
func (s *Source) uidOf(mirror *corev1.Pod) types.UID {
	for uid, pod := range s.pods {
		if nameOf(pod) == nameOf(mirror) && pod.Annotations[hashAnnotation] == mirror.Annotations[corev1.MirrorPodAnnotationKey] {
			return uid
		}
	}
	return ""
}

func nameOf(pod *corev1.Pod) types.NamespacedName {
	return types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}
}

// mirror makes the mirrors that are missing and removes those that are out of date.
func (s *Source) mirror(ctx context.Context) {
	node := s.Node()
	if node == nil {
		return
	}
	s.mu.Lock()
	stale := map[types.NamespacedName]*corev1.Pod{}
	for name, mirror := range s.mirrors {
		if s.uidOf(mirror) == "" || mirror.DeletionTimestamp != nil {
			stale[name] = mirror
		}
	}
	var missing []*corev1.Pod
	for _, pod := range s.pods {
		if s.mirrors[nameOf(pod)] == nil {
			missing = append(missing, pod)
		}
	}
	s.mu.Unlock()
	for _, mirror := range stale {
		if err := s.deleteMirror(ctx, mirror); err != nil && ctx.Err() == nil {
			s.Log.Warn("delete mirror pod", "pod", nameOf(mirror).String(), "err", err)
		}
	}
	for _, pod := range missing {
		if err := s.createMirror(ctx, pod, node); err != nil && ctx.Err() == nil {
			s.Log.Warn("create mirror pod", "pod", nameOf(pod).String(), "err", err)
		}
	}
}

func (s *Source) deleteMirror(ctx context.Context, mirror *corev1.Pod) error {
	err := s.Client.CoreV1().Pods(mirror.Namespace).Delete(ctx, mirror.Name, metav1.DeleteOptions{
		GracePeriodSeconds: new(int64(0)), Preconditions: &metav1.Preconditions{UID: &mirror.UID},
	})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

func (s *Source) createMirror(ctx context.Context, pod *corev1.Pod, node *corev1.Node) error {
	mirror := pod.DeepCopy()
	mirror.UID, mirror.Status = "", corev1.PodStatus{}
	mirror.Annotations[corev1.MirrorPodAnnotationKey] = pod.Annotations[hashAnnotation]
	mirror.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID, Controller: new(true)}}
	created, err := s.Client.CoreV1().Pods(pod.Namespace).Create(ctx, mirror, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil // the watch will tell of it
	}
	if err != nil {
		return err
	}
	s.Observe(created)
	return nil
}
