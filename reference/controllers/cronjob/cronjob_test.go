package cronjob

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func TestScheduleNext(t *testing.T) {
	for _, tt := range []struct{ spec, zone, from, want string }{
		{"*/5 * * * *", "UTC", "2026-01-31T23:57:30Z", "2026-02-01T00:00:00Z"},
		{"30 4 1 * *", "UTC", "2026-02-01T04:30:00Z", "2026-03-01T04:30:00Z"},
		{"0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"0 0 13 * fri", "UTC", "2026-02-01T00:00:00Z", "2026-02-06T00:00:00Z"}, // either day field may match
		{"0 9-17/4 * * MON-FRI", "UTC", "2026-11-20T13:00:00Z", "2026-11-20T17:00:00Z"},
		{"0 9-17/4 * * MON-FRI", "UTC", "2026-11-20T17:00:00Z", "2026-11-23T09:00:00Z"},
		{"59 23 31 DEC ?", "UTC", "2026-01-01T00:00:00Z", "2026-12-31T23:59:00Z"},
		{"@hourly", "UTC", "2026-01-01T00:00:01Z", "2026-01-01T01:00:00Z"},
		{"@every 90s", "UTC", "2026-01-01T00:00:01Z", "2026-01-01T00:01:31Z"},
		{"0 3 * * *", "America/New_York", "2026-07-01T00:00:00Z", "2026-07-01T07:00:00Z"},
		{"0 0 30 2 *", "UTC", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z"}, // never
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		s, err := parse(tt.spec, zone)
		if err != nil {
			t.Errorf("%q: %v", tt.spec, err)
			continue
		}
		from, _ := time.Parse(time.RFC3339, tt.from)
		if got := s.next(from).UTC().Format(time.RFC3339); got != tt.want {
			t.Errorf("%q after %s: %s, want %s", tt.spec, tt.from, got, tt.want)
		}
	}
	for _, bad := range []string{"", "* * * *", "60 * * * *", "5-1 * * * *", "*/0 * * * *", "@every x", "a * * * *"} {
		if _, err := parse(bad, time.UTC); err == nil {
			t.Errorf("%q was parsed", bad)
		}
	}
}

func cronJob(change ...func(*batchv1.CronJob)) *batchv1.CronJob {
	cj := &batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "tick", CreationTimestamp: metav1.Now()},
		Spec: batchv1.CronJobSpec{
			Schedule: "*/10 * * * *", ConcurrencyPolicy: batchv1.AllowConcurrent,
			SuccessfulJobsHistoryLimit: new(int32(2)), FailedJobsHistoryLimit: new(int32(1)),
		},
	}
	for _, f := range change {
		f(cj)
	}
	return cj
}

func TestDecide(t *testing.T) {
	at := func(s string) time.Time { v, _ := time.Parse(time.RFC3339, "2026-01-01T"+s+"Z"); return v }
	running := func(cj *batchv1.CronJob) { cj.Status.Active = []corev1.ObjectReference{{Name: "j"}} }
	policy := func(p batchv1.ConcurrencyPolicy) func(*batchv1.CronJob) {
		return func(cj *batchv1.CronJob) { cj.Spec.ConcurrencyPolicy = p }
	}
	for _, tt := range []struct {
		name   string
		now    string
		change []func(*batchv1.CronJob)
		want   string
	}{
		{"not yet", "00:09:00", nil, ""},
		{"due", "00:10:01", nil, "start"},
		{"only the latest of several", "00:35:00", nil, "start 00:30:00"},
		{"suspended", "00:10:01", []func(*batchv1.CronJob){func(cj *batchv1.CronJob) { cj.Spec.Suspend = new(true) }}, ""},
		{"allowed beside a running job", "00:10:01", []func(*batchv1.CronJob){running}, "start"},
		{"forbidden beside a running job", "00:10:01", []func(*batchv1.CronJob){running, policy(batchv1.ForbidConcurrent)}, "blocked"},
		{"replaces a running job", "00:10:01", []func(*batchv1.CronJob){running, policy(batchv1.ReplaceConcurrent)}, "start replace"},
		{"after the deadline", "00:15:00", []func(*batchv1.CronJob){func(cj *batchv1.CronJob) { cj.Spec.StartingDeadlineSeconds = new(int64(60)) }}, ""},
		{"years later", "23:59:00", []func(*batchv1.CronJob){func(cj *batchv1.CronJob) { cj.CreationTimestamp = metav1.NewTime(at("00:00:00").AddDate(-3, 0, 0)) }}, "start tooMany 23:50:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cj := cronJob(func(cj *batchv1.CronJob) {
				cj.CreationTimestamp, cj.Spec.TimeZone = metav1.NewTime(at("00:00:00")), new("UTC")
			})
			for _, f := range tt.change {
				f(cj)
			}
			p, err := decide(cj, at(tt.now))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for word, on := range map[string]bool{"start": p.start, "blocked": p.blocked, "replace": p.replace, "tooMany": p.tooMany} {
				if on != strings.Contains(tt.want, word) {
					got = append(got, word)
				}
			}
			if len(got) > 0 || strings.Contains(tt.want, ":") && !strings.HasSuffix(tt.want, p.due.Format("15:04:05")) {
				t.Errorf("plan %+v; want %q", p, tt.want)
			}
		})
	}
}

func TestJobsAreStartedOnTimeAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(cronJob())
		b := controllertest.Start(t, client, New)
		jobs := client.BatchV1().Jobs("ns")
		list := func() []batchv1.Job {
			l, err := jobs.List(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return l.Items
		}
		for round := range 4 {
			b.Settle(10 * time.Minute)
			started := list()
			newest := started[len(started)-1]
			for _, j := range started {
				if j.CreationTimestamp.After(newest.CreationTimestamp.Time) {
					newest = j
				}
			}
			if outcomeOf(&newest) != "" {
				t.Fatalf("round %d: no new job", round)
			}
			cj, _ := client.BatchV1().CronJobs("ns").Get(t.Context(), "tick", metav1.GetOptions{})
			if len(cj.Status.Active) != 1 || cj.Status.LastScheduleTime == nil {
				t.Errorf("round %d: status %+v", round, cj.Status)
			}
			newest.Status.StartTime, newest.Status.CompletionTime = new(metav1.Now()), new(metav1.Now())
			newest.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}
			if _, err := jobs.UpdateStatus(t.Context(), &newest, metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		b.Settle(time.Minute)
		cj, _ := client.BatchV1().CronJobs("ns").Get(t.Context(), "tick", metav1.GetOptions{})
		if n := len(list()); n != 2 || len(cj.Status.Active) != 0 || cj.Status.LastSuccessfulTime == nil {
			t.Errorf("%d jobs kept, status %+v; want the limit of 2 and none active", n, cj.Status)
		}
		b.Steady()
	})
}
