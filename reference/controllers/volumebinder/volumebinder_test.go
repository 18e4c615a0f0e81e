package volumebinder

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/volume"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func claim(class *string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "data", UID: "claim"},
		Spec: corev1.PersistentVolumeClaimSpec{
			StorageClassName: class, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, VolumeMode: new(corev1.PersistentVolumeFilesystem),
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}
}

func persistentVolume(name, size string) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeSpec{
			Capacity: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}, VolumeMode: new(corev1.PersistentVolumeFilesystem),
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
		},
		Status: corev1.PersistentVolumeStatus{Phase: corev1.VolumeAvailable}, // only available volumes are candidates
	}
}

func class(mode storagev1.VolumeBindingMode, provisioner string) *storagev1.StorageClass {
	return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "c"}, Provisioner: provisioner, VolumeBindingMode: &mode}
}

func TestPlan(t *testing.T) {
	immediate, later := class(storagev1.VolumeBindingImmediate, "p"), class(storagev1.VolumeBindingWaitForFirstConsumer, "p")
	selected := claim(new("c"))
	metav1.SetMetaDataAnnotation(&selected.ObjectMeta, volume.AnnSelectedNode, "n")
	for _, tt := range []struct {
		name                      string
		claim                     *corev1.PersistentVolumeClaim
		class                     *storagev1.StorageClass
		delayed                   bool
		defaultClass              string
		event, newClass, provider string
	}{
		{"no class", claim(nil), nil, false, "", "FailedBinding", "", ""},
		{"no class, but a default came", claim(nil), nil, false, "d", "", "d", ""},
		{"explicitly no class", claim(new("")), nil, false, "d", "FailedBinding", "", ""},
		{"class does not exist", claim(new("c")), nil, false, "", "ProvisioningFailed", "", ""},
		{"immediate", claim(new("c")), immediate, false, "", "ExternalProvisioning", "", "p"},
		{"first consumer", claim(new("c")), later, true, "", "WaitForFirstConsumer", "", ""},
		{"first consumer has come", selected, later, true, "", "ExternalProvisioning", "", "p"},
		{"by hand only", claim(new("c")), class(storagev1.VolumeBindingImmediate, volume.NotSupportedProvisioner), false, "", "ProvisioningFailed", "", ""},
	} {
		got := plan(tt.claim, tt.class, tt.delayed, tt.defaultClass)
		if got.event != tt.event || got.class != tt.newClass || got.provisioner != tt.provider {
			t.Errorf("%s: %+v; want %q, %q, %q", tt.name, got, tt.event, tt.newClass, tt.provider)
		}
	}
}

func TestPhase(t *testing.T) {
	mine := claim(nil)
	mine.Spec.VolumeName = "v"
	other := claim(nil)
	other.UID = "other"
	provisioned := func(pv *corev1.PersistentVolume) {
		pv.Annotations = map[string]string{volume.AnnDynamicallyProvisioned: "p"}
		pv.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimDelete
	}
	remove := func(pv *corev1.PersistentVolume) {
		pv.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimDelete
	}
	ref := &corev1.ObjectReference{Namespace: "ns", Name: "data", UID: "claim"}
	for _, tt := range []struct {
		name   string
		ref    *corev1.ObjectReference
		claim  *corev1.PersistentVolumeClaim
		change func(*corev1.PersistentVolume)
		want   corev1.PersistentVolumePhase
	}{
		{"free", nil, nil, nil, corev1.VolumeAvailable},
		{"reserved", &corev1.ObjectReference{Namespace: "ns", Name: "data"}, nil, nil, corev1.VolumeAvailable},
		{"bound", ref, mine, nil, corev1.VolumeBound},
		{"claim has gone", ref, nil, nil, corev1.VolumeReleased},
		{"claim was replaced", ref, other, nil, corev1.VolumeReleased},
		{"its provisioner deletes it", ref, nil, provisioned, corev1.VolumeReleased},
		{"nobody deletes it", ref, nil, remove, corev1.VolumeFailed},
	} {
		pv := persistentVolume("v", "1Gi")
		pv.Spec.ClaimRef = tt.ref
		if tt.change != nil {
			tt.change(pv)
		}
		if got, _ := phase(pv, tt.claim); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAStrangersMessageInTheStatusStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pv := persistentVolume("free", "1Gi")
		pv.Status = corev1.PersistentVolumeStatus{Phase: corev1.VolumeAvailable, Message: "it is good", Reason: "Checked"}
		client := controllertest.NewClient(pv)
		b := controllertest.NewBench(t, client)
		volumes, err := NewForVolumes(b.Env)
		if err != nil {
			t.Fatal(err)
		}
		b.Run(volumes)
		b.Settle(time.Minute)
		got, err := client.CoreV1().PersistentVolumes().Get(t.Context(), "free", metav1.GetOptions{})
		if err != nil || got.Status.Message != "it is good" || got.Status.Phase != corev1.VolumeAvailable {
			t.Errorf("status %+v, err %v", got.Status, err)
		}
	})
}

func TestClaimIsBoundToTheSmallestVolumeThatFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := persistentVolume("shared", "1Gi") // the right size, but not the access mode
		shared.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadOnlyMany}
		client := controllertest.NewClient(claim(new("")), persistentVolume("small", "500Mi"), persistentVolume("big", "10Gi"), persistentVolume("right", "2Gi"), shared)
		b := controllertest.NewBench(t, client)
		claims, err := New(b.Env)
		if err != nil {
			t.Fatal(err)
		}
		volumes, err := NewForVolumes(b.Env)
		if err != nil {
			t.Fatal(err)
		}
		b.Run(claims, volumes)
		b.Settle(time.Minute)
		c, err := client.CoreV1().PersistentVolumeClaims("ns").Get(t.Context(), "data", metav1.GetOptions{})
		if err != nil || c.Spec.VolumeName != "right" || c.Status.Phase != corev1.ClaimBound || c.Status.Capacity.Storage().String() != "2Gi" {
			t.Fatalf("claim %+v, err %v", c, err)
		}
		pv, _ := client.CoreV1().PersistentVolumes().Get(t.Context(), "right", metav1.GetOptions{})
		if pv.Spec.ClaimRef == nil || pv.Spec.ClaimRef.UID != c.UID || pv.Status.Phase != corev1.VolumeBound {
			t.Errorf("volume %+v", pv)
		}
		b.Steady()
		if err := client.CoreV1().PersistentVolumeClaims("ns").Delete(t.Context(), "data", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if pv, _ = client.CoreV1().PersistentVolumes().Get(t.Context(), "right", metav1.GetOptions{}); pv.Status.Phase != corev1.VolumeReleased {
			t.Errorf("after the claim was deleted: %s", pv.Status.Phase)
		}
	})
}
