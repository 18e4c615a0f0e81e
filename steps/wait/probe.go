package wait

import (
	"context"
	"time"
)

// Probe makes an observer of a question that has to be asked again and again, such as a request through a Service. It asks at once, and
// again after every interval.
func Probe(interval time.Duration, ask func(ctx context.Context) error) Observer {
	return func(ctx context.Context, see func(error) bool) error {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			if see(ask(ctx)) {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticker.C:
			}
		}
	}
}

// Value makes an observer of what is known already.
func Value(known error) Observer {
	return func(_ context.Context, see func(error) bool) error {
		see(known)
		return nil
	}
}
