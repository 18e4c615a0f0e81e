package admission

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/admission"
	"sigs.k8s.io/yaml"
)

const (
	nodeSelectorAnnotation = "scheduler.alpha.kubernetes.io/node-selector"
	// clusterNodeSelector is the key of the configuration for namespaces without the annotation.
	clusterNodeSelector = "clusterDefaultNodeSelector"
)

// podNodeSelector gives the pods of a namespace the node selector of the
// namespace, and limits them to the labels that the configuration allows there.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podnodeselector
type podNodeSelector struct {
	namespaceFinder
	allowed map[string]string // namespace to labels; and clusterNodeSelector
}

func newPodNodeSelector(e env) (admission.Interface, error) {
	data, err := readAll(e.config)
	if err != nil {
		return nil, err
	}
	var config struct {
		Selectors map[string]string `json:"podNodeSelectorPluginConfig"`
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		return nil, fmt.Errorf("decode podNodeSelectorPluginConfig: %w", err)
	}
	return &podNodeSelector{newNamespaceFinder(e, admission.Create), config.Selectors}, nil
}

// Admit implements admission.MutationInterface.
func (p *podNodeSelector) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") {
		return nil
	}
	pod, selector, err := p.read(ctx, a)
	if err != nil {
		return err
	}
	if labels.Conflicts(selector, labels.Set(pod.Spec.NodeSelector)) {
		return forbid(a, "pod node label selector conflicts with its namespace node label selector")
	}
	// An empty selector leaves the field as it is, unset.
	if len(selector) > 0 {
		pod.Spec.NodeSelector = labels.Merge(selector, pod.Spec.NodeSelector)
	}
	return p.Validate(ctx, a, nil)
}

// Validate implements admission.ValidationInterface: later plugins may have
// changed the selector of the pod.
func (p *podNodeSelector) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") {
		return nil
	}
	pod, selector, err := p.read(ctx, a)
	if err != nil {
		return err
	}
	if labels.Conflicts(selector, labels.Set(pod.Spec.NodeSelector)) {
		return forbid(a, "pod node label selector conflicts with its namespace node label selector")
	}
	allowed, err := labels.ConvertSelectorToLabelsMap(p.allowed[a.GetNamespace()])
	if err != nil {
		return err
	}
	for key, value := range pod.Spec.NodeSelector {
		if v, ok := allowed[key]; len(allowed) > 0 && (!ok || v != value) {
			return forbid(a, "pod node label selector labels conflict with its namespace whitelist")
		}
	}
	return nil
}

// read returns the pod and the node selector of its namespace: that of the
// annotation, else that of the cluster.
func (p *podNodeSelector) read(ctx context.Context, a admission.Attributes) (*corev1.Pod, labels.Set, error) {
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return nil, nil, err
	}
	if !p.WaitForReady() {
		return nil, nil, notReady(a)
	}
	ns, err := p.find(ctx, a.GetNamespace())
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil, err
	case err != nil:
		return nil, nil, apierrors.NewInternalError(err)
	}
	text, ok := ns.Annotations[nodeSelectorAnnotation]
	if !ok {
		text = p.allowed[clusterNodeSelector]
	}
	selector, err := labels.ConvertSelectorToLabelsMap(text)
	return pod, selector, err
}
