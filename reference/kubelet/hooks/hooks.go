// Package hooks runs what a container wants done after it started and before it stops.
//
// https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
package hooks

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/probes"
)

// Runner runs hooks.
type Runner struct {
	Runtime runtimeapi.RuntimeServiceClient
	Clock   clock.Clock
}

// Run runs a hook to its end, or until ctx ends. The target says where the container is.
func (r Runner) Run(ctx context.Context, handler *corev1.LifecycleHandler, target probes.Target) error {
	switch {
	case handler.Exec != nil:
		return r.exec(ctx, handler.Exec.Command, target)
	case handler.HTTPGet != nil:
		return r.get(ctx, handler.HTTPGet, target)
	case handler.Sleep != nil:
		select {
		case <-r.Clock.After(time.Duration(handler.Sleep.Seconds) * time.Second):
			return nil
		case <-ctx.Done():
			return fmt.Errorf("sleep: %w", ctx.Err())
		}
	}
	return errors.New("the hook has no handler that is supported (exec, httpGet, sleep)")
}

func (r Runner) exec(ctx context.Context, command []string, target probes.Target) error {
	answer, err := r.Runtime.ExecSync(ctx, &runtimeapi.ExecSyncRequest{ContainerId: target.ContainerID, Cmd: command})
	if err != nil {
		return fmt.Errorf("run %q: %w", command, err)
	}
	if answer.ExitCode != 0 {
		return fmt.Errorf("command %q exited with %d: %s%s", strings.Join(command, " "), answer.ExitCode, answer.Stdout, answer.Stderr)
	}
	return nil
}

// get does not look at the status code: the hook is a message, not a question. A server that speaks
// plain HTTP on the port of an HTTPS hook is asked in plain.
func (r Runner) get(ctx context.Context, action *corev1.HTTPGetAction, target probes.Target) error {
	err := fetch(ctx, action, target)
	var notTLS tls.RecordHeaderError
	if errors.As(err, &notTLS) || err != nil && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		plain := action.DeepCopy()
		plain.Scheme = corev1.URISchemeHTTP
		return fetch(ctx, plain, target)
	}
	return err
}

func fetch(ctx context.Context, action *corev1.HTTPGetAction, target probes.Target) error {
	request, err := probes.NewRequest(ctx, action, target, "kube-lifecycle/1.36")
	if err != nil {
		return err
	}
	client := probes.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	return errors.Join(err, response.Body.Close())
}
