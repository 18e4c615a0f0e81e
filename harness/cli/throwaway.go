package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/harness/cluster"
)

// throwawayName names a cluster that is made for one run.
func throwawayName() string { return "run-" + strings.ToLower(rand.Text()[:8]) }

// throwaway starts a cluster. The returned function removes it.
func (e *env) throwaway(ctx context.Context, driver, name string) (*rest.Config, func() error, error) {
	nothing := func() error { return nil }
	d, err := cluster.New(driver)
	if err != nil {
		return nil, nothing, &usageError{err}
	}
	remove := e.remover(ctx, d, name)
	e.remains.Cluster(name)
	err = d.Up(ctx, cluster.Spec{Name: name, Wait: time.Minute}, e.step)
	if _, ok := errors.AsType[*cluster.UnavailableError](err); ok {
		return nil, nothing, err
	}
	if err != nil {
		return nil, remove, err
	}
	config, err := configOf(ctx, d, name)
	return config, remove, err
}

// abandoned finds the cluster that a killed run has made for itself.
func (e *env) abandoned(ctx context.Context, name string) (*rest.Config, func() error, error) {
	d, _, err := cluster.Find(ctx, name)
	if err != nil {
		return nil, func() error { return nil }, fmt.Errorf("the cluster that the run made for itself: %w", err)
	}
	e.remains.Cluster(name)
	config, err := configOf(ctx, d, name)
	return config, e.remover(ctx, d, name), err
}

func configOf(ctx context.Context, d cluster.Driver, name string) (*rest.Config, error) {
	data, err := d.Kubeconfig(ctx, name)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(data)
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig of cluster %q: %w", name, err)
	}
	return config, nil
}

// remover removes the cluster, also when the context has ended.
func (e *env) remover(ctx context.Context, d cluster.Driver, name string) func() error {
	return func() error {
		const bound = time.Minute
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
		defer cancel()
		if err := d.Down(ctx, name); err != nil {
			return fmt.Errorf("remove cluster %q: %w (try: seatrial down --name %s)", name, err, name)
		}
		e.remains.Cluster("")
		return nil
	}
}
