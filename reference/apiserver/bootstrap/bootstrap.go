// Package bootstrap writes the objects that every cluster has from the start.
// It writes what is missing and leaves what is there, so a restart changes nothing.
package bootstrap

import (
	"errors"
	"fmt"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// missing turns "it is there already" into success.
func missing(err error) error {
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// parallel runs all writes at once: etcd commits them together.
type parallel struct {
	group sync.WaitGroup
	mu    sync.Mutex
	errs  []error
}

func (p *parallel) do(what string, f func() error) {
	p.group.Go(func() {
		if err := f(); err != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.errs = append(p.errs, fmt.Errorf("write %s: %w", what, err))
		}
	})
}

func (p *parallel) wait() error {
	p.group.Wait()
	return errors.Join(p.errs...)
}

