package users

import (
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func pod(uid types.UID, hostUsers *bool) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: uid}, Spec: corev1.PodSpec{HostUsers: hostUsers}}
}

func TestRanges(t *testing.T) {
	dir := t.TempDir()
	podDir := func(uid types.UID) string { return filepath.Join(dir, string(uid)) }
	r := &Ranges{PodDir: podDir}
	if got, err := r.Of(pod("host", nil)); got != nil || err != nil {
		t.Errorf("a pod with the host's users has %v, %v", got, err)
	}
	first := func(r *Ranges, uid types.UID) uint32 {
		t.Helper()
		got, err := r.Of(pod(uid, new(false)))
		if err != nil || got.Uids[0].Length != Length || got.Uids[0].HostId != got.Gids[0].HostId || got.Uids[0].HostId == 0 {
			t.Fatalf("%s: %v, %v", uid, got, err)
		}
		return got.Uids[0].HostId
	}
	a, b := first(r, "a"), first(r, "b")
	if a == b || first(r, "a") != a {
		t.Errorf("ranges %d and %d", a, b)
	}
	again := &Ranges{PodDir: podDir} // after a restart of the agent
	if c := first(again, "c"); c == a || c == b || first(again, "b") != b {
		t.Errorf("range of c is %d beside %d and %d", c, a, b)
	}
	if err := os.RemoveAll(podDir("a")); err != nil {
		t.Fatal(err)
	}
	again.Forget("a")
	if d := first(again, "d"); d != a {
		t.Errorf("range of d is %d; want the free %d", d, a)
	}
}
