package certify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Unreachable says that no cluster answered.
type Unreachable struct{ error }

func (e *Unreachable) Unwrap() error { return e.error }

// ErrClusterLost ends a run whose cluster does not answer any more.
var ErrClusterLost = errors.New("the cluster does not answer any more")

// How the run notices that the cluster is gone: instead of waiting for some hundred tests to time out.
const (
	beat    = 10 * time.Second
	dead    = 2 * time.Minute
	request = 10 * time.Second
)

// connect opens a client whose requests end soon, and asks the server for its version.
func connect(ctx context.Context, config *rest.Config) (kubernetes.Interface, string, error) {
	config = rest.CopyConfig(config)
	config.Timeout, config.QPS = request, -1 // a few requests: nothing to hold back
	config.UserAgent = "seatrial-certify"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, "", &Unreachable{fmt.Errorf("connect to %s: %w", config.Host, err)}
	}
	server, err := serverVersion(ctx, client)
	if err != nil {
		return nil, "", &Unreachable{fmt.Errorf("ask %s for its version: %w", config.Host, err)}
	}
	return client, server, nil
}

func serverVersion(ctx context.Context, client kubernetes.Interface) (string, error) {
	body, err := client.Discovery().RESTClient().Get().AbsPath("/version").DoRaw(ctx)
	if err != nil {
		return "", err
	}
	var info version.Info
	if err := json.Unmarshal(body, &info); err != nil {
		return "", err
	}
	return info.GitVersion, nil
}

// watchOver asks whether the cluster is there until the context ends, and calls lost when it was not for some time.
func watchOver(ctx context.Context, alive func(context.Context) error, lost func()) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	answered := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		switch err := alive(ctx); {
		case err == nil:
			answered = time.Now()
		case time.Since(answered) >= dead:
			lost()
			return
		}
	}
}

// alive asks for the version: any answer will do.
func alive(client kubernetes.Interface) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := serverVersion(ctx, client)
		return err
	}
}

// runLabel is on every Namespace that upstream's tests make.
const runLabel = "e2e-run"

// testNamespaces returns the Namespaces of tests.
func testNamespaces(ctx context.Context, client kubernetes.Interface) ([]string, error) {
	list, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: runLabel})
	if err != nil {
		return nil, fmt.Errorf("list namespaces of tests: %w", err)
	}
	names := make([]string, 0, len(list.Items))
	for _, namespace := range list.Items {
		names = append(names, namespace.Name)
	}
	return names, nil
}

// cleanUp deletes the Namespaces of tests that were not there before and waits a little for them to end. It returns those that are left.
func cleanUp(ctx context.Context, client kubernetes.Interface, before []string) (left []string, err error) {
	const bound = time.Minute
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	asked := map[string]bool{}
	for {
		names, err := testNamespaces(ctx, client)
		if ctx.Err() != nil {
			return left, nil
		}
		if err != nil {
			return left, err
		}
		left = missing(names, before)
		if len(left) == 0 {
			return nil, nil
		}
		for _, name := range left {
			if asked[name] {
				continue
			}
			asked[name] = true
			if err := client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
				return left, fmt.Errorf("delete namespace %q: %w", name, err)
			}
		}
		select {
		case <-ctx.Done():
			return left, nil
		case <-ticker.C:
		}
	}
}

// leftText tells what the run could not remove and how to do it.
func leftText(left []string, err error) string {
	var parts []string
	if len(left) > 0 {
		const few = 3
		names := strings.Join(left[:min(few, len(left))], ", ")
		if len(left) > few {
			names += fmt.Sprintf(" and %d more", len(left)-few)
		}
		parts = append(parts, fmt.Sprintf("namespaces of tests are left: %s (look: kubectl get namespaces -l %s)", names, runLabel))
	}
	if err != nil {
		parts = append(parts, "what tests left is not known: "+err.Error())
	}
	return strings.Join(parts, "; ")
}
