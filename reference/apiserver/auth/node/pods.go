package node

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const byReference = "reference" // key: node, kind, namespace, name

// podIndex knows which objects the pods of a node refer to. Of a pod it keeps
// nothing else.
type podIndex struct {
	client   kubernetes.Interface
	informer cache.SharedIndexInformer
}

func newPodIndex(client kubernetes.Interface) (*podIndex, error) {
	pods := client.CoreV1().Pods("")
	lw := cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return pods.List(ctx, o) },
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return pods.Watch(ctx, o)
		},
	}, client)
	i := &podIndex{client: client}
	i.informer = cache.NewSharedIndexInformer(lw, &corev1.Pod{}, time.Duration(0), cache.Indexers{byReference: referenceKeys})
	if err := i.informer.SetTransform(stripPod); err != nil {
		return nil, fmt.Errorf("index pods by node: %w", err)
	}
	return i, nil
}

// refer reports whether a pod of the node refers to an object. A kubelet may
// be faster than the informer: before saying no, refer asks the API server.
func (i *podIndex) refer(ctx context.Context, node, kind, namespace, name string) (bool, error) {
	want := referenceKey(node, kind, namespace, name)
	objs, err := i.informer.GetIndexer().ByIndex(byReference, want)
	if err != nil || len(objs) > 0 {
		return len(objs) > 0, err
	}
	pods, err := i.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("spec.nodeName", node).String(),
	})
	if err != nil {
		return false, err
	}
	for p := range pods.Items {
		if slices.Contains(keysOf(&pods.Items[p]), want) {
			return true, nil
		}
	}
	return false, nil
}

// podRefs is what is kept of a pod.
type podRefs struct {
	metav1.ObjectMeta
	keys []string
}

// stripPod is the transform of the informer.
func stripPod(obj any) (any, error) {
	p, ok := obj.(*corev1.Pod)
	if !ok { // already stripped
		return obj, nil
	}
	return &podRefs{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name, UID: p.UID, ResourceVersion: p.ResourceVersion},
		keys:       keysOf(p),
	}, nil
}

func referenceKeys(obj any) ([]string, error) {
	p, ok := obj.(*podRefs)
	if !ok {
		return nil, fmt.Errorf("index pod by node: got %T", obj)
	}
	return p.keys, nil
}

var _ metav1.ObjectMetaAccessor = (*podRefs)(nil)

func referenceKey(node, kind, namespace, name string) string {
	return node + "\x00" + kind + "\x00" + namespace + "\x00" + name
}

func keysOf(p *corev1.Pod) []string {
	if p.Spec.NodeName == "" {
		return nil
	}
	var keys []string
	Visit(p, func(kind, name string) {
		keys = append(keys, referenceKey(p.Spec.NodeName, kind, p.Namespace, name))
	})
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Visit calls f with everything in its namespace that a pod refers to, and with
// the pod itself. Kinds are pod, serviceaccount, secret, configmap, pvc and
// resourceclaim.
func Visit(p *corev1.Pod, f func(kind, name string)) {
	f("pod", p.Name)
	if p.Spec.ServiceAccountName != "" {
		f("serviceaccount", p.Spec.ServiceAccountName)
	}
	for _, s := range p.Spec.ImagePullSecrets {
		f("secret", s.Name)
	}
	for i := range p.Spec.Volumes {
		visitVolume(p, &p.Spec.Volumes[i], f)
	}
	for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
		visitEnv(c.Env, c.EnvFrom, f)
	}
	for _, c := range p.Spec.EphemeralContainers {
		visitEnv(c.Env, c.EnvFrom, f)
	}
	for _, c := range p.Spec.ResourceClaims {
		if c.ResourceClaimName != nil {
			f("resourceclaim", *c.ResourceClaimName)
		}
	}
	for _, c := range p.Status.ResourceClaimStatuses {
		if c.ResourceClaimName != nil {
			f("resourceclaim", *c.ResourceClaimName)
		}
	}
}

func visitEnv(env []corev1.EnvVar, from []corev1.EnvFromSource, f func(kind, name string)) {
	for _, e := range env {
		switch v := e.ValueFrom; {
		case v == nil:
		case v.SecretKeyRef != nil:
			f("secret", v.SecretKeyRef.Name)
		case v.ConfigMapKeyRef != nil:
			f("configmap", v.ConfigMapKeyRef.Name)
		}
	}
	for _, e := range from {
		if e.SecretRef != nil {
			f("secret", e.SecretRef.Name)
		}
		if e.ConfigMapRef != nil {
			f("configmap", e.ConfigMapRef.Name)
		}
	}
}

func visitVolume(p *corev1.Pod, v *corev1.Volume, f func(kind, name string)) {
	if s := secretOf(&v.VolumeSource); s != "" {
		f("secret", s)
	}
	switch {
	case v.ConfigMap != nil:
		f("configmap", v.ConfigMap.Name)
	case v.PersistentVolumeClaim != nil:
		f("pvc", v.PersistentVolumeClaim.ClaimName)
	case v.Ephemeral != nil:
		f("pvc", p.Name+"-"+v.Name)
	case v.Projected != nil:
		for _, s := range v.Projected.Sources {
			if s.Secret != nil {
				f("secret", s.Secret.Name)
			}
			if s.ConfigMap != nil {
				f("configmap", s.ConfigMap.Name)
			}
		}
	}
}
