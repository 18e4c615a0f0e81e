package localvolume

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/volume"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func claim(name, node string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, Annotations: map[string]string{
			volume.AnnStorageProvisioner: Provisioner, volume.AnnSelectedNode: node,
		}},
		Spec: corev1.PersistentVolumeClaimSpec{
			StorageClassName: new(Class), AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}
}

func TestClaimsOfThisNodeGetADirectoryUntilTheyAreReleased(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(claim("here", "n1"), claim("there", "n2"))
		b := controllertest.Start(t, client, func(env controller.Env) (controller.Controller, error) {
			return New(env, Options{NodeName: "n1", Dir: dir})
		})
		b.Settle(10 * time.Second) // the class is made after the claims are first looked at
		class, err := client.StorageV1().StorageClasses().Get(t.Context(), Class, metav1.GetOptions{})
		if err != nil || *class.VolumeBindingMode != storagev1.VolumeBindingWaitForFirstConsumer {
			t.Fatalf("class %v, err %v", class, err)
		}
		volumes := client.CoreV1().PersistentVolumes()
		list, _ := volumes.List(t.Context(), metav1.ListOptions{})
		if len(list.Items) != 1 || list.Items[0].Spec.ClaimRef.Name != "here" {
			t.Fatalf("volumes %v; want one for the claim of this node", list.Items)
		}
		pv := &list.Items[0]
		path := filepath.Join(dir, pv.Name)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o777 || pv.Spec.HostPath.Path != path {
			t.Errorf("directory %v, err %v", info, err)
		}
		b.Steady()
		pv.Status.Phase = corev1.VolumeReleased
		if err := client.CoreV1().PersistentVolumeClaims("ns").Delete(t.Context(), "here", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := volumes.UpdateStatus(t.Context(), pv, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("directory of the released volume: %v; want not found", err)
		}
		if list, _ := volumes.List(t.Context(), metav1.ListOptions{}); len(list.Items) != 0 {
			t.Errorf("volumes left: %v", list.Items)
		}
	})
}

func TestOnlyOwnReleasedVolumesAreRemoved(t *testing.T) {
	opts := Options{NodeName: "n1", Dir: "/volumes"}
	class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: Class}}
	for _, tt := range []struct {
		name   string
		change func(*corev1.PersistentVolume)
		want   bool
	}{
		{"released", func(*corev1.PersistentVolume) {}, true},
		{"bound", func(pv *corev1.PersistentVolume) { pv.Status.Phase = corev1.VolumeBound }, false},
		{"to be retained", func(pv *corev1.PersistentVolume) {
			pv.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimRetain
		}, false},
		{"of another provisioner", func(pv *corev1.PersistentVolume) { pv.Annotations = nil }, false},
		{"of another node", func(pv *corev1.PersistentVolume) {
			pv.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values[0] = "n2"
		}, false},
		{"with a path of someone's choice", func(pv *corev1.PersistentVolume) { pv.Spec.HostPath.Path = "/etc" }, false},
	} {
		pv := newVolume(claim("c", "n1"), class, opts)
		pv.Status.Phase = corev1.VolumeReleased
		tt.change(pv)
		if got := removable(pv, opts); got != tt.want {
			t.Errorf("%s: removable = %t, want %t", tt.name, got, tt.want)
		}
	}
}
