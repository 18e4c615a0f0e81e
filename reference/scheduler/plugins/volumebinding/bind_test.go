package volumebinding

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// preBind runs PreBind for a pod with the claim "data"; meanwhile the test
// plays the volume controller.
func preBind(t *testing.T, play func(client *fake.Clientset), objects ...runtime.Object) error {
	t.Helper()
	client := fake.NewClientset(objects...)
	factory := informers.NewSharedInformerFactory(client, 0)
	core := factory.Core().V1()
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	for _, informer := range []cache.SharedIndexInformer{core.PersistentVolumeClaims().Informer(), core.PersistentVolumes().Informer()} {
		if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: func(any) { notify() }, UpdateFunc: func(any, any) { notify() },
		}); err != nil {
			t.Fatal(err)
		}
	}
	p := Plugin{
		Client: client, Claims: core.PersistentVolumeClaims().Lister(), Volumes: core.PersistentVolumes().Lister(),
		Classes: factory.Storage().V1().StorageClasses().Lister(), Changed: func() <-chan struct{} { return changed },
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer factory.Shutdown()
	defer cancel()
	factory.StartWithContext(ctx)
	factory.WaitForCacheSyncWithContext(ctx)
	pod, err := snapshot.NewPod(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"},
		Spec: corev1.PodSpec{Volumes: []corev1.Volume{{
			Name:         "data",
			VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- p.PreBind(ctx, pod, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}}) }()
	synctest.Wait()
	select {
	case err := <-result:
		t.Fatalf("PreBind returned %v before the claim was bound", err)
	default:
	}
	play(client)
	return <-result
}

func claim() *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "data", UID: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{
			StorageClassName: new("late"),
			Resources:        corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}
}

func class(provisioner string) *storagev1.StorageClass {
	return &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: "late"}, Provisioner: provisioner, VolumeBindingMode: new(storagev1.VolumeBindingWaitForFirstConsumer),
	}
}

func volume(name, size string) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.PersistentVolumeSpec{StorageClassName: "late", Capacity: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}},
		Status:     corev1.PersistentVolumeStatus{Phase: corev1.VolumeAvailable},
	}
}

// update changes the claim as the volume controller would.
func update(t *testing.T, client *fake.Clientset, change func(*corev1.PersistentVolumeClaim)) {
	t.Helper()
	claims := client.CoreV1().PersistentVolumeClaims("default")
	c, err := claims.Get(t.Context(), "data", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	change(c)
	if _, err := claims.Update(t.Context(), c, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestPreBindReservesTheSmallestVolumeThatFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := preBind(t, func(client *fake.Clientset) {
			for name, reserved := range map[string]bool{"small": false, "fits": true, "large": false} {
				v, err := client.CoreV1().PersistentVolumes().Get(t.Context(), name, metav1.GetOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if got := v.Spec.ClaimRef != nil && v.Spec.ClaimRef.UID == "data"; got != reserved {
					t.Errorf("volume %s reserved: %t, want %t", name, got, reserved)
				}
			}
			update(t, client, func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeName, c.Status.Phase = "fits", corev1.ClaimBound })
		}, claim(), class(noProvisioner), volume("small", "500Mi"), volume("large", "5Gi"), volume("fits", "1Gi"))
		if err != nil {
			t.Error(err)
		}
	})
}

func TestPreBindTellsTheProvisionerTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := preBind(t, func(client *fake.Clientset) {
			update(t, client, func(c *corev1.PersistentVolumeClaim) {
				if got := c.Annotations[annotationSelectedNode]; got != "node-1" {
					t.Errorf("selected node %q, want node-1", got)
				}
				c.Spec.VolumeName, c.Status.Phase = "made", corev1.ClaimBound
			})
		}, claim(), class("example.com/p"), volume("made", "1Mi"))
		if err != nil {
			t.Error(err)
		}
	})
}

func TestPreBindFailsWhenTheProvisionerGivesTheNodeUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := preBind(t, func(client *fake.Clientset) {
			update(t, client, func(c *corev1.PersistentVolumeClaim) { delete(c.Annotations, annotationSelectedNode) })
		}, claim(), class("example.com/p"))
		if err == nil || !strings.Contains(err.Error(), `claim "data" cannot be provisioned for node "node-1"`) {
			t.Errorf("error %v, want that the claim cannot be provisioned there", err)
		}
	})
}
