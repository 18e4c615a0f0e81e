package admission

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// podTopologyLabels copies the zone and the region of a node to the binding of
// a pod, from which they reach the pod's labels.
// Source: KEP-4742
type podTopologyLabels struct {
	*admission.Handler
	client kubernetes.Interface
	nodes  cache.Store // names and topology labels of nodes
}

func newPodTopologyLabels(e env) (admission.Interface, error) {
	nodes := coreinformers.NewNodeInformer(e.client, 0, cache.Indexers{})
	if err := nodes.SetTransform(keepTopology); err != nil {
		return nil, fmt.Errorf("watch the topology of nodes: %w", err)
	}
	e.own(nodes)
	return &podTopologyLabels{admission.NewHandler(admission.Create), e.client, nodes.GetStore()}, nil
}

// Admit implements admission.MutationInterface.
func (p *podTopologyLabels) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	switch {
	case is(a, "", "pods"):
		pod, err := object[*corev1.Pod](a)
		if err != nil || pod.Spec.NodeName == "" {
			return err
		}
		return p.label(ctx, &pod.ObjectMeta, pod.Spec.NodeName)
	case is(a, "", "pods/binding"), is(a, "", "bindings"):
		b, err := object[*corev1.Binding](a)
		if err != nil || b.Target.Name == "" || b.Target.Kind != "Node" && b.Target.Kind != "" {
			return err
		}
		return p.label(ctx, &b.ObjectMeta, b.Target.Name)
	}
	return nil
}

func (p *podTopologyLabels) label(ctx context.Context, o *metav1.ObjectMeta, name string) error {
	add, err := p.topologyOf(ctx, name)
	if err != nil || len(add) == 0 {
		return err
	}
	if o.Labels == nil {
		o.Labels = map[string]string{}
	}
	maps.Copy(o.Labels, add)
	return nil
}

// topologyOf returns the zone and the region of a node. It asks the API for a
// node that the informer has not seen; a node that is not there has none.
func (p *podTopologyLabels) topologyOf(ctx context.Context, name string) (map[string]string, error) {
	if o, ok, err := p.nodes.GetByKey(name); err == nil && ok {
		return o.(*corev1.Node).Labels, nil
	}
	n, err := p.client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{ResourceVersion: "0"})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, apierrors.NewInternalError(err)
	}
	return topology(n.Labels), nil
}

// keepTopology is the transform of the informer: of a node it keeps the name
// and two labels.
func keepTopology(obj any) (any, error) {
	n, ok := obj.(*corev1.Node)
	if !ok {
		return obj, nil
	}
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.Name, UID: n.UID, ResourceVersion: n.ResourceVersion, Labels: topology(n.Labels)}}, nil
}

func topology(labels map[string]string) map[string]string {
	out := map[string]string{}
	for _, key := range []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion} {
		if v, ok := labels[key]; ok {
			out[key] = v
		}
	}
	return out
}
