package pods

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
	translate "k8s.io/apiserver/pkg/util/proxy"

	"github.com/seatrial/seatrial/reference/apiserver/registry/connect"
	"github.com/seatrial/seatrial/reference/apiserver/registry/kubelet"
)

// streamMethods: SPDY starts with POST, WebSocket with GET.
func streamMethods() []string { return []string{http.MethodGet, http.MethodPost} }

// Exec is pods/exec.
type Exec struct {
	reader
	creates
	kubelets *kubelet.Client
}

// New implements rest.Storage.
func (*Exec) New() runtime.Object { return &corev1.PodExecOptions{} }

// ConnectMethods implements rest.Connecter.
func (*Exec) ConnectMethods() []string { return streamMethods() }

// NewConnectOptions implements rest.Connecter.
func (*Exec) NewConnectOptions() (runtime.Object, bool, string) {
	return &corev1.PodExecOptions{}, false, ""
}

// Connect implements rest.Connecter.
func (e *Exec) Connect(ctx context.Context, name string, options runtime.Object, r rest.Responder) (http.Handler, error) {
	o, ok := options.(*corev1.PodExecOptions)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%T is not PodExecOptions", options))
	}
	if err := e.check(ctx); err != nil {
		return nil, err
	}
	streams := translate.Options{Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr, Tty: o.TTY}
	location, err := commandLocation(ctx, e.reader, e.kubelets, name, "exec", o.Container, streams)
	if err != nil {
		return nil, err
	}
	query := location.Query()
	query[corev1.ExecCommandParam] = o.Command
	location.RawQuery = query.Encode()
	return connect.Command(location, e.kubelets.Transport(), r, streams), nil
}

// Attach is pods/attach.
type Attach struct {
	reader
	creates
	kubelets *kubelet.Client
}

// New implements rest.Storage.
func (*Attach) New() runtime.Object { return &corev1.PodAttachOptions{} }

// ConnectMethods implements rest.Connecter.
func (*Attach) ConnectMethods() []string { return streamMethods() }

// NewConnectOptions implements rest.Connecter.
func (*Attach) NewConnectOptions() (runtime.Object, bool, string) {
	return &corev1.PodAttachOptions{}, false, ""
}

// Connect implements rest.Connecter.
func (a *Attach) Connect(ctx context.Context, name string, options runtime.Object, r rest.Responder) (http.Handler, error) {
	o, ok := options.(*corev1.PodAttachOptions)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%T is not PodAttachOptions", options))
	}
	if err := a.check(ctx); err != nil {
		return nil, err
	}
	streams := translate.Options{Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr, Tty: o.TTY}
	location, err := commandLocation(ctx, a.reader, a.kubelets, name, "attach", o.Container, streams)
	if err != nil {
		return nil, err
	}
	return connect.Command(location, a.kubelets.Transport(), r, streams), nil
}

// commandLocation is where the kubelet serves exec and attach of a container.
func commandLocation(ctx context.Context, r reader, k *kubelet.Client, name, verb, container string, streams translate.Options) (*url.URL, error) {
	pod, err := r.get(ctx, name)
	if err != nil {
		return nil, err
	}
	container, err = containerOf(pod, container)
	if err != nil {
		return nil, err
	}
	location, err := podLocation(ctx, k, pod, verb)
	if err != nil {
		return nil, err
	}
	location.Path = path.Join(location.Path, container)
	query := url.Values{}
	for param, wanted := range map[string]bool{
		corev1.ExecStdinParam: streams.Stdin, corev1.ExecStdoutParam: streams.Stdout,
		corev1.ExecStderrParam: streams.Stderr, corev1.ExecTTYParam: streams.Tty,
	} {
		if wanted {
			query.Set(param, "1")
		}
	}
	location.RawQuery = query.Encode()
	return location, nil
}

// podLocation is /verb/namespace/pod on the kubelet of the pod's node.
func podLocation(ctx context.Context, k *kubelet.Client, pod *corev1.Pod, verb string) (*url.URL, error) {
	node, err := nodeOf(pod)
	if err != nil {
		return nil, err
	}
	location, err := k.Locate(ctx, node)
	if err != nil {
		return nil, err
	}
	location.Path = path.Join("/", verb, pod.Namespace, pod.Name)
	return location, nil
}

// PortForward is pods/portforward.
type PortForward struct {
	reader
	creates
	kubelets *kubelet.Client
}

// New implements rest.Storage.
func (*PortForward) New() runtime.Object { return &corev1.PodPortForwardOptions{} }

// ConnectMethods implements rest.Connecter.
func (*PortForward) ConnectMethods() []string { return streamMethods() }

// NewConnectOptions implements rest.Connecter.
func (*PortForward) NewConnectOptions() (runtime.Object, bool, string) {
	return &corev1.PodPortForwardOptions{}, false, ""
}

// Connect implements rest.Connecter.
func (p *PortForward) Connect(ctx context.Context, name string, options runtime.Object, r rest.Responder) (http.Handler, error) {
	o, ok := options.(*corev1.PodPortForwardOptions)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%T is not PodPortForwardOptions", options))
	}
	if err := p.check(ctx); err != nil {
		return nil, err
	}
	pod, err := p.get(ctx, name)
	if err != nil {
		return nil, err
	}
	location, err := podLocation(ctx, p.kubelets, pod, "portForward")
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	for _, port := range o.Ports {
		query.Add(corev1.PortHeader, fmt.Sprint(port))
	}
	location.RawQuery = query.Encode()
	return connect.PortForward(location, p.kubelets.Transport(), r), nil
}
