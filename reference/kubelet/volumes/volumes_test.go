package volumes

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/objects"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/mount"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/projected"
)

type rig struct {
	client  *fake.Clientset
	mounter *mount.Memory
	store   *objects.Store
	volumes *Volumes
	tokens  int
}

func newRig(t *testing.T, existing ...runtime.Object) *rig {
	r := &rig{client: fake.NewClientset(existing...), mounter: &mount.Memory{}}
	r.client.PrependReactor("create", "serviceaccounts/token", func(action clienttesting.Action) (bool, runtime.Object, error) {
		request := action.(clienttesting.CreateAction).GetObject().(*authenticationv1.TokenRequest).DeepCopy()
		r.tokens++
		request.Status = authenticationv1.TokenRequestStatus{
			Token:               "token-" + strings.Join(request.Spec.Audiences, "+") + "-" + string(request.Spec.BoundObjectRef.UID),
			ExpirationTimestamp: metav1.NewTime(time.Now().Add(time.Duration(*request.Spec.ExpirationSeconds) * time.Second)),
		}
		return true, request, nil
	})
	r.store = objects.New(r.client, clock.RealClock{}, slog.New(slog.DiscardHandler))
	t.Cleanup(r.store.Close)
	r.volumes = New(Options{
		Dir: t.TempDir(), Client: r.client, Store: r.store, Tokens: projected.NewTokenCache(r.client, clock.RealClock{}),
		Mounter: r.mounter, Clock: clock.RealClock{}, Node: func() *corev1.Node { return nil },
	})
	return r
}

func podWith(volumes ...corev1.Volume) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "pod", UID: "uid"},
		Spec:       corev1.PodSpec{ServiceAccountName: "sa", Volumes: volumes, Containers: []corev1.Container{{Name: "c"}}},
	}
}

func volume(name string, source corev1.VolumeSource) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: source}
}

func read(t *testing.T, set *Set, volume, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(set.Mounted[volume].Path, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func configVolume(optional *bool) corev1.Volume {
	return volume("conf", corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "conf"}, Optional: optional}})
}

func configMap(value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "conf"}, Data: map[string]string{"key": value}, BinaryData: map[string][]byte{"bin": {0, 255}}}
}

func TestConfigMapFollowsTheObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, pod := newRig(t, configMap("one")), podWith(configVolume(nil))
		changes := 0
		changed := func() { changes++ }
		set, err := r.volumes.SetUp(t.Context(), pod, changed)
		if err != nil {
			t.Fatal(err)
		}
		if read(t, set, "conf", "key") != "one" || read(t, set, "conf", "bin") != "\x00\xff" || !set.Mounted["conf"].ReadOnly {
			t.Error("content is wrong")
		}
		synctest.Wait()
		changes = 0
		if _, err := r.client.CoreV1().ConfigMaps("ns").Update(t.Context(), configMap("two"), metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if changes != 1 {
			t.Fatalf("told of %d changes; want 1", changes)
		}
		if set, err = r.volumes.Refresh(t.Context(), pod, changed); err != nil || read(t, set, "conf", "key") != "two" {
			t.Errorf("content after the change: %v", err)
		}
		if err := r.volumes.TearDown(pod.UID); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(r.volumes.PodDir(pod.UID)); !errors.Is(err, os.ErrNotExist) {
			t.Error("the directory is still there")
		}
		r.store.Close() // returns only if no watch is left
	})
}

func TestMissingObjectIsAnErrorUnlessOptional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		_, err := r.volumes.SetUp(t.Context(), podWith(configVolume(nil)), func() {})
		if want := `MountVolume.SetUp failed for volume "conf" : configmaps "conf" not found`; err == nil || err.Error() != want {
			t.Errorf("error = %v; want %s", err, want)
		}
		changes := 0
		set, err := r.volumes.SetUp(t.Context(), podWith(configVolume(new(true))), func() { changes++ })
		if err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(set.Mounted["conf"].Path + "/..data")
		if err != nil || len(entries) != 0 {
			t.Errorf("optional volume has %v, %v; want nothing", entries, err)
		}
		r.store.Close()
	})
}

func TestSecretAndTokenLiveInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "sec"}, Data: map[string][]byte{"pw": []byte("x"), "other": []byte("y")}})
		pod := podWith(
			volume("sec", corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "sec", Items: []corev1.KeyToPath{{Key: "pw", Path: "deep/pw", Mode: new(int32(0o400))}}}}),
			volume("all", corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{DefaultMode: new(int32(0o644)), Sources: []corev1.VolumeProjection{
				{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", Audience: "me", ExpirationSeconds: new(int64(1000))}},
				{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{Path: "name", FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}}}},
			}}}))
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsUser: new(int64(os.Getuid()))}
		set, err := r.volumes.SetUp(t.Context(), pod, func() {})
		if err != nil {
			t.Fatal(err)
		}
		if read(t, set, "sec", "deep/pw") != "x" || read(t, set, "all", "token") != "token-me-uid" || read(t, set, "all", "name") != "pod" {
			t.Error("content is wrong")
		}
		for _, name := range []string{"sec", "all"} {
			if r.mounter.At(set.Mounted[name].Path) != "tmpfs" {
				t.Errorf("volume %s is on a disk", name)
			}
		}
		info, err := os.Stat(filepath.Join(set.Mounted["all"].Path, "token"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("token mode = %v, %v; want 0600 for a pod of one user", info.Mode(), err)
		}
		// The token is asked for again after 80 % of its life, and not before.
		left := time.Until(set.Refresh)
		if left > 800*time.Second || left < 780*time.Second {
			t.Errorf("refresh in %v; want about 800s", left)
		}
		if _, err := r.volumes.Refresh(t.Context(), pod, func() {}); err != nil || r.tokens != 1 {
			t.Errorf("asked for %d tokens, %v; want 1", r.tokens, err)
		}
		time.Sleep(left + time.Second)
		if _, err := r.volumes.Refresh(t.Context(), pod, func() {}); err != nil || r.tokens != 2 {
			t.Errorf("asked for %d tokens, %v; want 2", r.tokens, err)
		}
		if err := r.volumes.TearDown(pod.UID); err != nil {
			t.Fatal(err)
		}
		if left, _ := r.mounter.Below(r.volumes.Dir); len(left) != 0 {
			t.Errorf("mounts are left: %v", left)
		}
		r.store.Close()
	})
}

func TestEmptyDirKeepsItsContentWhenSetUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		limit := resource.MustParse("1Mi")
		pod := podWith(volume("data", corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}),
			volume("mem", corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory, SizeLimit: &limit}}))
		set, err := r.volumes.SetUp(t.Context(), pod, func() {})
		if err != nil {
			t.Fatal(err)
		}
		path := set.Mounted["data"].Path
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o777 {
			t.Errorf("mode = %v, %v; want 0777", info.Mode(), err)
		}
		if err := os.WriteFile(path+"/f", []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if set, err = r.volumes.SetUp(t.Context(), pod, func() {}); err != nil || read(t, set, "data", "f") != "x" {
			t.Errorf("content is lost: %v", err)
		}
		if r.mounter.At(set.Mounted["mem"].Path) != "tmpfs" {
			t.Error("medium Memory is not in memory")
		}
	})
}

func TestClaimShowsItsVolume(t *testing.T) {
	dir := t.TempDir()
	pvc := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "claim", UID: "pvc"},
		Spec:       corev1.PersistentVolumeClaimSpec{VolumeName: "pv"}, Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound},
	}
	pv := func(uid string, source corev1.PersistentVolumeSource) *corev1.PersistentVolume {
		return &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: "pv"},
			Spec:       corev1.PersistentVolumeSpec{ClaimRef: &corev1.ObjectReference{UID: types.UID(uid)}, PersistentVolumeSource: source},
		}
	}
	hostPath := corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: dir}}
	unbound := pvc.DeepCopy()
	unbound.Status.Phase = corev1.ClaimPending
	for _, tt := range []struct {
		name    string
		objects []runtime.Object
		err     string
	}{
		{"hostPath", []runtime.Object{pvc, pv("pvc", hostPath)}, ""},
		{"local", []runtime.Object{pvc, pv("pvc", corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: dir}})}, ""},
		{"no claim", nil, `persistentvolumeclaims "claim" not found`},
		{"not bound", []runtime.Object{unbound}, "the claim is not bound to a volume"},
		{"bound to another", []runtime.Object{pvc, pv("other", hostPath)}, "bound to another claim"},
		{"another type", []runtime.Object{pvc, pv("pvc", corev1.PersistentVolumeSource{NFS: &corev1.NFSVolumeSource{}})}, "not supported by this kubelet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.objects...)
			set, err := r.volumes.SetUp(t.Context(), podWith(volume("v", corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "claim", ReadOnly: true}})), nil)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error = %v; want %q", err, tt.err)
				}
				return
			}
			if err != nil || set.Mounted["v"].Path != dir || !set.Mounted["v"].ReadOnly {
				t.Errorf("got %+v, %v; want %s, read only", set, err, dir)
			}
		})
	}
}

func TestSubPathExprTakesVariables(t *testing.T) {
	r := newRig(t)
	pod := podWith(volume("data", corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}))
	set, err := r.volumes.SetUp(t.Context(), pod, nil)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(name string) (string, bool) {
		value, ok := map[string]string{"POD": "web", "UP": "../..", "ABS": "/etc"}[name]
		return value, ok
	}
	for expr, want := range map[string]string{"$(POD)/x": "", "$(NONE)": `missing value for "NONE"`, "$(UP)": "must stay in the volume", "$(ABS)": "must not be absolute"} {
		container := &corev1.Container{Name: "c", VolumeMounts: []corev1.VolumeMount{{Name: "data", MountPath: "data", SubPathExpr: expr}}}
		mounts, err := r.volumes.Mounts(pod, container, set, lookup, nil)
		if want == "" {
			if err != nil || mounts[0].ContainerPath != "/data" || !strings.HasSuffix(r.mounter.At(mounts[0].HostPath), "web/x") {
				t.Errorf("%s: %v, %v", expr, mounts, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error = %v; want %q", expr, err, want)
		}
	}
}
