package job

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func TestIndexesAreWrittenAsRanges(t *testing.T) {
	for _, s := range []string{"", "0", "0,1", "0-2", "1,3-5,7", "0,1,3-9,11,12"} {
		if got := parseIndexes(s).String(); got != s {
			t.Errorf("%q becomes %q", s, got)
		}
	}
}

func newJob(change ...func(*batchv1.Job)) *batchv1.Job {
	labels := map[string]string{"controller-uid": "u"}
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "job", UID: "u"},
		Spec: batchv1.JobSpec{
			Parallelism: new(int32(2)), Completions: new(int32(3)), BackoffLimit: new(int32(6)),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "c"}}},
			},
		},
	}
	for _, f := range change {
		f(job)
	}
	return job
}

func indexed(job *batchv1.Job) {
	job.Spec.CompletionMode = new(batchv1.IndexedCompletion)
}

type bench struct{ *controllertest.Bench }

func start(t *testing.T, job *batchv1.Job) bench {
	t.Helper()
	return bench{controllertest.Start(t, controllertest.NewClient(job), New)}
}

func (b bench) get() *batchv1.Job {
	b.Helper()
	job, err := b.Client.BatchV1().Jobs("ns").Get(b.Ctx, "job", metav1.GetOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return job
}

// active are the pods that have not finished.
func (b bench) active() []corev1.Pod {
	b.Helper()
	return slices.DeleteFunc(b.Pods("ns"), func(p corev1.Pod) bool {
		return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed || p.DeletionTimestamp != nil
	})
}

func (b bench) finish(pod corev1.Pod, phase corev1.PodPhase, exit int32) {
	b.Helper()
	pod.Status.Phase = phase
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", State: corev1.ContainerState{
		Terminated: &corev1.ContainerStateTerminated{ExitCode: exit, FinishedAt: metav1.Now()},
	}}}
	if _, err := b.Client.CoreV1().Pods("ns").UpdateStatus(b.Ctx, &pod, metav1.UpdateOptions{}); err != nil {
		b.Fatal(err)
	}
	b.Settle(time.Second)
}

func (b bench) finishOne(phase corev1.PodPhase, exit int32) {
	b.Helper()
	active := b.active()
	if len(active) == 0 {
		b.Fatalf("no active pod; status %+v", b.get().Status)
	}
	b.finish(active[0], phase, exit)
}

// untracked fails the test when a finished pod still has the finalizer.
func (b bench) untracked() {
	b.Helper()
	for _, p := range b.Pods("ns") {
		if p.Status.Phase != corev1.PodPending && p.Status.Phase != "" && len(p.Finalizers) > 0 {
			b.Errorf("pod %s in phase %s has finalizers %v", p.Name, p.Status.Phase, p.Finalizers)
		}
	}
}

func reasons(job *batchv1.Job) (out []string) {
	for _, c := range job.Status.Conditions {
		out = append(out, fmt.Sprintf("%s=%s:%s", c.Type, c.Status, c.Reason))
	}
	return out
}

func TestJobRunsPodsUntilEnoughHaveSucceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob())
		if n := len(b.active()); n != 2 {
			t.Fatalf("%d pods, want the parallelism of 2", n)
		}
		b.finishOne(corev1.PodSucceeded, 0)
		if s := b.get().Status; s.Succeeded != 1 || s.Active != 2 {
			t.Errorf("after the first success: %+v", s)
		}
		b.finishOne(corev1.PodSucceeded, 0)
		if n := len(b.active()); n != 1 {
			t.Errorf("%d pods after two successes, want one more", n)
		}
		b.finishOne(corev1.PodSucceeded, 0)
		job := b.get()
		if s := job.Status; s.Succeeded != 3 || s.Active != 0 || s.CompletionTime == nil || len(s.UncountedTerminatedPods.Succeeded) != 0 {
			t.Errorf("at the end: %+v", s)
		}
		if got := reasons(job); !slices.Equal(got, []string{"SuccessCriteriaMet=True:CompletionsReached", "Complete=True:CompletionsReached"}) {
			t.Errorf("conditions %v", got)
		}
		b.untracked()
		b.Steady()
	})
}

