package admission

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apiserver/pkg/admission"
	corelisters "k8s.io/client-go/listers/core/v1"
)

const limitRangerAnnotation = "kubernetes.io/limit-ranger"

// limitRanger fills and checks the resources of pods and claims by the
// LimitRanges of their namespace.
// Source: https://kubernetes.io/docs/concepts/policy/limit-range/
type limitRanger struct {
	handler
	ranges corelisters.LimitRangeLister
}

func newLimitRanger(e env) (admission.Interface, error) {
	ranges := e.informers.Core().V1().LimitRanges()
	h := newHandler([]admission.Operation{admission.Create, admission.Update}, ranges.Informer())
	return &limitRanger{h, ranges.Lister()}, nil
}

// Admit fills the resources of a new pod.
func (p *limitRanger) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") || a.GetOperation() != admission.Create {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	ranges, err := p.of(a)
	if err != nil {
		return err
	}
	for _, r := range ranges {
		fillPod(pod, r)
	}
	return nil
}

// Validate checks a pod or a claim.
func (p *limitRanger) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	isPod := is(a, "", "pods") && a.GetOperation() == admission.Create || is(a, "", "pods/resize")
	if !isPod && !is(a, "", "persistentvolumeclaims") {
		return nil
	}
	ranges, err := p.of(a)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range ranges {
		for _, item := range r.Spec.Limits {
			switch o := a.GetObject().(type) {
			case *corev1.Pod:
				errs = append(errs, checkPod(o, item)...)
			case *corev1.PersistentVolumeClaim:
				if item.Type == corev1.LimitTypePersistentVolumeClaim {
					errs = append(errs, checkItem(item, o.Spec.Resources.Requests, nil)...)
				}
			default:
				return apierrors.NewBadRequest(fmt.Sprintf("unexpected object of type %T", o))
			}
		}
	}
	if err := utilerrors.NewAggregate(errs); err != nil {
		return admission.NewForbidden(a, err)
	}
	return nil
}

func (p *limitRanger) of(a admission.Attributes) ([]*corev1.LimitRange, error) {
	if !p.WaitForReady() {
		return nil, notReady(a)
	}
	ranges, err := p.ranges.LimitRanges(a.GetNamespace()).List(labels.Everything())
	if err != nil {
		return nil, forbid(a, "unable to %s %v at this time because there was an error enforcing limit ranges: %w", a.GetOperation(), a.GetResource(), err)
	}
	slices.SortFunc(ranges, func(x, y *corev1.LimitRange) int { return strings.Compare(x.Name, y.Name) })
	return ranges, nil
}

// fillPod gives each container the defaults for what it does not set, and says
// so in an annotation.
func fillPod(pod *corev1.Pod, r *corev1.LimitRange) {
	limits, requests := corev1.ResourceList{}, corev1.ResourceList{}
	for _, item := range r.Spec.Limits {
		if item.Type == corev1.LimitTypeContainer {
			maps.Copy(limits, item.Default)
			maps.Copy(requests, item.DefaultRequest)
		}
	}
	var notes []string
	for _, list := range []struct {
		what       string
		containers []corev1.Container
	}{{"container", pod.Spec.Containers}, {"init container", pod.Spec.InitContainers}} {
		for i := range list.containers {
			c := &list.containers[i]
			if set := fill(&c.Resources.Requests, requests); len(set) > 0 {
				notes = append(notes, fmt.Sprintf("%s request for %s %s", strings.Join(set, ", "), list.what, c.Name))
			}
			if set := fill(&c.Resources.Limits, limits); len(set) > 0 {
				notes = append(notes, fmt.Sprintf("%s limit for %s %s", strings.Join(set, ", "), list.what, c.Name))
			}
		}
	}
	if len(notes) == 0 {
		return
	}
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	pod.Annotations[limitRangerAnnotation] = "LimitRanger plugin set: " + strings.Join(notes, "; ")
}

// fill sets the missing entries of list and returns their names.
func fill(list *corev1.ResourceList, defaults corev1.ResourceList) []string {
	var set []string
	for name, q := range defaults {
		if _, ok := (*list)[name]; ok {
			continue
		}
		if *list == nil {
			*list = corev1.ResourceList{}
		}
		(*list)[name] = q.DeepCopy()
		set = append(set, string(name))
	}
	slices.Sort(set)
	return set
}
