// Package pods serves the subresources of pods.
package pods

import (
	"context"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/apiserver/registry"
	"github.com/seatrial/seatrial/reference/apiserver/registry/kubelet"
)

// Options is what the subresources need beside the store of pods.
type Options struct {
	Pods    *registry.REST
	Budgets *registry.REST // PodDisruptionBudgets
	// Kubelets serve exec, attach, port-forward and log.
	Kubelets *kubelet.Client
	// Transport reaches pods, for proxy.
	Transport http.RoundTripper
	// Authorizer says who may begin a stream.
	Authorizer authorizer.Authorizer
}

// Storages returns the subresources by path below the group-version.
func Storages(o Options) map[string]rest.Storage {
	r := reader{o.Pods}
	return map[string]rest.Storage{
		"bindings":                 &LegacyBinding{NewBinding(o.Pods)},
		"pods/binding":             NewBinding(o.Pods),
		"pods/eviction":            &Eviction{pods: o.Pods, budgets: o.Budgets},
		"pods/ephemeralcontainers": newEphemeralContainers(o.Pods),
		"pods/resize":              newResize(o.Pods),
		"pods/exec":                &Exec{reader: r, creates: creates{o.Authorizer}, kubelets: o.Kubelets},
		"pods/attach":              &Attach{reader: r, creates: creates{o.Authorizer}, kubelets: o.Kubelets},
		"pods/portforward":         &PortForward{reader: r, creates: creates{o.Authorizer}, kubelets: o.Kubelets},
		"pods/log":                 &Log{reader: r, kubelets: o.Kubelets},
		"pods/proxy":               &Proxy{reader: r, transport: o.Transport},
	}
}

// reader gets pods for subresources that do not change them.
type reader struct{ pods *registry.REST }

func (r reader) get(ctx context.Context, name string) (*corev1.Pod, error) {
	obj, err := r.pods.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return nil, fmt.Errorf("get pod %q: %T is not a Pod", name, obj)
	}
	return pod, nil
}

// Destroy implements rest.Storage: the store belongs to the resource.
func (reader) Destroy() {}
