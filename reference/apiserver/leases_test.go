package apiserver_test

import (
	"context"
	"os"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// https://kubernetes.io/docs/concepts/architecture/leases/#api-server-identity
func TestServerSaysThatItIsThereAndDropsThoseThatAreGone(t *testing.T) {
	t.Parallel()
	member := store(t)
	label := map[string]string{"apiserver.kubernetes.io/identity": "kube-apiserver"}
	first, stop := several(t, member, 1)
	leases := kubernetes.NewForConfigOrDie(first[0].ClientConfig("admin", "system:masters")).CoordinationV1().Leases("kube-system")
	for name, c := range map[string]struct {
		labels map[string]string
		age    time.Duration
	}{
		"gone":      {label, 61 * time.Minute},
		"there":     {label, 59 * time.Minute},
		"unrelated": {nil, 61 * time.Minute},
	} {
		must[*coordinationv1.Lease](t)(leases.Create(t.Context(), &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: c.labels},
			Spec: coordinationv1.LeaseSpec{
				HolderIdentity: new("x"), LeaseDurationSeconds: new(int32(3600)), RenewTime: &metav1.MicroTime{Time: time.Now().Add(-c.age)},
			},
		}, metav1.CreateOptions{}))
	}
	own := func(ctx context.Context) (*coordinationv1.Lease, error) {
		list, err := leases.List(ctx, metav1.ListOptions{LabelSelector: "apiserver.kubernetes.io/identity=kube-apiserver"})
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			if list.Items[i].Name != "there" && list.Items[i].Name != "gone" {
				return &list.Items[i], nil
			}
		}
		return nil, nil
	}
	var lease *coordinationv1.Lease
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (_ bool, err error) {
		lease, err = own(ctx)
		return lease != nil, err
	})
	if err != nil {
		t.Fatalf("there is no identity lease: %v", err)
	}
	host := must[string](t)(os.Hostname())
	if lease.Labels["kubernetes.io/hostname"] != host || *lease.Spec.LeaseDurationSeconds != 3600 || lease.Spec.HolderIdentity == nil || time.Since(lease.Spec.RenewTime.Time) > time.Minute {
		t.Errorf("the identity lease is %v, %v", lease.Labels, lease.Spec)
	}
	stored := func() int64 {
		return must[*clientv3.GetResponse](t)(member.Client().Get(t.Context(), "/registry/coordination.k8s.io/leases/kube-system/"+lease.Name)).Count
	}
	if stored() != 1 {
		t.Error("the identity lease is not stored where it is looked for")
	}
	stop(0)
	if stored() != 0 {
		t.Error("a server that has ended leaves its lease")
	}

	second, _ := several(t, member, 1)
	leases = kubernetes.NewForConfigOrDie(second[0].ClientConfig("admin", "system:masters")).CoordinationV1().Leases("kube-system")
	for name, want := range map[string]bool{"gone": false, "there": true, "unrelated": true, lease.Name: true} {
		// A server that stops takes its own Lease away, and one that starts makes it a moment after it is ready.
		is := func(ctx context.Context) (bool, error) {
			_, err := leases.Get(ctx, name, metav1.GetOptions{})
			if err != nil && !apierrors.IsNotFound(err) {
				return false, err
			}
			return err == nil == want, nil
		}
		if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 20*time.Second, true, is); err != nil {
			t.Errorf("lease %s is not there, or still: %v, want %v", name, err, want)
		}
	}
}