// "the back-off delay (10s, 20s, 40s ...) capped at six minutes" is counted from the last failure.
func TestFailedPodsAreReplacedWithBackoffUntilTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob(func(j *batchv1.Job) { j.Spec.BackoffLimit, j.Spec.Parallelism = new(int32(1)), new(int32(1)) }))
		b.finishOne(corev1.PodFailed, 1)
		if n := len(b.active()); n != 0 {
			t.Errorf("%d pods right after a failure, want none", n)
		}
		b.Settle(10 * time.Second)
		b.finishOne(corev1.PodFailed, 1)
		b.Settle(time.Minute)
		job := b.get()
		if got := reasons(job); !slices.Equal(got, []string{"FailureTarget=True:BackoffLimitExceeded", "Failed=True:BackoffLimitExceeded"}) {
			t.Errorf("conditions %v", got)
		}
		if job.Status.Failed != 2 || len(b.active()) != 0 {
			t.Errorf("status %+v, %d active", job.Status, len(b.active()))
		}
		b.untracked()
		b.Steady()
	})
}

func TestIndexedJobRunsEachIndexOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob(indexed))
		first := b.active()[0]
		if first.Annotations[batchv1.JobCompletionIndexAnnotation] == "" || first.Spec.Hostname == "" || first.Spec.Containers[0].Env[0].Name != indexEnv {
			t.Errorf("pod %+v", first)
		}
		seen := map[string]bool{}
		for range 3 {
			p := b.active()[0]
			seen[p.Annotations[batchv1.JobCompletionIndexAnnotation]] = true
			b.finish(p, corev1.PodSucceeded, 0)
		}
		job := b.get()
		if len(seen) != 3 || job.Status.CompletedIndexes != "0-2" || !finished(job) {
			t.Errorf("indexes %v, status %+v", seen, job.Status)
		}
		b.untracked()
		b.Steady()
	})
}

func TestSuspendedJobHasNoPodsAndForgetsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob())
		suspend := func(to bool) {
			job := b.get()
			job.Spec.Suspend = &to
			if _, err := b.Client.BatchV1().Jobs("ns").Update(t.Context(), job, metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
			b.Settle(time.Second)
		}
		suspend(true)
		if job := b.get(); len(b.Pods("ns")) != 0 || job.Status.Failed != 0 || job.Status.StartTime != nil || !slices.Equal(reasons(job), []string{"Suspended=True:JobSuspended"}) {
			t.Errorf("suspended: %d pods, status %+v", len(b.Pods("ns")), job.Status)
		}
		suspend(false)
		if job := b.get(); len(b.active()) != 2 || job.Status.StartTime == nil || !slices.Equal(reasons(job), []string{"Suspended=False:JobResumed"}) {
			t.Errorf("resumed: %d pods, status %+v", len(b.active()), job.Status)
		}
		b.Steady()
	})
}

func TestDeadlineEndsTheJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob(func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = new(int64(30)) }))
		b.Settle(28 * time.Second)
		if finished(b.get()) {
			t.Error("failed before the deadline")
		}
		b.Settle(3 * time.Second)
		job := b.get()
		if got := reasons(job); !slices.Equal(got, []string{"FailureTarget=True:DeadlineExceeded", "Failed=True:DeadlineExceeded"}) || len(b.Pods("ns")) != 0 {
			t.Errorf("conditions %v, %d pods", got, len(b.Pods("ns")))
		}
		b.Steady()
	})
}

