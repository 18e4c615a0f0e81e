package validation

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Deployment checks a deployment.
func Deployment(d *appsv1.Deployment) field.ErrorList {
	path, spec := specPath(), &d.Spec
	errs := all(
		namespaced(&d.ObjectMeta, subdomainName),
		atLeastZero(path.Child("replicas"), spec.Replicas),
		atLeastZero(path.Child("minReadySeconds"), &spec.MinReadySeconds),
		atLeastZero(path.Child("revisionHistoryLimit"), spec.RevisionHistoryLimit),
		atLeastZero(path.Child("progressDeadlineSeconds"), spec.ProgressDeadlineSeconds),
		selectorOfTemplate("deployment", spec.Selector, &spec.Template),
		workloadTemplate(path.Child("template"), &spec.Template),
		deploymentStrategy(path.Child("strategy"), &spec.Strategy),
	)
	if deadline := spec.ProgressDeadlineSeconds; deadline != nil && *deadline <= spec.MinReadySeconds {
		errs = append(errs, field.Invalid(path.Child("progressDeadlineSeconds"), *deadline, "must be greater than minReadySeconds"))
	}
	return errs
}

// daemonSetKind is what messages call a daemon set. A selector that it lacks is just one that selects nothing.
const daemonSetKind = "daemonset"

