package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// ErrLeadershipLost means that the Lease could not be renewed in time or was taken by another process.
var ErrLeadershipLost = errors.New("leadership lost")

// Election names the Lease that the copies of a component compete for.
type Election struct {
	Namespace, Name string
	Identity        string // unique among the copies
}

// Lead waits until this process holds the Lease, then runs run. When ctx ends it waits for run to
// end before it gives the Lease up, so that two copies never act at the same time. It returns what
// run returned, or ErrLeadershipLost when run was ended because the Lease was lost.
func Lead(ctx context.Context, client kubernetes.Interface, e Election, run func(context.Context) error) error {
	acquired := make(chan context.Context, 1)
	elector, err := newElector(client, e, acquired)
	if err != nil {
		return fmt.Errorf("elect leader by lease %q: %w", e.Name, err)
	}
	electing, stop := context.WithCancel(context.WithoutCancel(ctx))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		elector.Run(electing)
	}()
	defer func() {
		stop()
		<-stopped
	}()
	select {
	case <-ctx.Done():
		return nil
	case lease := <-acquired:
		running, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(lease, cancel)()
		err := run(running)
		if lease.Err() != nil && ctx.Err() == nil {
			return errors.Join(fmt.Errorf("lease %q: %w", e.Name, ErrLeadershipLost), err)
		}
		return err
	}
}

// newElector makes an elector that sends the context of the leadership once.
func newElector(client kubernetes.Interface, e Election, acquired chan<- context.Context) (*leaderelection.LeaderElector, error) {
	return leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name: e.Name,
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: e.Namespace, Name: e.Name},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: e.Identity},
		},
		LeaseDuration:   15 * time.Second,
		RenewDeadline:   10 * time.Second,
		RetryPeriod:     2 * time.Second,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) { acquired <- ctx },
			OnStoppedLeading: func() {},
		},
	})
}
