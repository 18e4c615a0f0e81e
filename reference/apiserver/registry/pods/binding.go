package pods

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// Binding is pods/binding: it gives a pod its node, once.
type Binding struct{ pods *registry.Subresource }

// NewBinding makes pods/binding for the store of pods.
func NewBinding(pods *registry.REST) *Binding {
	s := keepPodRules{pods.UpdateStrategy}
	return &Binding{registry.NewSubresource(pods, s, nil)}
}

// keepPodRules updates a pod as the server has decided: the rules about what a
// user may change in a pod do not hold.
type keepPodRules struct{ rest.RESTUpdateStrategy }

func (keepPodRules) AllowCreateOnUpdate() bool                                        { return false }
func (keepPodRules) PrepareForUpdate(context.Context, runtime.Object, runtime.Object) {}
func (keepPodRules) ValidateUpdate(context.Context, runtime.Object, runtime.Object) field.ErrorList {
	return nil
}

func (keepPodRules) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}

// New implements rest.Storage.
func (*Binding) New() runtime.Object { return &corev1.Binding{} }

// Destroy implements rest.Storage.
func (*Binding) Destroy() {}

// Create implements rest.NamedCreater.
func (b *Binding) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, opts *metav1.CreateOptions) (runtime.Object, error) {
	binding, ok := obj.(*corev1.Binding)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%T is not a Binding", obj))
	}
	if binding.Name != name {
		return nil, apierrors.NewBadRequest("name in URL does not match name in Binding object")
	}
	if errs := validateBinding(binding); len(errs) > 0 {
		return nil, errs.ToAggregate() // which is answered with 500, as upstream does
	}
	if validate != nil {
		if err := validate(ctx, binding.DeepCopyObject()); err != nil {
			return nil, err
		}
	}
	bind := boundInfo{binding: binding, UpdatedObjectInfo: rest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		return bound(old.(*corev1.Pod), binding)
	})}
	_, _, err := b.pods.Update(ctx, name, bind, nil, nil, false, &metav1.UpdateOptions{DryRun: opts.DryRun})
	if apierrors.IsNotFound(err) {
		return nil, apierrors.NewNotFound(corev1.Resource("pods"), name)
	}
	if err != nil {
		return nil, err
	}
	return &metav1.Status{Status: metav1.StatusSuccess, Code: 201}, nil
}

// PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate keeps the uid and resourceVersion of the body: they are preconditions.
func (*Binding) PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate() bool { return true }

// boundInfo binds the pod that the binding means.
type boundInfo struct {
	rest.UpdatedObjectInfo
	binding *corev1.Binding
}

// Preconditions implements rest.UpdatedObjectInfo.
func (b boundInfo) Preconditions() *metav1.Preconditions {
	p := &metav1.Preconditions{}
	if b.binding.UID != "" {
		p.UID = &b.binding.UID
	}
	if b.binding.ResourceVersion != "" {
		p.ResourceVersion = &b.binding.ResourceVersion
	}
	return p
}

func validateBinding(b *corev1.Binding) field.ErrorList {
	var errs field.ErrorList
	target := field.NewPath("target")
	if kind := b.Target.Kind; kind != "" && kind != "Node" {
		errs = append(errs, field.NotSupported(target.Child("kind"), kind, []string{"Node", "<empty>"}))
	}
	if b.Target.Name == "" {
		errs = append(errs, field.Required(target.Child("name"), ""))
	}
	return errs
}

// bound returns the pod with its node, or a conflict that says why it gets none.
func bound(old *corev1.Pod, b *corev1.Binding) (*corev1.Pod, error) {
	conflict := func(format string, args ...any) error {
		return apierrors.NewConflict(corev1.Resource("pods/binding"), old.Name, fmt.Errorf(format, args...))
	}
	switch {
	case old.DeletionTimestamp != nil:
		return nil, conflict("pod %s is being deleted, cannot be assigned to a host", old.Name)
	case old.Spec.NodeName != "":
		return nil, conflict("pod %v is already assigned to node %q", old.Name, old.Spec.NodeName)
	case len(old.Spec.SchedulingGates) > 0:
		return nil, conflict("pod %v has non-empty .spec.schedulingGates", old.Name)
	}
	pod := old.DeepCopy()
	pod.Spec.NodeName = b.Target.Name
	pod.Annotations = merged(pod.Annotations, b.Annotations)
	pod.Labels = merged(pod.Labels, b.Labels)
	setCondition(pod, corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionTrue})
	return pod, nil
}

// merged adds keys that are not there yet.
func merged(have, add map[string]string) map[string]string {
	if len(add) == 0 {
		return have
	}
	out := maps.Clone(add)
	maps.Copy(out, have)
	return out
}

// setCondition adds or replaces a condition; an unchanged status keeps its time.
func setCondition(pod *corev1.Pod, c corev1.PodCondition) {
	c.LastTransitionTime = metav1.Now()
	for i := range pod.Status.Conditions {
		have := &pod.Status.Conditions[i]
		if have.Type != c.Type {
			continue
		}
		if have.Status == c.Status {
			c.LastTransitionTime = have.LastTransitionTime
		}
		*have = c
		return
	}
	pod.Status.Conditions = append(pod.Status.Conditions, c)
}

// LegacyBinding is bindings: like pods/binding, with the pod's name in the body.
type LegacyBinding struct{ *Binding }

// NamespaceScoped implements rest.Scoper.
func (*LegacyBinding) NamespaceScoped() bool { return true }

// GetSingularName implements rest.SingularNameProvider.
func (*LegacyBinding) GetSingularName() string { return "binding" }

// Create implements rest.Creater.
func (b *LegacyBinding) Create(ctx context.Context, obj runtime.Object, validate rest.ValidateObjectFunc, opts *metav1.CreateOptions) (runtime.Object, error) {
	m, err := meta.Accessor(obj)
	if err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("read name of binding: %v", err))
	}
	return b.Binding.Create(ctx, m.GetName(), obj, validate, opts)
}