func TestPodFailurePolicy(t *testing.T) {
	policy := func(action batchv1.PodFailurePolicyAction) func(*batchv1.Job) {
		return func(j *batchv1.Job) {
			j.Spec.PodReplacementPolicy = new(batchv1.Failed)
			j.Spec.PodFailurePolicy = &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{{
				Action:      action,
				OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{Operator: batchv1.PodFailurePolicyOnExitCodesOpIn, Values: []int32{42}},
			}}}
			j.Spec.BackoffLimit = new(int32(0))
		}
	}
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob(policy(batchv1.PodFailurePolicyActionFailJob)))
		b.finishOne(corev1.PodFailed, 42)
		if finished(b.get()) {
			t.Error("FailJob: failed before the last pod has ended")
		}
		for _, p := range b.Pods("ns") {
			if p.DeletionTimestamp != nil {
				b.finish(p, corev1.PodFailed, 137)
			}
		}
		job := b.get()
		if got := reasons(job); !slices.Equal(got, []string{"FailureTarget=True:PodFailurePolicy", "Failed=True:PodFailurePolicy"}) {
			t.Errorf("FailJob: conditions %v", got)
		}
		b.untracked()
	})
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob(policy(batchv1.PodFailurePolicyActionIgnore)))
		b.finishOne(corev1.PodFailed, 42)
		b.Settle(time.Minute)
		if job := b.get(); finished(job) || job.Status.Failed != 0 || len(b.active()) != 2 {
			t.Errorf("Ignore: status %+v, %d active", job.Status, len(b.active()))
		}
		b.untracked()
		b.finishOne(corev1.PodFailed, 1)
		if job := b.get(); !holds(job.Status, batchv1.JobFailureTarget) {
			t.Errorf("other exit code: conditions %v", reasons(job))
		}
	})
}

func TestBackoffLimitPerIndexFailsOnlyThatIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob(indexed, func(j *batchv1.Job) {
			j.Spec.BackoffLimitPerIndex, j.Spec.BackoffLimit, j.Spec.Parallelism = new(int32(1)), new(int32(1<<31-1)), new(int32(3))
		}))
		for range 2 { // index 0 fails twice
			for _, p := range b.active() {
				if p.Annotations[batchv1.JobCompletionIndexAnnotation] == "0" {
					b.finish(p, corev1.PodFailed, 1)
				}
			}
			b.Settle(15 * time.Second)
		}
		if s := b.get().Status; *s.FailedIndexes != "0" || len(b.active()) != 2 {
			t.Errorf("failed indexes %q, %d active; want 0 and the other two", *s.FailedIndexes, len(b.active()))
		}
		b.finishOne(corev1.PodSucceeded, 0)
		b.finishOne(corev1.PodSucceeded, 0)
		job := b.get()
		if got := reasons(job); !slices.Equal(got, []string{"FailureTarget=True:FailedIndexes", "Failed=True:FailedIndexes"}) || job.Status.CompletedIndexes != "1,2" {
			t.Errorf("conditions %v, status %+v", got, job.Status)
		}
		b.Steady()
	})
}

func TestSuccessPolicyEndsTheJobEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob(indexed, func(j *batchv1.Job) {
			j.Spec.Parallelism = new(int32(3))
			j.Spec.SuccessPolicy = &batchv1.SuccessPolicy{Rules: []batchv1.SuccessPolicyRule{{SucceededIndexes: new("1")}}}
		}))
		for _, p := range b.active() {
			if p.Annotations[batchv1.JobCompletionIndexAnnotation] == "1" {
				b.finish(p, corev1.PodSucceeded, 0)
			}
		}
		job := b.get()
		if got := reasons(job); !slices.Equal(got, []string{"SuccessCriteriaMet=True:SuccessPolicy", "Complete=True:SuccessPolicy"}) || len(b.active()) != 0 {
			t.Errorf("conditions %v, %d active", got, len(b.active()))
		}
		b.Steady()
	})
}

func TestPodsOfADeletedJobAreLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob())
		if err := b.Client.BatchV1().Jobs("ns").Delete(t.Context(), "job", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		for _, p := range b.Pods("ns") {
			if len(p.Finalizers) != 0 {
				t.Errorf("pod %s has finalizers %v", p.Name, p.Finalizers)
			}
		}
		b.Steady()
	})
}

// A pod that loses all labels is no pod of the job any more, and nothing would ever take its finalizer.
func TestReleasedPodsAreLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newJob())
		pod := b.active()[0]
		pod.Labels = nil
		if _, err := b.Client.CoreV1().Pods("ns").Update(t.Context(), &pod, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		released, err := b.Client.CoreV1().Pods("ns").Get(t.Context(), pod.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(released.OwnerReferences) != 0 || len(released.Finalizers) != 0 {
			t.Errorf("owners %v, finalizers %v; want none", released.OwnerReferences, released.Finalizers)
		}
		b.Steady()
	})
}