// selectorOfTemplate checks that a workload selects the pods that it makes, and not all pods.
func selectorOfTemplate(kind string, s *metav1.LabelSelector, template *corev1.PodTemplateSpec) field.ErrorList {
	path := specPath()
	at := path.Child("selector")
	var errs field.ErrorList
	switch {
	case s == nil && kind != daemonSetKind:
		errs = append(errs, field.Required(at, ""))
	case s != nil && len(s.MatchLabels)+len(s.MatchExpressions) == 0:
		return one(field.Invalid(at, s, "empty selector is invalid for "+kind))
	default:
		errs = labelSelector(at, s)
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	switch {
	case err != nil && kind == daemonSetKind:
		return errs // said already
	case err != nil:
		return append(errs, field.Invalid(at, s, "invalid label selector"))
	}
	if !selector.Matches(labels.Set(template.Labels)) {
		errs = append(errs, field.Invalid(path.Child("template", "metadata", "labels"), template.Labels, "`selector` does not match template `labels`"))
	}
	return errs
}

// workloadTemplate checks a template whose pods always run again.
func workloadTemplate(path *field.Path, template *corev1.PodTemplateSpec) field.ErrorList {
	errs := podTemplateSpec(path, template)
	if template.Spec.RestartPolicy != corev1.RestartPolicyAlways {
		errs = append(errs, field.NotSupported(path.Child("spec", "restartPolicy"), template.Spec.RestartPolicy, []corev1.RestartPolicy{corev1.RestartPolicyAlways}))
	}
	if template.Spec.ActiveDeadlineSeconds != nil {
		errs = append(errs, field.Forbidden(path.Child("spec", "activeDeadlineSeconds"), "activeDeadlineSeconds in "+path.Root().String()+" is not Supported"))
	}
	return errs
}

func deploymentStrategy(path *field.Path, s *appsv1.DeploymentStrategy) field.ErrorList {
	switch s.Type {
	case appsv1.RecreateDeploymentStrategyType:
		if s.RollingUpdate != nil {
			return one(field.Forbidden(path.Child("rollingUpdate"), "may not be specified when strategy `type` is '"+string(appsv1.RecreateDeploymentStrategyType)+"'"))
		}
		return nil
	case appsv1.RollingUpdateDeploymentStrategyType:
		if s.RollingUpdate == nil {
			return one(field.Required(path.Child("rollingUpdate"), "this should be defaulted and never be nil"))
		}
		return rollingUpdate(path.Child("rollingUpdate"), s.RollingUpdate.MaxUnavailable, s.RollingUpdate.MaxSurge)
	default:
		return one(field.NotSupported(path, s.Type, []appsv1.DeploymentStrategyType{appsv1.RecreateDeploymentStrategyType, appsv1.RollingUpdateDeploymentStrategyType}))
	}
}

// rollingUpdate checks that an update can get on: one of the two amounts is more than none.
func rollingUpdate(path *field.Path, maxUnavailable, maxSurge *intstr.IntOrString) field.ErrorList {
	errs := all(
		amount(path.Child("maxUnavailable"), maxUnavailable),
		amount(path.Child("maxSurge"), maxSurge),
		atMostAll(path.Child("maxUnavailable"), maxUnavailable),
	)
	if isZero(maxUnavailable) && isZero(maxSurge) {
		errs = append(errs, field.Invalid(path.Child("maxUnavailable"), maxUnavailable, "may not be 0 when `maxSurge` is 0"))
	}
	return errs
}

// amount demands a number that is not negative, or a percentage.
func amount(path *field.Path, n *intstr.IntOrString) field.ErrorList {
	switch {
	case n == nil:
		return nil
	case n.Type == intstr.String:
		return matches(path, n, utilvalidation.IsValidPercent(n.StrVal))
	case n.IntVal < 0:
		return one(field.Invalid(path, int64(n.IntVal), notNegative))
	}
	return nil
}

// atMostAll refuses more than 100 %.
func atMostAll(path *field.Path, n *intstr.IntOrString) field.ErrorList {
	if percent, ok := percentage(n); ok && percent > 100 {
		return one(field.Invalid(path, n, "must not be greater than 100%"))
	}
	return nil
}

func percentage(n *intstr.IntOrString) (int, bool) {
	if n == nil || n.Type != intstr.String || len(utilvalidation.IsValidPercent(n.StrVal)) > 0 {
		return 0, false
	}
	percent := 0
	_, err := fmt.Sscanf(n.StrVal, "%d%%", &percent)
	return percent, err == nil
}

func isZero(n *intstr.IntOrString) bool {
	if n == nil {
		return true
	}
	if n.Type == intstr.Int {
		return n.IntVal == 0
	}
	percent, _ := percentage(n) // what is none counts as 0
	return percent == 0
}

// DeploymentUpdate checks an update of a deployment.
func DeploymentUpdate(d, old *appsv1.Deployment) field.ErrorList {
	return all(
		metaUpdate(&d.ObjectMeta, &old.ObjectMeta),
		named(Deployment(d)),
		unchanged(specPath().Child("selector"), d.Spec.Selector, old.Spec.Selector),
	)
}

// DeploymentStatusUpdate checks a write of deployments/status.
func DeploymentStatusUpdate(d, old *appsv1.Deployment) field.ErrorList {
	s, path := &d.Status, statusPath()
	return all(
		metaUpdate(&d.ObjectMeta, &old.ObjectMeta),
		atLeastZero(path.Child("observedGeneration"), &s.ObservedGeneration),
		replicaCounts(path, s.Replicas, []replicaCount{
			{"updatedReplicas", s.UpdatedReplicas}, {"readyReplicas", s.ReadyReplicas}, {"availableReplicas", s.AvailableReplicas},
		}),
		atLeastZero(path.Child("unavailableReplicas"), &s.UnavailableReplicas),
		atLeastZero(path.Child("terminatingReplicas"), s.TerminatingReplicas),
		collisions(path.Child("collisionCount"), s.CollisionCount, old.Status.CollisionCount),
		notMore(path.Child("availableReplicas"), s.AvailableReplicas, s.ReadyReplicas, "readyReplicas"),
	)
}

// collisions are counted, and never forgotten: names of what a workload makes would meet again.
func collisions(path *field.Path, count, old *int32) field.ErrorList {
	errs := atLeastZero(path, count)
	value := int32(0)
	if count != nil {
		value = *count
	}
	if old != nil && value < *old {
		errs = append(errs, field.Invalid(path, value, "cannot be decremented"))
	}
	return errs
}

type replicaCount struct {
	name  string
	count int32
}

// replicaCounts checks that no count in a status is negative or more than all replicas.
func replicaCounts(path *field.Path, replicas int32, counts []replicaCount) field.ErrorList {
	errs := atLeastZero(path.Child("replicas"), &replicas)
	for _, c := range counts {
		errs = append(errs, atLeastZero(path.Child(c.name), &c.count)...)
		errs = append(errs, notMore(path.Child(c.name), c.count, replicas, "status.replicas")...)
	}
	return errs
}

func notMore(path *field.Path, count, limit int32, of string) field.ErrorList {
	if count > limit {
		return one(field.Invalid(path, count, "cannot be greater than "+of))
	}
	return nil
}

// ReplicaSet checks a replica set.
func ReplicaSet(r *appsv1.ReplicaSet) field.ErrorList {
	path, spec := specPath(), &r.Spec
	return all(
		namespaced(&r.ObjectMeta, subdomainName),
		atLeastZero(path.Child("replicas"), spec.Replicas),
		atLeastZero(path.Child("minReadySeconds"), &spec.MinReadySeconds),
		selectorOfTemplate("deployment", spec.Selector, &spec.Template),
		workloadTemplate(path.Child("template"), &spec.Template),
	)
}

// ReplicaSetUpdate checks an update of a replica set.
func ReplicaSetUpdate(r, old *appsv1.ReplicaSet) field.ErrorList {
	return all(
		metaUpdate(&r.ObjectMeta, &old.ObjectMeta),
		named(ReplicaSet(r)),
		unchanged(specPath().Child("selector"), r.Spec.Selector, old.Spec.Selector),
	)
}

// ReplicaSetStatusUpdate checks a write of replicasets/status.
func ReplicaSetStatusUpdate(r, old *appsv1.ReplicaSet) field.ErrorList {
	s, path := &r.Status, statusPath()
	return all(
		metaUpdate(&r.ObjectMeta, &old.ObjectMeta),
		atLeastZero(path.Child("observedGeneration"), &s.ObservedGeneration),
		replicaCounts(path, s.Replicas, []replicaCount{
			{"fullyLabeledReplicas", s.FullyLabeledReplicas}, {"readyReplicas", s.ReadyReplicas}, {"availableReplicas", s.AvailableReplicas},
		}),
		atLeastZero(path.Child("terminatingReplicas"), s.TerminatingReplicas),
		notMore(path.Child("availableReplicas"), s.AvailableReplicas, s.ReadyReplicas, "readyReplicas"),
	)
}

// ReplicationController checks a replication controller.
func ReplicationController(r *corev1.ReplicationController) field.ErrorList {
	path, spec := specPath(), &r.Spec
	errs := all(
		named(namespaced(&r.ObjectMeta, subdomainName)),
		atLeastZero(path.Child("replicas"), spec.Replicas),
		atLeastZero(path.Child("minReadySeconds"), &spec.MinReadySeconds),
	)
	if len(spec.Selector) == 0 {
		errs = append(errs, field.Required(path.Child("selector"), ""))
	}
	if spec.Template == nil {
		return append(errs, field.Required(path.Child("template"), ""))
	}
	if !labels.SelectorFromSet(spec.Selector).Matches(labels.Set(spec.Template.Labels)) {
		errs = append(errs, field.Invalid(path.Child("template", "metadata", "labels"), spec.Template.Labels, "`selector` does not match template `labels`"))
	}
	return append(errs, workloadTemplate(path.Child("template"), spec.Template)...)
}

// ReplicationControllerUpdate checks an update of a replication controller.
func ReplicationControllerUpdate(r, old *corev1.ReplicationController) field.ErrorList {
	return all(metaUpdate(&r.ObjectMeta, &old.ObjectMeta), ReplicationController(r))
}

// ReplicationControllerStatusUpdate checks a write of replicationcontrollers/status.
func ReplicationControllerStatusUpdate(r, old *corev1.ReplicationController) field.ErrorList {
	s, path := &r.Status, statusPath()
	return all(
		metaUpdate(&r.ObjectMeta, &old.ObjectMeta),
		atLeastZero(path.Child("observedGeneration"), &s.ObservedGeneration),
		replicaCounts(path, s.Replicas, []replicaCount{
			{"fullyLabeledReplicas", s.FullyLabeledReplicas}, {"readyReplicas", s.ReadyReplicas}, {"availableReplicas", s.AvailableReplicas},
		}),
		notMore(path.Child("availableReplicas"), s.AvailableReplicas, s.ReadyReplicas, "readyReplicas"),
	)
}

// PodTemplate checks a pod template.
func PodTemplate(t *corev1.PodTemplate) field.ErrorList {
	return all(namespaced(&t.ObjectMeta, subdomainName), podTemplateSpec(field.NewPath("template"), &t.Template))
}

// PodTemplateUpdate checks an update of a pod template.
func PodTemplateUpdate(t, old *corev1.PodTemplate) field.ErrorList {
	return all(metaUpdate(&t.ObjectMeta, &old.ObjectMeta), named(PodTemplate(t)))
}

// ControllerRevision checks a controller revision.
func ControllerRevision(r *appsv1.ControllerRevision) field.ErrorList {
	errs := all(namespaced(&r.ObjectMeta, subdomainName), atLeastZero(field.NewPath("revision"), &r.Revision))
	if len(r.Data.Raw) == 0 && r.Data.Object == nil {
		errs = append(errs, field.Required(field.NewPath("data"), "data is mandatory"))
	}
	return errs
}

// ControllerRevisionUpdate checks an update of a controller revision: its data stays.
func ControllerRevisionUpdate(r, old *appsv1.ControllerRevision) field.ErrorList {
	errs := all(metaUpdate(&r.ObjectMeta, &old.ObjectMeta), generated(&r.ObjectMeta, subdomainName), atLeastZero(field.NewPath("revision"), &r.Revision))
	if !slices.Equal(r.Data.Raw, old.Data.Raw) {
		errs = append(errs, unchanged(field.NewPath("data"), r.Data, old.Data)...)
	}
	return errs
}
