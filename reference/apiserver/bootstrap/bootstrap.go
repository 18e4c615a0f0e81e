// Package bootstrap writes the objects that every cluster has from the start.
// It writes what is missing and leaves what is there, so a restart changes nothing.
package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/client-go/kubernetes"
)

// Options says what the objects contain.
type Options struct {
	// AdvertiseAddress is this server's endpoint of the Service default/kubernetes;
	// Members are all of them.
	AdvertiseAddress netip.AddrPort
	Members          Members
	// ServiceCIDR is the range of cluster IPs; the Service gets its first address.
	ServiceCIDR netip.Prefix
	// NodePort makes the Service one of type NodePort; zero does not.
	NodePort int32
	// ClientCA (PEM, as it is now) and RequestHeader are published for extension
	// API servers. RequestHeader is nil if there is no aggregator.
	ClientCA      func() []byte
	RequestHeader *authenticatorfactory.RequestHeaderConfig
}

// WriteNamespaces writes the namespaces that every cluster has. Like all
// functions here, it may be called again.
func WriteNamespaces(ctx context.Context, client kubernetes.Interface) error {
	var all parallel
	for _, name := range []string{metav1.NamespaceDefault, metav1.NamespaceSystem, metav1.NamespacePublic, corev1.NamespaceNodeLease} {
		all.do("namespace "+name, func() error {
			ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
			_, err := client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{})
			return unlessThere(err)
		})
	}
	return all.wait()
}

// WritePriorityClasses writes the two classes of the system.
func WritePriorityClasses(ctx context.Context, client kubernetes.Interface) error {
	var all parallel
	for _, class := range priorityClasses() {
		all.do("priority class "+class.Name, func() error {
			_, err := client.SchedulingV1().PriorityClasses().Create(ctx, class, metav1.CreateOptions{})
			return unlessThere(err)
		})
	}
	return all.wait()
}

// The two classes of
// https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/
func priorityClasses() []*schedulingv1.PriorityClass {
	return []*schedulingv1.PriorityClass{
		{
			ObjectMeta:  metav1.ObjectMeta{Name: "system-node-critical"},
			Value:       2000001000,
			Description: "Used for system critical pods that must not be moved from their current node.",
		},
		{
			ObjectMeta:  metav1.ObjectMeta{Name: "system-cluster-critical"},
			Value:       2000000000,
			Description: "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
		},
	}
}

// unlessThere turns "it is there already" into success.
func unlessThere(err error) error {
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
