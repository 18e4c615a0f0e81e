package admission

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/kubernetes"
	"k8s.io/component-helpers/resource"
)

// podResizeValidator refuses to resize a pod beyond what its node can ever give.
type podResizeValidator struct {
	*admission.Handler
	client kubernetes.Interface
}

func newPodResizeValidator(e env) (admission.Interface, error) {
	return &podResizeValidator{admission.NewHandler(admission.Update), e.client}, nil
}

func (p *podResizeValidator) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods/resize") {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	old, err := oldObject[*corev1.Pod](a)
	if err != nil {
		return err
	}
	if pod.Spec.NodeName == "" || equality.Semantic.DeepEqual(pod.Spec, old.Spec) {
		return nil
	}
	node, err := p.client.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{ResourceVersion: "0"})
	if err != nil {
		return admission.NewForbidden(a, err)
	}
	if os := node.Labels[corev1.LabelOSStable]; os != "" && os != "linux" {
		return forbid(a, "pod resize is only supported on Linux nodes, node %q runs %s", node.Name, os)
	}
	want := resource.PodRequests(pod, resource.PodResourcesOptions{})
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		have, ok := node.Status.Allocatable[name]
		if q := want[name]; ok && q.Cmp(have) > 0 {
			return forbid(a, "node %q can never give this pod %s of %s: allocatable is %s", node.Name, q.String(), name, have.String())
		}
	}
	return nil
}
