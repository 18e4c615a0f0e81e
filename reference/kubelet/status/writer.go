package status

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/workqueue"
)

// writers is how many statuses are written at the same time.
const writers = 8

// Writer writes statuses to the API: at once, one write per pod at a time, and only the newest.
type Writer struct {
	client kubernetes.Interface
	log    *slog.Logger
	queue  workqueue.TypedRateLimitingInterface[types.UID]

	mu   sync.Mutex
	pods map[types.UID]*record
}

// record is what is known about the status of one pod.
type record struct {
	pod     *corev1.Pod // as the API server has it, to the best of our knowledge
	want    *corev1.PodStatus
	waiters []chan struct{}
}

// NewWriter returns a writer that writes once it runs.
func NewWriter(client kubernetes.Interface, log *slog.Logger) *Writer {
	limiter := workqueue.DefaultTypedControllerRateLimiter[types.UID]()
	return &Writer{
		client: client, log: log, pods: map[types.UID]*record{},
		queue: workqueue.NewTypedRateLimitingQueueWithConfig(limiter, workqueue.TypedRateLimitingQueueConfig[types.UID]{Name: "pod-status"}),
	}
}

// Run writes until ctx ends.
func (w *Writer) Run(ctx context.Context) {
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for w.next(ctx) {
			}
		})
	}
	<-ctx.Done()
	w.queue.ShutDown()
	group.Wait()
}

func (w *Writer) next(ctx context.Context) bool {
	uid, stop := w.queue.Get()
	if stop {
		return false
	}
	defer w.queue.Done(uid)
	if err := w.write(ctx, uid); err != nil {
		if ctx.Err() == nil {
			w.log.Warn("write pod status", "uid", uid, "err", err)
		}
		w.queue.AddRateLimited(uid)
		return true
	}
	w.queue.Forget(uid)
	return true
}

// Observe tells what the API server has. Older versions than known are ignored.
func (w *Writer) Observe(pod *corev1.Pod) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.record(pod.UID)
	if r.pod == nil || !newer(r.pod, pod) {
		r.pod = pod
	}
	if r.want != nil && !equality.Semantic.DeepEqual(owned(r.pod.Status), owned(*r.want)) {
		w.queue.Add(pod.UID)
	}
}

// Latest returns the pod with the newest status known, which may not be written yet.
func (w *Writer) Latest(pod *corev1.Pod) corev1.PodStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.pods[pod.UID]
	if r == nil || r.pod == nil {
		return pod.Status
	}
	known := pod.Status
	if newer(r.pod, pod) {
		known = r.pod.Status
	}
	if r.want == nil {
		return known
	}
	return combine(known, *r.want)
}

// Set asks for a status to be written. The returned channel is closed when it, or a later one, is.
func (w *Writer) Set(pod *corev1.Pod, status corev1.PodStatus) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.record(pod.UID)
	if r.pod == nil || !newer(r.pod, pod) {
		r.pod = pod
	}
	done := make(chan struct{})
	if equality.Semantic.DeepEqual(r.pod.Status, status) {
		r.want = &status
		close(done)
		return done
	}
	r.want = &status
	r.waiters = append(r.waiters, done)
	w.queue.Add(pod.UID)
	return done
}

// Forget drops a pod that is gone.
func (w *Writer) Forget(uid types.UID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.pods[uid]; r != nil {
		r.release()
		delete(w.pods, uid)
	}
}

func (w *Writer) record(uid types.UID) *record {
	r := w.pods[uid]
	if r == nil {
		r = &record{}
		w.pods[uid] = r
	}
	return r
}

func (r *record) release() {
	for _, done := range r.waiters {
		close(done)
	}
	r.waiters = nil
}

func (w *Writer) write(ctx context.Context, uid types.UID) error {
	w.mu.Lock()
	r := w.pods[uid]
	if r == nil || r.want == nil {
		w.mu.Unlock()
		return nil
	}
	pod, want := r.pod, *r.want
	w.mu.Unlock()
	patch, err := patchOf(pod, combine(pod.Status, want))
	if err != nil {
		return err
	}
	written := pod
	if patch != nil {
		written, err = w.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	}
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		w.drop(uid) // another pod has the name now, or none
		return nil
	}
	if err != nil {
		return fmt.Errorf("patch status of pod %q: %w", pod.Namespace+"/"+pod.Name, err)
	}
	w.wrote(uid, written, &want)
	return nil
}

func (w *Writer) wrote(uid types.UID, written *corev1.Pod, want *corev1.PodStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.pods[uid]
	if r == nil {
		return
	}
	if !newer(r.pod, written) {
		r.pod = written
	}
	if equality.Semantic.DeepEqual(r.want, want) {
		r.release()
		return
	}
	w.queue.Add(uid)
}

func (w *Writer) drop(uid types.UID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.pods[uid]; r != nil {
		r.want = nil
		r.release()
	}
}

// patchOf is nil when there is nothing to change. The UID in it keeps the patch from another pod of the same name.
func patchOf(pod *corev1.Pod, status corev1.PodStatus) ([]byte, error) {
	before, err := json.Marshal(corev1.Pod{Status: pod.Status})
	if err != nil {
		return nil, fmt.Errorf("encode status: %w", err)
	}
	after, err := json.Marshal(corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: pod.UID}, Status: status})
	if err != nil {
		return nil, fmt.Errorf("encode status: %w", err)
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(before, after, corev1.Pod{})
	if err != nil {
		return nil, fmt.Errorf("compute patch: %w", err)
	}
	if string(patch) == fmt.Sprintf(`{"metadata":{"uid":%q}}`, pod.UID) {
		return nil, nil
	}
	return patch, nil
}
