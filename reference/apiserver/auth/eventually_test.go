package auth_test

import (
	"context"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// eventually repeats check until it is done, half a minute at most, and returns
// the last error of check.
func eventually(t *testing.T, check func() (bool, error)) error {
	t.Helper()
	var last error
	_ = wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) {
		var done bool
		done, last = check()
		return done, nil
	})
	return last
}
