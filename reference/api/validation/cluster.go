package validation

import (
	"fmt"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// PodDisruptionBudget checks a disruption budget.
func PodDisruptionBudget(p *policyv1.PodDisruptionBudget) field.ErrorList {
	path, spec := specPath(), &p.Spec
	errs := all(
		freeNamespaced(&p.ObjectMeta, subdomainName),
		amount(path.Child("minAvailable"), spec.MinAvailable), atMostAll(path.Child("minAvailable"), spec.MinAvailable),
		amount(path.Child("maxUnavailable"), spec.MaxUnavailable), atMostAll(path.Child("maxUnavailable"), spec.MaxUnavailable),
		labelSelector(path.Child("selector"), spec.Selector),
		pointerOneOf(path.Child("unhealthyPodEvictionPolicy"), spec.UnhealthyPodEvictionPolicy, policyv1.AlwaysAllow, policyv1.IfHealthyBudget),
	)
	if spec.MinAvailable != nil && spec.MaxUnavailable != nil {
		errs = append(errs, field.Invalid(path, *spec, "minAvailable and maxUnavailable cannot be both set"))
	}
	return errs
}

// PodDisruptionBudgetUpdate checks an update of a disruption budget.
func PodDisruptionBudgetUpdate(p, old *policyv1.PodDisruptionBudget) field.ErrorList {
	return all(freeMetaUpdate(&p.ObjectMeta, &old.ObjectMeta), PodDisruptionBudget(p))
}

// PodDisruptionBudgetStatusUpdate checks a write of poddisruptionbudgets/status.
func PodDisruptionBudgetStatusUpdate(p, old *policyv1.PodDisruptionBudget) field.ErrorList {
	s, path := &p.Status, statusPath()
	return all(
		freeMetaUpdate(&p.ObjectMeta, &old.ObjectMeta),
		conditions(path.Child("conditions"), s.Conditions),
		atLeastZero(path.Child("disruptionsAllowed"), &s.DisruptionsAllowed),
		atLeastZero(path.Child("currentHealthy"), &s.CurrentHealthy),
		atLeastZero(path.Child("desiredHealthy"), &s.DesiredHealthy),
		atLeastZero(path.Child("expectedPods"), &s.ExpectedPods),
	)
}

// HorizontalPodAutoscaler checks an autoscaler.
func HorizontalPodAutoscaler(h *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
	path, spec := specPath(), &h.Spec
	errs := namespaced(&h.ObjectMeta, pathName)
	if spec.MinReplicas != nil && *spec.MinReplicas < 1 {
		errs = append(errs, field.Invalid(path.Child("minReplicas"), *spec.MinReplicas, "must be greater than or equal to 1"))
	}
	if spec.MaxReplicas < 1 {
		errs = append(errs, field.Invalid(path.Child("maxReplicas"), spec.MaxReplicas, positive))
	}
	if spec.MinReplicas != nil && spec.MaxReplicas < *spec.MinReplicas {
		errs = append(errs, field.Invalid(path.Child("maxReplicas"), spec.MaxReplicas, "must be greater than or equal to `minReplicas`"))
	}
	errs = all(errs,
		scaleTarget(path.Child("scaleTargetRef"), &spec.ScaleTargetRef),
		behavior(path.Child("behavior"), spec.Behavior),
	)
	for i := range spec.Metrics {
		errs = append(errs, metric(path.Child("metrics").Index(i), &spec.Metrics[i])...)
	}
	return errs
}

func scaleTarget(path *field.Path, ref *autoscalingv2.CrossVersionObjectReference) field.ErrorList {
	return all(requiredAnd(path.Child("kind"), ref.Kind, pathSegment), requiredAnd(path.Child("name"), ref.Name, pathSegment))
}

func metric(path *field.Path, m *autoscalingv2.MetricSpec) field.ErrorList {
	errs := oneOf(path.Child("type"), m.Type, autoscalingv2.ObjectMetricSourceType, autoscalingv2.PodsMetricSourceType,
		autoscalingv2.ResourceMetricSourceType, autoscalingv2.ContainerResourceMetricSourceType, autoscalingv2.ExternalMetricSourceType)
	sources := map[autoscalingv2.MetricSourceType]bool{
		autoscalingv2.ObjectMetricSourceType: m.Object != nil, autoscalingv2.PodsMetricSourceType: m.Pods != nil,
		autoscalingv2.ResourceMetricSourceType: m.Resource != nil, autoscalingv2.ContainerResourceMetricSourceType: m.ContainerResource != nil,
		autoscalingv2.ExternalMetricSourceType: m.External != nil,
	}
	if has, known := sources[m.Type]; known && !has {
		name := strings.ToLower(string(m.Type[:1])) + string(m.Type[1:])
		errs = append(errs, field.Required(path.Child(name), "must populate information for the given metric source"))
	}
	switch {
	case m.Object != nil:
		at := path.Child("object")
		errs = all(errs, scaleTarget(at.Child("describedObject"), &m.Object.DescribedObject),
			metricName(at.Child("metric"), &m.Object.Metric), metricTarget(at.Child("target"), &m.Object.Target))
	case m.Pods != nil:
		at := path.Child("pods")
		errs = all(errs, metricName(at.Child("metric"), &m.Pods.Metric), metricTarget(at.Child("target"), &m.Pods.Target))
		if m.Pods.Target.AverageValue == nil {
			errs = append(errs, field.Required(at.Child("target", "averageValue"), "must specify a positive target averageValue"))
		}
	case m.Resource != nil:
		at := path.Child("resource")
		errs = all(errs, required(at.Child("name"), m.Resource.Name), resourceTarget(at.Child("target"), &m.Resource.Target))
	case m.ContainerResource != nil:
		at := path.Child("containerResource")
		errs = all(errs, required(at.Child("name"), m.ContainerResource.Name), required(at.Child("container"), m.ContainerResource.Container),
			resourceTarget(at.Child("target"), &m.ContainerResource.Target))
	case m.External != nil:
		at := path.Child("external")
		errs = all(errs, metricName(at.Child("metric"), &m.External.Metric), metricTarget(at.Child("target"), &m.External.Target))
		if (m.External.Target.Value == nil) == (m.External.Target.AverageValue == nil) {
			errs = append(errs, field.Required(at.Child("target", "averageValue"), "must set either a target value for metric or a per-pod target"))
		}
	}
	return errs
}

func metricName(path *field.Path, m *autoscalingv2.MetricIdentifier) field.ErrorList {
	return all(requiredAnd(path.Child("name"), m.Name, pathSegment), labelSelector(path.Child("selector"), m.Selector))
}

func resourceTarget(path *field.Path, t *autoscalingv2.MetricTarget) field.ErrorList {
	errs := metricTarget(path, t)
	switch {
	case t.AverageUtilization == nil && t.AverageValue == nil:
		errs = append(errs, field.Required(path.Child("averageUtilization"), "must set either a target raw value or a target utilization"))
	case t.AverageUtilization != nil && t.AverageValue != nil:
		errs = append(errs, field.Forbidden(path.Child("averageValue"), "may not set both a target raw value and a target utilization"))
	}
	return errs
}

func metricTarget(path *field.Path, t *autoscalingv2.MetricTarget) field.ErrorList {
	errs := oneOf(path.Child("type"), t.Type, autoscalingv2.UtilizationMetricType, autoscalingv2.ValueMetricType, autoscalingv2.AverageValueMetricType)
	if t.Value != nil && t.Value.Sign() != 1 {
		errs = append(errs, field.Invalid(path.Child("value"), t.Value.String(), "must be positive"))
	}
	if t.AverageValue != nil && t.AverageValue.Sign() != 1 {
		errs = append(errs, field.Invalid(path.Child("averageValue"), t.AverageValue.String(), "must be positive"))
	}
	if t.AverageUtilization != nil && *t.AverageUtilization < 1 {
		errs = append(errs, field.Invalid(path.Child("averageUtilization"), *t.AverageUtilization, positive))
	}
	return errs
}

// What scaling rules may say at most.
const (
	stabilizationSeconds = 3600
	periodSeconds        = 1800
)

func behavior(path *field.Path, b *autoscalingv2.HorizontalPodAutoscalerBehavior) field.ErrorList {
	if b == nil {
		return nil
	}
	return all(scalingRules(path.Child("scaleUp"), b.ScaleUp), scalingRules(path.Child("scaleDown"), b.ScaleDown))
}

func scalingRules(path *field.Path, r *autoscalingv2.HPAScalingRules) field.ErrorList {
	if r == nil {
		return nil
	}
	errs := pointerOneOf(path.Child("selectPolicy"), r.SelectPolicy,
		autoscalingv2.MaxChangePolicySelect, autoscalingv2.MinChangePolicySelect, autoscalingv2.DisabledPolicySelect)
	if seconds := r.StabilizationWindowSeconds; seconds != nil {
		errs = append(errs, atLeastZero(path.Child("stabilizationWindowSeconds"), seconds)...)
		if *seconds > stabilizationSeconds {
			errs = append(errs, field.Invalid(path.Child("stabilizationWindowSeconds"), *seconds, fmt.Sprintf("must be less than or equal to %d", stabilizationSeconds)))
		}
	}
	if len(r.Policies) == 0 {
		errs = append(errs, field.Required(path.Child("policies"), "must specify at least one Policy"))
	}
	for i, p := range r.Policies {
		at := path.Child("policies").Index(i)
		errs = append(errs, oneOf(at.Child("type"), p.Type, autoscalingv2.PodsScalingPolicy, autoscalingv2.PercentScalingPolicy)...)
		if p.Value <= 0 {
			errs = append(errs, field.Invalid(at.Child("value"), p.Value, "must be greater than zero"))
		}
		if p.PeriodSeconds <= 0 {
			errs = append(errs, field.Invalid(at.Child("periodSeconds"), p.PeriodSeconds, "must be greater than zero"))
		} else if p.PeriodSeconds > periodSeconds {
			errs = append(errs, field.Invalid(at.Child("periodSeconds"), p.PeriodSeconds, fmt.Sprintf("must be less than or equal to %d", periodSeconds)))
		}
	}
	if r.Tolerance != nil && r.Tolerance.Sign() < 0 {
		errs = append(errs, field.Invalid(path.Child("tolerance"), r.Tolerance.String(), notNegative))
	}
	return errs
}

// HorizontalPodAutoscalerUpdate checks an update of an autoscaler.
func HorizontalPodAutoscalerUpdate(h, old *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
	return all(metaUpdate(&h.ObjectMeta, &old.ObjectMeta), HorizontalPodAutoscaler(h))
}

// HorizontalPodAutoscalerStatusUpdate checks a write of horizontalpodautoscalers/status.
func HorizontalPodAutoscalerStatusUpdate(h, old *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
	return all(
		metaUpdate(&h.ObjectMeta, &old.ObjectMeta),
		atLeastZero(statusPath().Child("currentReplicas"), &h.Status.CurrentReplicas),
		atLeastZero(statusPath().Child("desiredReplicas"), &h.Status.DesiredReplicas),
	)
}

// Lease checks a lease.
func Lease(l *coordinationv1.Lease) field.ErrorList {
	path, spec := specPath(), &l.Spec
	errs := freeNamespaced(&l.ObjectMeta, subdomainName)
	if d := spec.LeaseDurationSeconds; d != nil && *d <= 0 {
		errs = append(errs, field.Invalid(path.Child("leaseDurationSeconds"), *d, positive))
	}
	if n := spec.LeaseTransitions; n != nil && *n < 0 {
		errs = append(errs, field.Invalid(path.Child("leaseTransitions"), *n, notNegative))
	}
	return errs
}

// LeaseUpdate checks an update of a lease.
func LeaseUpdate(l, old *coordinationv1.Lease) field.ErrorList {
	return all(freeMetaUpdate(&l.ObjectMeta, &old.ObjectMeta), Lease(l))
}

const systemPriorityPrefix = "system-"

// PriorityClass checks a priority class: only Kubernetes' own are above a billion.
func PriorityClass(c *schedulingv1.PriorityClass) field.ErrorList {
	errs := clusterScoped(&c.ObjectMeta, subdomainName)
	system := isSystemPriority(c)
	if strings.HasPrefix(c.Name, systemPriorityPrefix) && !system {
		errs = append(errs, field.Forbidden(metadataPath().Child("name"), "priority class names with '"+systemPriorityPrefix+"' prefix are reserved for system use only"))
	}
	if !system && c.Value > highestUserPriority {
		errs = append(errs, field.Forbidden(field.NewPath("value"), fmt.Sprintf("maximum allowed value of a user defined priority is %v", highestUserPriority)))
	}
	return append(errs, pointerOneOf(field.NewPath("preemptionPolicy"), c.PreemptionPolicy, corev1.PreemptLowerPriority, corev1.PreemptNever)...)
}

// highestUserPriority is the top of what users may give.
const highestUserPriority = 1000000000

func isSystemPriority(c *schedulingv1.PriorityClass) bool {
	values := map[string]int32{"system-cluster-critical": 2 * highestUserPriority, "system-node-critical": 2*highestUserPriority + 1000}
	value, ok := values[c.Name]
	return ok && c.Value == value && !c.GlobalDefault
}

// PriorityClassUpdate checks an update of a priority class: what it gives to pods stays.
func PriorityClassUpdate(c, old *schedulingv1.PriorityClass) field.ErrorList {
	errs := metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	if c.Value != old.Value {
		errs = append(errs, field.Forbidden(field.NewPath("value"), "may not be changed in an update."))
	}
	return append(errs, unchanged(field.NewPath("preemptionPolicy"), c.PreemptionPolicy, old.PreemptionPolicy)...)
}
