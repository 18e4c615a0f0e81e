package admission

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func storageClass(name string, isDefault bool, minute int) *storagev1.StorageClass {
	c := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC)}}
	if isDefault {
		c.Annotations = map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}
	}
	return c
}

func TestClaimGetsTheNewestDefaultClass(t *testing.T) {
	claim := func(class *string) *corev1.PersistentVolumeClaim {
		return &corev1.PersistentVolumeClaim{ObjectMeta: meta("blue", "c"), Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: class}}
	}
	tests := map[string]struct {
		classes []runtime.Object
		given   *string
		want    string // "-": none
	}{
		"no class":            {nil, nil, "-"},
		"no default":          {[]runtime.Object{storageClass("a", false, 0)}, nil, "-"},
		"default":             {[]runtime.Object{storageClass("a", false, 2), storageClass("b", true, 1)}, nil, "b"},
		"two defaults":        {[]runtime.Object{storageClass("old", true, 1), storageClass("new", true, 2)}, nil, "new"},
		"two of the same age": {[]runtime.Object{storageClass("y", true, 1), storageClass("x", true, 1)}, nil, "x"},
		"own":                 {[]runtime.Object{storageClass("b", true, 1)}, new("own"), "own"},
		"explicitly none":     {[]runtime.Object{storageClass("b", true, 1)}, new(""), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := claim(tt.given)
			expect(t, start(t, newDefaultStorageClass, nil, tt.classes...).run(t, request{path: "persistentvolumeclaims", obj: c}), "")
			got := "-"
			if c.Spec.StorageClassName != nil {
				got = *c.Spec.StorageClassName
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestIngressGetsTheDefaultClass(t *testing.T) {
	class := &networkingv1.IngressClass{ObjectMeta: metav1.ObjectMeta{Name: "std", Annotations: map[string]string{"ingressclass.kubernetes.io/is-default-class": "true"}}}
	b := start(t, newDefaultIngressClass, nil, class, &networkingv1.IngressClass{ObjectMeta: metav1.ObjectMeta{Name: "other"}})
	plain := &networkingv1.Ingress{ObjectMeta: meta("blue", "i")}
	expect(t, b.run(t, request{path: "networking.k8s.io/ingresses", obj: plain}), "")
	if n := plain.Spec.IngressClassName; n == nil || *n != "std" {
		t.Errorf("class %v", n)
	}
	annotated := &networkingv1.Ingress{ObjectMeta: meta("blue", "i")}
	annotated.Annotations = map[string]string{"kubernetes.io/ingress.class": "x"}
	expect(t, b.run(t, request{path: "networking.k8s.io/ingresses", obj: annotated}), "")
	if annotated.Spec.IngressClassName != nil {
		t.Error("an ingress with the annotation got a class")
	}
}

func TestStorageObjectsGetTheirFinalizer(t *testing.T) {
	b := start(t, newStorageObjectInUseProtection, nil)
	for path, tt := range map[string]struct {
		obj  metav1.Object
		want string
	}{
		"persistentvolumeclaims":                 {&corev1.PersistentVolumeClaim{}, "kubernetes.io/pvc-protection"},
		"persistentvolumes":                      {&corev1.PersistentVolume{}, "kubernetes.io/pv-protection"},
		"storage.k8s.io/volumeattributesclasses": {&storagev1.VolumeAttributesClass{}, "kubernetes.io/vac-protection"},
	} {
		for range 2 {
			expect(t, b.run(t, request{path: path, obj: tt.obj.(runtime.Object)}), "")
		}
		if f := tt.obj.GetFinalizers(); len(f) != 1 || f[0] != tt.want {
			t.Errorf("%s: finalizers %v", path, f)
		}
	}
}

func TestClaimGrowsOnlyIfItsClassAllows(t *testing.T) {
	grows := storageClass("grows", false, 0)
	grows.AllowVolumeExpansion = new(true)
	b := start(t, newPersistentVolumeClaimResize, nil, grows, storageClass("fixed", false, 0))
	claim := func(class, size string, phase corev1.PersistentVolumeClaimPhase) *corev1.PersistentVolumeClaim {
		return &corev1.PersistentVolumeClaim{
			ObjectMeta: meta("blue", "c"), Status: corev1.PersistentVolumeClaimStatus{Phase: phase},
			Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &class, Resources: corev1.VolumeResourceRequirements{Requests: list("storage", size)}},
		}
	}
	const refused = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
	tests := map[string]struct {
		class, from, to string
		phase           corev1.PersistentVolumeClaimPhase
		want            string
	}{
		"grows":         {"grows", "1Gi", "2Gi", corev1.ClaimBound, ""},
		"fixed":         {"fixed", "1Gi", "2Gi", corev1.ClaimBound, refused},
		"unknown class": {"gone", "1Gi", "2Gi", corev1.ClaimBound, refused},
		"unchanged":     {"fixed", "1Gi", "1Gi", corev1.ClaimBound, ""},
		"not bound":     {"grows", "1Gi", "2Gi", corev1.ClaimPending, "Only bound persistent volume claims can be expanded"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			expect(t, b.run(t, request{path: "persistentvolumeclaims", obj: claim(tt.class, tt.to, tt.phase), old: claim(tt.class, tt.from, tt.phase)}), tt.want)
		})
	}
}
