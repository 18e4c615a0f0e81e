package admission

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/admission"

	"github.com/seatrial/seatrial/reference/api/validation"
)

const (
	defaultTolerationsAnnotation = "scheduler.alpha.kubernetes.io/defaultTolerations"
	allowedTolerationsAnnotation = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
)

// podTolerationRestriction gives the pods of a namespace the tolerations of
// the namespace, and limits them to those that are allowed there. The
// annotations of the namespace come first, then the configuration.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podtolerationrestriction
type podTolerationRestriction struct {
	namespaceFinder
	config tolerationsConfig
}

type tolerationsConfig struct {
	Default []corev1.Toleration `json:"default"`
	Allowed []corev1.Toleration `json:"whitelist"`
}

func newPodTolerationRestriction(e env) (admission.Interface, error) {
	var config tolerationsConfig
	kind := schema.GroupVersionKind{Group: "podtolerationrestriction.admission.k8s.io", Version: "v1alpha1", Kind: "Configuration"}
	if err := decode(e.config, kind, &config); err != nil {
		return nil, err
	}
	path := field.NewPath("podtolerationrestriction")
	errs := slices.Concat(validation.Tolerations(path.Child("default"), config.Default), validation.Tolerations(path.Child("whitelist"), config.Allowed))
	if len(errs) > 0 {
		return nil, fmt.Errorf("invalid config: %w", errs.ToAggregate())
	}
	return &podTolerationRestriction{newNamespaceFinder(e, admission.Create, admission.Update), config}, nil
}

// Admit implements admission.MutationInterface: a new pod gets the default
// tolerations, and one that is not best-effort that of memory pressure.
func (p *podTolerationRestriction) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	if a.GetOperation() == admission.Create {
		add, _, err := p.tolerations(ctx, a, defaultTolerationsAnnotation, p.config.Default)
		if err != nil {
			return err
		}
		pod.Spec.Tolerations = mergeTolerations(pod.Spec.Tolerations, add)
		if !bestEffort(pod) {
			pod.Spec.Tolerations = mergeTolerations(pod.Spec.Tolerations, []corev1.Toleration{
				{Key: corev1.TaintNodeMemoryPressure, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
			})
		}
	}
	return p.Validate(ctx, a, nil)
}

// Validate implements admission.ValidationInterface.
func (p *podTolerationRestriction) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	allowed, scope, err := p.tolerations(ctx, a, allowedTolerationsAnnotation, p.config.Allowed)
	if err != nil || len(allowed) == 0 {
		return err
	}
	for _, t := range pod.Spec.Tolerations {
		if !slices.ContainsFunc(allowed, func(by corev1.Toleration) bool { return covers(by, t) }) {
			// Upstream answers 500, not 403.
			return errors.New("pod tolerations (possibly merged with namespace default tolerations) conflict with its " + scope + " whitelist")
		}
	}
	return nil
}

// tolerations reads an annotation of the namespace of a request, and says
// "namespace"; one without it has those of the "cluster". An annotation that is
// empty means none at all.
func (p *podTolerationRestriction) tolerations(ctx context.Context, a admission.Attributes, annotation string, cluster []corev1.Toleration) ([]corev1.Toleration, string, error) {
	if !p.WaitForReady() {
		return nil, "", notReady(a)
	}
	ns, err := p.find(ctx, a.GetNamespace())
	switch {
	case apierrors.IsNotFound(err):
		return nil, "", err
	case err != nil:
		return nil, "", apierrors.NewInternalError(err)
	}
	text, ok := ns.Annotations[annotation]
	switch {
	case !ok:
		return cluster, "cluster", nil
	case text == "":
		return nil, "namespace", nil
	}
	var out []corev1.Toleration
	err = json.Unmarshal([]byte(text), &out)
	return out, "namespace", err
}

// mergeTolerations adds tolerations to others. Of two of which one covers the
// other that one stays; of two that are equal the first.
func mergeTolerations(first, second []corev1.Toleration) []corev1.Toleration {
	all := slices.Concat(first, second)
	var out []corev1.Toleration
	for i, t := range all {
		covered := slices.ContainsFunc(out, func(by corev1.Toleration) bool { return covers(by, t) }) ||
			slices.ContainsFunc(all[i+1:], func(by corev1.Toleration) bool { return covers(by, t) && !covers(t, by) })
		if !covered {
			out = append(out, t)
		}
	}
	return out
}

// covers reports whether a toleration tolerates all that another does, as long.
func covers(by, t corev1.Toleration) bool {
	if by.Key != t.Key && (by.Key != "" || by.Operator != corev1.TolerationOpExists) {
		return false
	}
	if by.Effect != "" && by.Effect != t.Effect {
		return false
	}
	if by.TolerationSeconds != nil && (t.TolerationSeconds == nil || *by.TolerationSeconds < *t.TolerationSeconds) {
		return false
	}
	switch by.Operator {
	case corev1.TolerationOpExists:
		return true
	case corev1.TolerationOpEqual, "":
		return (t.Operator == corev1.TolerationOpEqual || t.Operator == "") && by.Value == t.Value
	}
	return by.Operator == t.Operator && by.Value == t.Value
}

// bestEffort: no container asks for processor time or memory, nor is limited in it.
func bestEffort(pod *corev1.Pod) bool {
	set := func(r corev1.ResourceRequirements) bool {
		return !r.Requests.Cpu().IsZero() || !r.Requests.Memory().IsZero() || !r.Limits.Cpu().IsZero() || !r.Limits.Memory().IsZero()
	}
	if pod.Spec.Resources != nil && set(*pod.Spec.Resources) {
		return false
	}
	return !slices.ContainsFunc(slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers), func(c corev1.Container) bool { return set(c.Resources) })
}
