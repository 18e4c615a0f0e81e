package snapshot

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	resourcehelper "k8s.io/component-helpers/resource"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// Pod is a pod with everything that is parsed or summed once rather than once
// per node. It is immutable.
type Pod struct {
	*corev1.Pod

	Priority int32
	// Controller is the UID of the controlling owner; empty when there is none.
	Controller types.UID
	Requests   Resources
	// Weight is Requests with the amounts that scoring takes for containers
	// that request nothing (100m CPU, 200Mi memory), so that a node full of
	// such pods does not look empty.
	Weight Resources
	Ports  []HostPort

	// NodeAffinity is spec.nodeSelector and the required node affinity; nil
	// when there is neither.
	NodeAffinity *nodeaffinity.RequiredNodeAffinity
	// The parsed inter-pod terms of the pod itself.
	Affinity, AntiAffinity                   []Term
	PreferredAffinity, PreferredAntiAffinity []WeightedTerm
}

// NewPod parses a pod. The error names the first term that cannot be parsed;
// the API server's validation lets none through.
func NewPod(pod *corev1.Pod) (*Pod, error) {
	p := &Pod{
		Pod:      pod,
		Priority: corev1helpers.PodPriority(pod),
		Ports:    hostPorts(pod),
	}
	status := resourcehelper.PodResourcesOptions{UseStatusResources: pod.Spec.NodeName != ""}
	if owner := metav1.GetControllerOfNoCopy(pod); owner != nil {
		p.Controller = owner.UID
	}
	p.Requests = ResourcesOf(resourcehelper.PodRequests(pod, status))
	status.NonMissingContainerRequests = corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(100, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(200<<20, resource.BinarySI),
	}
	p.Weight = ResourcesOf(resourcehelper.PodRequests(pod, status))

	affinity := pod.Spec.Affinity
	if len(pod.Spec.NodeSelector) > 0 || (affinity != nil && affinity.NodeAffinity != nil) {
		required := nodeaffinity.GetRequiredNodeAffinity(pod)
		p.NodeAffinity = &required
	}
	if affinity == nil {
		return p, nil
	}
	if err := p.parseTerms(affinity); err != nil {
		return nil, fmt.Errorf("parse affinity of pod %q: %w", pod.Namespace+"/"+pod.Name, err)
	}
	return p, nil
}

func (p *Pod) parseTerms(affinity *corev1.Affinity) (err error) {
	if a := affinity.PodAffinity; a != nil {
		if p.Affinity, err = parseTerms(p.Pod, a.RequiredDuringSchedulingIgnoredDuringExecution); err != nil {
			return err
		}
		if p.PreferredAffinity, err = parseWeighted(p.Pod, a.PreferredDuringSchedulingIgnoredDuringExecution); err != nil {
			return err
		}
	}
	if a := affinity.PodAntiAffinity; a != nil {
		if p.AntiAffinity, err = parseTerms(p.Pod, a.RequiredDuringSchedulingIgnoredDuringExecution); err != nil {
			return err
		}
		p.PreferredAntiAffinity, err = parseWeighted(p.Pod, a.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	return err
}

// Key is the "namespace/name" of the pod.
func (p *Pod) Key() string { return p.Namespace + "/" + p.Name }

func (p *Pod) hasTerms() bool {
	return len(p.Affinity)+len(p.AntiAffinity)+len(p.PreferredAffinity)+len(p.PreferredAntiAffinity) > 0
}
