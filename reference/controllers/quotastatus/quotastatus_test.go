package quotastatus

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metadatafake "k8s.io/client-go/metadata/fake"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
	"github.com/seatrial/seatrial/reference/controllers/objects"
	"github.com/seatrial/seatrial/reference/controllers/served"
)

func TestUseIsCountedWhenPodsComeFinishAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &corev1.ResourceQuota{
			ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "q"},
			Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"pods": resource.MustParse("10"), "requests.cpu": resource.MustParse("4")}},
		}
		pod := func(name string) *corev1.Pod {
			return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}, Spec: corev1.PodSpec{Containers: []corev1.Container{{
				Name: "c", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{"cpu": resource.MustParse("500m")}},
			}}}}
		}
		client := controllertest.NewClient(q, pod("a"), pod("b"))
		b := controllertest.NewBench(t, client)
		scheme := metadatafake.NewTestScheme()
		_ = metav1.AddMetaToScheme(scheme)
		gvr := corev1.SchemeGroupVersion.WithResource("pods")
		all := objects.New(metadatafake.NewSimpleMetadataClient(scheme), func(context.Context) ([]served.Resource, error) {
			return []served.Resource{{GroupVersionResource: gvr, Kind: "Pod", Namespaced: true, Verbs: []string{"get", "list", "watch", "delete"}}}, nil
		}, objects.Shared{gvr: b.Env.Informers.Core().V1().Pods().Informer()}, b.Env.Log)
		c, err := New(b.Env, all)
		if err != nil {
			t.Fatal(err)
		}
		c.Beside = all.Run
		b.Run(c)
		expect := func(when, pods, cpu string) {
			t.Helper()
			got, err := client.CoreV1().ResourceQuotas("ns").Get(t.Context(), "q", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			used := got.Status.Used
			if used.Pods().Cmp(resource.MustParse(pods)) != 0 || used.Name("requests.cpu", resource.DecimalSI).Cmp(resource.MustParse(cpu)) != 0 || len(got.Status.Hard) != 2 {
				t.Errorf("%s: status %+v; want %s pods, %s CPU", when, got.Status, pods, cpu)
			}
		}
		expect("at the start", "2", "1")
		a, _ := client.CoreV1().Pods("ns").Get(t.Context(), "a", metav1.GetOptions{})
		a.Status.Phase = corev1.PodSucceeded
		if _, err := client.CoreV1().Pods("ns").UpdateStatus(t.Context(), a, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		expect("after one finished", "1", "500m")
		if err := client.CoreV1().Pods("ns").Delete(t.Context(), "b", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		expect("after the other was deleted", "0", "0")
		b.Steady()
	})
}

func TestPlanKeepsWhatCouldNotBeCounted(t *testing.T) {
	one, two := resource.MustParse("1"), resource.MustParse("2")
	q := &corev1.ResourceQuota{}
	q.Spec.Hard = corev1.ResourceList{"pods": two, "count/widgets.example.com": two}
	q.Status.Used = corev1.ResourceList{"pods": two, "count/widgets.example.com": one, "secrets": one}
	got := plan(q, corev1.ResourceList{"pods": one}).Used
	if len(got) != 2 || got["pods"] != one || got["count/widgets.example.com"] != one {
		t.Errorf("used = %v", got)
	}
}
