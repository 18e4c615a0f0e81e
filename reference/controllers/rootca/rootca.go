// Package rootca publishes the certificate authority of the API server to every namespace, as ConfigMap kube-root-ca.crt.
package rootca

import (
	"context"
	"fmt"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/controller"
)

const (
	name            = "kube-root-ca.crt"
	key             = "ca.crt"
	description     = "kubernetes.io/description"
	descriptionText = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as " +
		"the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
)

// New declares the controller; its keys are namespaces. ca is the bundle in PEM. Only the ConfigMaps
// of its own name are watched.
func New(env controller.Env, ca []byte) (controller.Controller, error) {
	namespaces := env.Informers.Core().V1().Namespaces()
	bundles := coreinformers.NewFilteredConfigMapInformer(env.Client, metav1.NamespaceAll, 0,
		cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc},
		func(opts *metav1.ListOptions) {
			opts.FieldSelector = fields.OneTermEqualSelector("metadata.name", name).String()
		})
	if err := bundles.SetTransform(controller.StripManagedFields); err != nil {
		return controller.Controller{}, fmt.Errorf("watch config maps: %w", err)
	}
	r := &reconciler{
		client: env.Client, ca: string(ca),
		namespaces: namespaces.Lister(), bundles: corelisters.NewConfigMapLister(bundles.GetIndexer()),
	}
	return controller.Controller{
		Name: "root-ca-certificate-publisher",
		Watches: []controller.Watch{
			{Informer: namespaces.Informer()},
			{Informer: bundles, Keys: namespaceOf},
		},
		Reconcile: r.reconcile,
		Workers:   4,
		Beside:    bundles.RunWithContext,
	}, nil
}

func namespaceOf(obj any) []controller.Key {
	cm, ok := obj.(*corev1.ConfigMap)
	if !ok || cm.Name != name {
		return nil
	}
	return []controller.Key{{Name: cm.Namespace}}
}

type reconciler struct {
	client     kubernetes.Interface
	ca         string
	namespaces corelisters.NamespaceLister
	bundles    corelisters.ConfigMapLister
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	ns, err := r.namespaces.Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	old, err := r.bundles.ConfigMaps(ns.Name).Get(name)
	if apierrors.IsNotFound(err) {
		old = nil
	} else if err != nil {
		return 0, err
	}
	next := plan(ns, old, r.ca)
	maps := r.client.CoreV1().ConfigMaps(ns.Name)
	switch {
	case next == nil:
		return 0, nil
	case old == nil:
		_, err = maps.Create(ctx, next, metav1.CreateOptions{})
	default:
		_, err = maps.Update(ctx, next, metav1.UpdateOptions{})
	}
	if err == nil || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return 0, nil // the event of what happened meanwhile asks again
	}
	return 0, fmt.Errorf("publish config map %q: %w", name, err)
}

// plan returns the ConfigMap to write, or nil when old is right or nothing may be written.
func plan(ns *corev1.Namespace, old *corev1.ConfigMap, ca string) *corev1.ConfigMap {
	if ns.DeletionTimestamp != nil || ns.Status.Phase == corev1.NamespaceTerminating {
		return nil
	}
	if old == nil {
		return &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: ns.Name, Name: name, Annotations: map[string]string{description: descriptionText}},
			Data:       map[string]string{key: ca},
		}
	}
	want := map[string]string{key: ca}
	if maps.Equal(old.Data, want) && len(old.Annotations[description]) > 0 {
		return nil
	}
	next := old.DeepCopy()
	next.Data, next.BinaryData = want, nil
	if next.Annotations == nil {
		next.Annotations = map[string]string{}
	}
	next.Annotations[description] = descriptionText
	return next
}
