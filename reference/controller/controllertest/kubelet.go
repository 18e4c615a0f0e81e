package controllertest

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// RunPods does what kubelets do, without a node: a pod is running and ready the given time after its
// creation, unless broken says that it never gets ready. It ends with the test.
func (b *Bench) RunPods(after time.Duration, broken func(*corev1.Pod) bool) {
	b.Helper()
	watcher, err := b.Client.CoreV1().Pods(metav1.NamespaceAll).Watch(b.Ctx, metav1.ListOptions{})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	b.ended = append(b.ended, func() error { <-done; return nil })
	go func() {
		defer close(done)
		defer watcher.Stop()
		for {
			select {
			case <-b.Ctx.Done():
				return
			case e := <-watcher.ResultChan():
				pod, ok := e.Object.(*corev1.Pod)
				if e.Type != watch.Added || !ok || broken(pod) {
					continue
				}
				time.AfterFunc(after, func() { b.ready(pod.Namespace, pod.Name) })
			}
		}
	}()
}

func (b *Bench) ready(namespace, name string) {
	pod, err := b.Client.CoreV1().Pods(namespace).Get(b.Ctx, name, metav1.GetOptions{})
	if err != nil {
		return // deleted meanwhile
	}
	pod.Status.Phase = corev1.PodRunning
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(time.Now())}}
	_, _ = b.Client.CoreV1().Pods(namespace).UpdateStatus(b.Ctx, pod, metav1.UpdateOptions{})
}
