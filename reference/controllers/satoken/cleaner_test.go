package satoken

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

const year = 365 * 24 * time.Hour

func TestUnusedTokensAreMarkedAndAYearLaterGone(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		created       time.Duration // ago
		used, invalid string
		want          step
	}{
		"young":                    {year - time.Hour, "", "", keep},
		"old and never used":       {year, "", "", invalidate},
		"used this year":           {3 * year, "2025-06-02", "", keep},
		"not used for a year":      {3 * year, "2025-06-01", "", invalidate},
		"used at an odd time":      {3 * year, "yesterday", "", invalidate},
		"marked this year":         {3 * year, "2024-06-01", "2025-06-02", keep},
		"marked a year ago":        {3 * year, "2024-06-01", "2025-06-01", remove},
		"marked at an odd time":    {3 * year, "", "x", invalidate},
		"used after it was marked": {3 * year, "2026-05-01", "2025-01-01", keep},
	} {
		s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(now.Add(-tt.created)), Labels: map[string]string{}}}
		if tt.used != "" {
			s.Labels[lastUsedLabel] = tt.used
		}
		if tt.invalid != "" {
			s.Labels[invalidSinceLabel] = tt.invalid
		}
		if got := planCleaning(s, now); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

func TestOnlyGeneratedTokensThatNoPodMountsAreCleaned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "ns", Name: name} }
		secret := func(name string) *corev1.Secret {
			s := &corev1.Secret{ObjectMeta: meta(name), Type: corev1.SecretTypeServiceAccountToken}
			s.Annotations = map[string]string{corev1.ServiceAccountNameKey: "robot", corev1.ServiceAccountUIDKey: "1"}
			return s
		}
		account := &corev1.ServiceAccount{ObjectMeta: meta("robot"), Secrets: []corev1.ObjectReference{{Name: "generated"}, {Name: "mounted"}}}
		account.UID = "1"
		pod := &corev1.Pod{ObjectMeta: meta("web"), Spec: corev1.PodSpec{Volumes: []corev1.Volume{
			{Name: "t", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "mounted"}}},
		}}}
		tracking := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: trackingName},
			Data:       map[string]string{trackingKey: time.Now().UTC().Format(time.DateOnly)},
		}
		client := controllertest.NewClient(account, pod, tracking, secret("generated"), secret("mounted"), secret("manual"))
		b := controllertest.Start(t, client, NewCleaner)
		secrets := client.CoreV1().Secrets("ns")
		marked := func(name string) string {
			s, err := secrets.Get(t.Context(), name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return "gone"
			}
			return s.Labels[invalidSinceLabel]
		}
		b.Settle(year - time.Hour)
		if got := marked("generated"); got != "" {
			t.Errorf("marked at %s, before tokens were tracked for a year", got)
		}
		b.Settle(25 * time.Hour)
		if got := marked("generated"); got == "" || got == "gone" {
			t.Errorf("after a year an unused token is %q, want marked", got)
		}
		b.Settle(year + 25*time.Hour)
		if got := marked("generated"); got != "gone" {
			t.Errorf("after two years an unused token is %q", got)
		}
		for _, name := range []string{"mounted", "manual"} {
			if got := marked(name); got != "" {
				t.Errorf("%s is %q, want untouched", name, got)
			}
		}
	})
}
