package ttlafterfinished

import (
	"testing"
	"testing/synctest"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func job(name string, ttl *int32, finished bool) *batchv1.Job {
	j := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}, Spec: batchv1.JobSpec{TTLSecondsAfterFinished: ttl}}
	if finished {
		j.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now()}}
	}
	return j
}

func TestFinishedJobsGoWhenTheirTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(job("finished", new(int32(60)), true), job("running", new(int32(0)), false), job("unlimited", nil, true))
		b := controllertest.Start(t, client, New)
		count := func() int {
			list, _ := client.BatchV1().Jobs("ns").List(t.Context(), metav1.ListOptions{})
			return len(list.Items)
		}
		b.Settle(55 * time.Second)
		if count() != 3 {
			t.Error("deleted before the time")
		}
		b.Settle(10 * time.Second)
		if count() != 2 {
			t.Errorf("%d jobs left, want the running and the unlimited one", count())
		}
		b.Steady()
	})
}
