package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
)

// Output is what a command left.
type Output struct {
	Stdout, Stderr string
	Code           int
}

// Command is a command to run in a container that is running already.
type Command struct {
	Namespace, Pod string
	// Container may be empty when the Pod has one container.
	Container string
	Argv      []string
	// Stdin is written to the command; when empty it has no standard input.
	Stdin string
}

// Exec runs a command in a container over WebSocket, or over SPDY where the cluster does not speak WebSocket. The error tells that the
// command did not run to its end; an exit code is not an error.
func (u *User) Exec(ctx context.Context, c Command) (Output, error) {
	options := &corev1.PodExecOptions{Container: c.Container, Command: c.Argv, Stdin: c.Stdin != "", Stdout: true, Stderr: true}
	executor, err := u.executor(ctx, u.podURL(c.Namespace, c.Pod, "exec", options))
	if err != nil {
		return Output{}, fmt.Errorf("exec in pod %q: %w", c.Pod, err)
	}
	var stdout, stderr bytes.Buffer
	streams := remotecommand.StreamOptions{Stdout: &stdout, Stderr: &stderr}
	if c.Stdin != "" {
		streams.Stdin = bytes.NewBufferString(c.Stdin)
	}
	err = executor.StreamWithContext(ctx, streams)
	output := Output{Stdout: stdout.String(), Stderr: stderr.String()}
	if exit, ok := errors.AsType[exec.CodeExitError](err); ok {
		output.Code = exit.Code
		return output, nil
	}
	if err != nil {
		return output, fmt.Errorf("exec in pod %q: %w", c.Pod, err)
	}
	return output, nil
}

func (u *User) executor(ctx context.Context, target *url.URL) (remotecommand.Executor, error) {
	config, err := wire(u.config, u.as, recorderOf(ctx))
	if err != nil {
		return nil, err
	}
	spdy, err := remotecommand.NewSPDYExecutor(config, "POST", target)
	if err != nil {
		return nil, err
	}
	// The WebSocket protocol starts with a GET.
	websocket, err := remotecommand.NewWebSocketExecutor(config, "GET", target.String())
	if err != nil {
		return nil, err
	}
	return remotecommand.NewFallbackExecutor(websocket, spdy, cannotUpgrade)
}

// cannotUpgrade reports whether the server knows nothing of the protocol that was asked for.
func cannotUpgrade(err error) bool {
	return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
}

func (u *User) podURL(namespace, pod, subresource string, options *corev1.PodExecOptions) *url.URL {
	target := u.base.JoinPath("api", "v1", "namespaces", namespace, "pods", pod, subresource)
	if options != nil {
		query, err := scheme.ParameterCodec.EncodeParameters(options, corev1.SchemeGroupVersion)
		if err == nil { // the type is known to the codec
			target.RawQuery = query.Encode()
		}
	}
	return target
}
