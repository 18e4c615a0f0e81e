package validation

import (
	"fmt"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// HorizontalPodAutoscaler checks an autoscaler.
func HorizontalPodAutoscaler(h *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
	path, spec := specPath(), &h.Spec
	errs := all(
		namespaced(&h.ObjectMeta, subdomainName),
		scaledReplicas(path, spec),
		scaledObject(path.Child("scaleTargetRef"), &spec.ScaleTargetRef),
		behavior(path.Child("behavior"), spec.Behavior),
	)
	for i := range spec.Metrics {
		errs = append(errs, metric(path.Child("metrics").Index(i), &spec.Metrics[i])...)
	}
	return errs
}

// scaledReplicas checks the bounds. Scaling to zero is off in v1.36 (feature HPAScaleToZero).
func scaledReplicas(path *field.Path, spec *autoscalingv2.HorizontalPodAutoscalerSpec) field.ErrorList {
	var errs field.ErrorList
	least, most := path.Child("minReplicas"), path.Child("maxReplicas")
	if spec.MinReplicas != nil && *spec.MinReplicas < 1 {
		errs = append(errs, field.Invalid(least, *spec.MinReplicas, "must be greater than or equal to 1"))
	}
	if spec.MaxReplicas == 0 {
		errs = append(errs, field.Required(most, "must be set and greater than 0"))
	} else if spec.MaxReplicas < 0 {
		errs = append(errs, field.Invalid(most, spec.MaxReplicas, positive))
	}
	if spec.MinReplicas != nil && spec.MaxReplicas < *spec.MinReplicas {
		errs = append(errs, field.Invalid(most, spec.MaxReplicas, "must be greater than or equal to `minReplicas`"))
	}
	external := func(m autoscalingv2.MetricSpec) bool {
		return m.Type == autoscalingv2.ObjectMetricSourceType || m.Type == autoscalingv2.ExternalMetricSourceType
	}
	if spec.MinReplicas != nil && *spec.MinReplicas == 0 && !slices.ContainsFunc(spec.Metrics, external) {
		errs = append(errs, field.Forbidden(path.Child("metrics"), "must specify at least one Object or External metric to support scaling to zero replicas"))
	}
	return errs
}

// scaledObject demands an object in a group: of the kinds without one, only ReplicationControllers can be scaled.
func scaledObject(path *field.Path, ref *autoscalingv2.CrossVersionObjectReference) field.ErrorList {
	errs := describedObject(path, ref)
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err == nil && gv.Group == "" && ref.Kind != "ReplicationController" {
		errs = append(errs, field.Invalid(path.Child("apiVersion"), ref.APIVersion, "apiVersion must specify API group"))
	}
	return errs
}

func describedObject(path *field.Path, ref *autoscalingv2.CrossVersionObjectReference) field.ErrorList {
	errs := all(requiredAnd(path.Child("kind"), ref.Kind, pathSegment), requiredAnd(path.Child("name"), ref.Name, pathSegment))
	if _, err := schema.ParseGroupVersion(ref.APIVersion); err != nil {
		errs = append(errs, field.Invalid(path.Child("apiVersion"), ref.APIVersion, err.Error()))
	}
	return errs
}

// metricSource is one of the members of the union that a metric is.
type metricSource struct {
	kind  autoscalingv2.MetricSourceType
	name  string
	set   bool
	check func(*field.Path) field.ErrorList
}

func metricSources(m *autoscalingv2.MetricSpec) []metricSource {
	return []metricSource{
		{autoscalingv2.ObjectMetricSourceType, "object", m.Object != nil, func(at *field.Path) field.ErrorList { return objectMetric(at, m.Object) }},
		{autoscalingv2.ExternalMetricSourceType, "external", m.External != nil, func(at *field.Path) field.ErrorList { return externalMetric(at, m.External) }},
		{autoscalingv2.PodsMetricSourceType, "pods", m.Pods != nil, func(at *field.Path) field.ErrorList { return podsMetric(at, m.Pods) }},
		{autoscalingv2.ResourceMetricSourceType, "resource", m.Resource != nil, func(at *field.Path) field.ErrorList {
			return all(required(at.Child("name"), m.Resource.Name), resourceTarget(at.Child("target"), &m.Resource.Target))
		}},
		{autoscalingv2.ContainerResourceMetricSourceType, "containerResource", m.ContainerResource != nil, func(at *field.Path) field.ErrorList {
			return containerMetric(at, m.ContainerResource)
		}},
	}
}

// metric checks the source that there is; of several it checks the first alone, and refuses those that are not of the type.
func metric(path *field.Path, m *autoscalingv2.MetricSpec) field.ErrorList {
	var errs field.ErrorList
	if m.Type == "" {
		errs = append(errs, field.Required(path.Child("type"), "must specify a metric source type"))
	}
	sources := metricSources(m)
	var kinds []autoscalingv2.MetricSourceType
	count := 0
	for _, s := range sources {
		kinds = append(kinds, s.kind)
		if !s.set {
			continue
		}
		if count++; count == 1 {
			errs = append(errs, s.check(path.Child(s.name))...)
		}
	}
	errs = append(errs, strictOneOf(path.Child("type"), m.Type, kinds...)...)
	for _, s := range sources {
		if s.kind == m.Type && !s.set {
			errs = append(errs, field.Required(path.Child(s.name), "must populate information for the given metric source"))
		}
		if s.kind != m.Type && s.set && count > 1 {
			errs = append(errs, field.Forbidden(path.Child(s.name), "must populate the given metric source only"))
		}
	}
	return errs
}

func objectMetric(path *field.Path, m *autoscalingv2.ObjectMetricSource) field.ErrorList {
	errs := all(describedObject(path.Child("describedObject"), &m.DescribedObject),
		metricName(path.Child("metric"), &m.Metric), metricTarget(path.Child("target"), &m.Target))
	if m.Target.Value == nil && m.Target.AverageValue == nil {
		errs = append(errs, field.Required(path.Child("target", "averageValue"), "must set either a target value or averageValue"))
	}
	return errs
}

func podsMetric(path *field.Path, m *autoscalingv2.PodsMetricSource) field.ErrorList {
	errs := all(metricName(path.Child("metric"), &m.Metric), metricTarget(path.Child("target"), &m.Target))
	if m.Target.AverageValue == nil {
		errs = append(errs, field.Required(path.Child("target", "averageValue"), "must specify a positive target averageValue"))
	}
	return errs
}

func externalMetric(path *field.Path, m *autoscalingv2.ExternalMetricSource) field.ErrorList {
	errs := all(metricName(path.Child("metric"), &m.Metric), metricTarget(path.Child("target"), &m.Target))
	switch {
	case m.Target.Value == nil && m.Target.AverageValue == nil:
		errs = append(errs, field.Required(path.Child("target", "averageValue"), "must set either a target value for metric or a per-pod target"))
	case m.Target.Value != nil && m.Target.AverageValue != nil:
		errs = append(errs, field.Forbidden(path.Child("target", "value"), "may not set both a target value for metric and a per-pod target"))
	}
	return errs
}

func containerMetric(path *field.Path, m *autoscalingv2.ContainerResourceMetricSource) field.ErrorList {
	errs := all(required(path.Child("name"), m.Name), required(path.Child("container"), m.Container),
		optional(path.Child("container"), m.Container, isLabel), resourceTarget(path.Child("target"), &m.Target))
	if m.Name != "" {
		errs = append(errs, containerResourceName(path.Child("name"), m.Name)...)
	}
	return errs
}

// metricName checks the name; upstream leaves the selector alone.
func metricName(path *field.Path, m *autoscalingv2.MetricIdentifier) field.ErrorList {
	return requiredAnd(path.Child("name"), m.Name, pathSegment)
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
	var errs field.ErrorList
	if t.Type == "" {
		errs = append(errs, field.Required(path.Child("type"), "must specify a metric target type"))
	}
	switch t.Type {
	case autoscalingv2.UtilizationMetricType, autoscalingv2.ValueMetricType, autoscalingv2.AverageValueMetricType:
	default:
		errs = append(errs, field.Invalid(path.Child("type"), t.Type, "must be either Utilization, Value, or AverageValue"))
	}
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
	for i := range r.Policies {
		errs = append(errs, scalingPolicy(path.Child("policies").Index(i), &r.Policies[i])...)
	}
	if r.Tolerance != nil && r.Tolerance.Sign() < 0 {
		errs = append(errs, field.Invalid(path.Child("tolerance"), r.Tolerance.String(), notNegative))
	}
	return errs
}

func scalingPolicy(path *field.Path, p *autoscalingv2.HPAScalingPolicy) field.ErrorList {
	errs := strictOneOf(path.Child("type"), p.Type, autoscalingv2.PodsScalingPolicy, autoscalingv2.PercentScalingPolicy)
	if p.Value <= 0 {
		errs = append(errs, field.Invalid(path.Child("value"), p.Value, "must be greater than zero"))
	}
	if p.PeriodSeconds <= 0 {
		errs = append(errs, field.Invalid(path.Child("periodSeconds"), p.PeriodSeconds, "must be greater than zero"))
	}
	if p.PeriodSeconds > periodSeconds {
		errs = append(errs, field.Invalid(path.Child("periodSeconds"), p.PeriodSeconds, fmt.Sprintf("must be less than or equal to %d", periodSeconds)))
	}
	return errs
}

// HorizontalPodAutoscalerUpdate checks an update of an autoscaler.
func HorizontalPodAutoscalerUpdate(h, old *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
	return all(metaUpdate(&h.ObjectMeta, &old.ObjectMeta), named(HorizontalPodAutoscaler(h)))
}

// HorizontalPodAutoscalerStatusUpdate checks a write of horizontalpodautoscalers/status.
func HorizontalPodAutoscalerStatusUpdate(h, old *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
	return all(
		metaUpdate(&h.ObjectMeta, &old.ObjectMeta),
		atLeastZero(statusPath().Child("currentReplicas"), &h.Status.CurrentReplicas),
		atLeastZero(statusPath().Child("desiredReplicas"), &h.Status.DesiredReplicas),
	)
}
