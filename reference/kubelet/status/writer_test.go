package status

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func writerBubble(t *testing.T, pod *corev1.Pod, test func(t *testing.T, w *Writer, client *fake.Clientset)) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset(pod)
		w := NewWriter(client, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); w.Run(ctx) }()
		test(t, w, client)
		cancel()
		<-done
	})
}

func stored(t *testing.T, client *fake.Clientset) corev1.PodStatus {
	t.Helper()
	synctest.Wait()
	pod, err := client.CoreV1().Pods("ns").Get(t.Context(), "pod", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return pod.Status
}

func apiPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "pod", UID: "uid"},
		Status: corev1.PodStatus{Phase: corev1.PodPending, QOSClass: corev1.PodQOSBurstable, Conditions: []corev1.PodCondition{
			{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}, {Type: "example.com/gate", Status: corev1.ConditionTrue},
		}},
	}
}

func TestWriterKeepsWhatOthersWrote(t *testing.T) {
	writerBubble(t, apiPod(), func(t *testing.T, w *Writer, client *fake.Clientset) {
		w.Set(apiPod(), corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}})
		got := stored(t, client)
		if got.Phase != corev1.PodRunning || got.QOSClass != corev1.PodQOSBurstable || len(got.Conditions) != 3 {
			t.Errorf("status = %+v; want Running and three conditions", got)
		}
	})
}

func TestWriterRetriesAndWritesTheNewest(t *testing.T) {
	writerBubble(t, apiPod(), func(t *testing.T, w *Writer, client *fake.Clientset) {
		failures := 3
		client.PrependReactor("patch", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			failures--
			return failures >= 0, nil, errors.New("no connection")
		})
		first := w.Set(apiPod(), corev1.PodStatus{Phase: corev1.PodRunning, Message: "first"})
		synctest.Wait()
		second := w.Set(apiPod(), corev1.PodStatus{Phase: corev1.PodRunning, Message: "second"})
		time.Sleep(time.Minute)
		if got := stored(t, client); got.Message != "second" {
			t.Errorf("message = %q; want second", got.Message)
		}
		<-first
		<-second
	})
}

// A patch carries the UID, so that another pod of the same name is left alone; the API server answers with a conflict.
func TestWriterGivesUpOnAnotherPodOfTheSameName(t *testing.T) {
	other := apiPod()
	other.UID = "other"
	writerBubble(t, other, func(t *testing.T, w *Writer, client *fake.Clientset) {
		var patches [][]byte
		client.PrependReactor("patch", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
			patches = append(patches, action.(clienttesting.PatchAction).GetPatch())
			return true, nil, conflict()
		})
		<-w.Set(apiPod(), corev1.PodStatus{Phase: corev1.PodRunning})
		time.Sleep(time.Hour)
		if len(patches) != 1 {
			t.Errorf("%d patches; want 1", len(patches))
		}
	})
}

func TestEqualStatusIsNotWritten(t *testing.T) {
	writerBubble(t, apiPod(), func(t *testing.T, w *Writer, client *fake.Clientset) {
		<-w.Set(apiPod(), apiPod().Status)
		synctest.Wait()
		for _, action := range client.Actions() {
			if action.GetVerb() == "patch" {
				t.Error("an equal status was written")
			}
		}
	})
}

func conflict() error {
	return apierrors.NewConflict(corev1.Resource("pods"), "pod", errors.New("the UID in the precondition does not match"))
}
