package staticpods

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/clock"
)

const manifest = `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: c, image: example.com/app}]}}`

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestManifestBecomesAPodOfTheNode(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "web.yaml", manifest)
	write(t, dir, "typo.yaml", `{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, imagee: y}]}}`)
	write(t, dir, "README", "no manifest")
	pods, errs := ReadDir(dir, "node-1")
	if len(errs) != 1 || len(pods) != 1 {
		t.Fatalf("got %d pods, errors %v; want 1 pod and 1 error", len(pods), errs)
	}
	for uid, pod := range pods {
		if pod.Name != "web-node-1" || pod.Namespace != "default" || pod.Spec.NodeName != "node-1" || uid == "" {
			t.Errorf("pod = %s/%s on %s", pod.Namespace, pod.Name, pod.Spec.NodeName)
		}
		if pod.Spec.RestartPolicy != corev1.RestartPolicyAlways || pod.Spec.Containers[0].ImagePullPolicy != corev1.PullAlways {
			t.Error("defaults are missing")
		}
	}
	write(t, dir, "web.yaml", manifest+"\n")
	changed, _ := ReadDir(dir, "node-1")
	for uid := range changed {
		if pods[uid] != nil {
			t.Error("a changed manifest has the UID of the old one")
		}
	}
}

// Deleting the mirror pod does not stop the static pod: a new mirror appears.
func TestMirrorPodIsMadeAgain(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "web.yaml", manifest)
	client := fake.NewClientset()
	var updated, removed int
	s := New(Options{
		Dir: dir, NodeName: "node-1", Client: client, Node: func() *corev1.Node { return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1", UID: "n"}} },
		Update: func(*corev1.Pod) { updated++ }, Remove: func(*corev1.Pod) { removed++ }, Changed: func(types.UID) {},
		Clock: clock.RealClock{}, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s.Scan()
	s.mirror(ctx)
	mirror, err := client.CoreV1().Pods("default").Get(ctx, "web-node-1", metav1.GetOptions{})
	if err != nil || mirror.Annotations[corev1.MirrorPodAnnotationKey] == "" || s.Mirror(s.List()[0]) == nil {
		t.Fatalf("mirror = %+v, %v", mirror, err)
	}
	if err := client.CoreV1().Pods("default").Delete(ctx, mirror.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.Gone(mirror)
	s.mirror(ctx)
	if _, err := client.CoreV1().Pods("default").Get(ctx, "web-node-1", metav1.GetOptions{}); err != nil {
		t.Errorf("no new mirror: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "web.yaml")); err != nil {
		t.Fatal(err)
	}
	s.Scan()
	s.mirror(ctx)
	if _, err := client.CoreV1().Pods("default").Get(ctx, "web-node-1", metav1.GetOptions{}); err == nil {
		t.Error("the mirror outlives its manifest")
	}
	if updated != 1 || removed != 1 {
		t.Errorf("told of %d pods and %d removals; want 1 and 1", updated, removed)
	}
}
