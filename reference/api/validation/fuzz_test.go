package validation

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func FuzzCronSchedule(f *testing.F) {
	for _, s := range []string{"", "* * * * *", "@hourly", "@every 1h", "*/0 1-5/2 1,2 JAN MON", "TZ=UTC 0 0 * * *", "5-1 * * * *", "? ? ? ? ?"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) {
		_ = cronSchedule(s)
		_ = timeZone(field.NewPath("timeZone"), &s)
	})
}

func FuzzCertificateRequest(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n"))
	f.Fuzz(func(_ *testing.T, data []byte) { _ = parseRequest(data) })
}
