package admission

import (
	"context"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/kubernetes"
)

// podTopologyLabels copies the zone and the region of a node to the binding of
// a pod, from which they reach the pod's labels.
// Source: KEP-4742
type podTopologyLabels struct {
	*admission.Handler
	client kubernetes.Interface
}

func newPodTopologyLabels(e env) (admission.Interface, error) {
	return &podTopologyLabels{admission.NewHandler(admission.Create), e.client}, nil
}

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
		if err != nil || b.Target.Kind != "Node" && b.Target.Kind != "" {
			return err
		}
		return p.label(ctx, &b.ObjectMeta, b.Target.Name)
	}
	return nil
}

func (p *podTopologyLabels) label(ctx context.Context, o *metav1.ObjectMeta, node string) error {
	n, err := p.client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{ResourceVersion: "0"})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	add := map[string]string{}
	for _, key := range []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion} {
		if v, ok := n.Labels[key]; ok {
			add[key] = v
		}
	}
	if len(add) == 0 {
		return nil
	}
	if o.Labels == nil {
		o.Labels = map[string]string{}
	}
	maps.Copy(o.Labels, add)
	return nil
}
