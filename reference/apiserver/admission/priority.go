package admission

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/kubernetes"
	schedulinglisters "k8s.io/client-go/listers/scheduling/v1"
)

// priority resolves the priority class of new pods to a number, and keeps
// the global default class unique.
// Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
type priority struct {
	handler
	classes schedulinglisters.PriorityClassLister
	client  kubernetes.Interface
}

func newPriority(e env) (admission.Interface, error) {
	classes := e.informers.Scheduling().V1().PriorityClasses()
	h := newHandler([]admission.Operation{admission.Create, admission.Update}, classes.Informer())
	return &priority{handler: h, classes: classes.Lister(), client: e.client}, nil
}

// Admit sets the priority of a new pod.
func (p *priority) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	if a.GetOperation() == admission.Update {
		return keepPriority(a, pod)
	}
	if !p.WaitForReady() {
		return notReady(a)
	}
	class, err := p.classOf(ctx, pod)
	if apierrors.IsNotFound(err) {
		return forbid(a, "no PriorityClass with name %v was found", pod.Spec.PriorityClassName)
	}
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	value, policy := int32(0), corev1.PreemptLowerPriority
	if class != nil {
		pod.Spec.PriorityClassName, value = class.Name, class.Value
		if class.PreemptionPolicy != nil {
			policy = *class.PreemptionPolicy
		}
	}
	if v := pod.Spec.Priority; v != nil && *v != value {
		return forbid(a, "the integer value of priority (%d) must not be provided in pod spec; priority admission controller computed %d from the given PriorityClass name", *v, value)
	}
	if v := pod.Spec.PreemptionPolicy; v != nil && *v != policy {
		return forbid(a, "the string value of PreemptionPolicy (%s) must not be provided in pod spec; priority admission controller computed %s from the given PriorityClass name", *v, policy)
	}
	pod.Spec.Priority, pod.Spec.PreemptionPolicy = &value, &policy
	return nil
}

// keepPriority fills in what clients leave out that read an older pod.
func keepPriority(a admission.Attributes, pod *corev1.Pod) error {
	old, err := oldObject[*corev1.Pod](a)
	if err != nil {
		return err
	}
	if pod.Spec.Priority == nil {
		pod.Spec.Priority = old.Spec.Priority
	}
	if pod.Spec.PreemptionPolicy == nil {
		pod.Spec.PreemptionPolicy = old.Spec.PreemptionPolicy
	}
	return nil
}

// classOf returns the class that a pod names, else the default class, else nil.
func (p *priority) classOf(ctx context.Context, pod *corev1.Pod) (*schedulingv1.PriorityClass, error) {
	if name := pod.Spec.PriorityClassName; name != "" {
		c, err := p.classes.Get(name)
		if apierrors.IsNotFound(err) { // it may be a moment old
			return p.client.SchedulingV1().PriorityClasses().Get(ctx, name, metav1.GetOptions{})
		}
		return c, err
	}
	return p.defaultClass()
}

// defaultClass returns the lowest of the default classes: validation lets only
// one in, but two API servers can admit two at once.
func (p *priority) defaultClass() (*schedulingv1.PriorityClass, error) {
	all, err := p.classes.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	return lowestDefault(all), nil
}

func lowestDefault(all []*schedulingv1.PriorityClass) *schedulingv1.PriorityClass {
	var lowest *schedulingv1.PriorityClass
	for _, c := range all {
		if c.GlobalDefault && (lowest == nil || c.Value < lowest.Value) {
			lowest = c
		}
	}
	return lowest
}

// Validate refuses a second default class.
func (p *priority) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, schedulingv1.GroupName, "priorityclasses") {
		return nil
	}
	class, err := object[*schedulingv1.PriorityClass](a)
	if err != nil || !class.GlobalDefault {
		return err
	}
	if !p.WaitForReady() {
		return notReady(a)
	}
	// What is stored decides: the informer may not have seen the class of a moment ago.
	stored, err := p.client.SchedulingV1().PriorityClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	all := make([]*schedulingv1.PriorityClass, len(stored.Items))
	for i := range stored.Items {
		all[i] = &stored.Items[i]
	}
	if other := lowestDefault(all); other != nil && other.Name != class.Name {
		return forbid(a, "PriorityClass %v is already marked as default. Only one default can exist", other.Name)
	}
	return nil
}
