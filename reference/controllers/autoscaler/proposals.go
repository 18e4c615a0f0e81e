package autoscaler

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// proposal is the size that one metric asks for. An empty metric means that none could be read.
type proposal struct {
	replicas int32
	metric   string
	status   autoscalingv2.MetricStatus
}

// failure is an error with the reason that conditions and events show.
type failure struct {
	reason string
	cause  error
}

func (f *failure) Error() string { return f.cause.Error() }
func (f *failure) Unwrap() error { return f.cause }

func failed(reason string, cause error) error { return &failure{reason, cause} }

func reasonOf(err error) string {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.reason
	}
	return "FailedComputeMetricsReplicas"
}

// propose asks all metrics and takes the largest answer. As long as one of them cannot be read, the workload does not shrink.
func (r *reconciler) propose(ctx context.Context, hpa *autoscalingv2.HorizontalPodAutoscaler, size *autoscalingv1.Scale, all []*corev1.Pod) (proposal, error) {
	var best proposal
	var failure error
	hpa.Status.CurrentMetrics = nil
	for _, spec := range metricsOf(hpa) {
		p, err := r.proposalOf(ctx, hpa, size, all, spec)
		if err != nil {
			failure = errors.Join(failure, err)
			continue
		}
		hpa.Status.CurrentMetrics = append(hpa.Status.CurrentMetrics, p.status)
		if best.metric == "" || p.replicas > best.replicas {
			best = p
		}
	}
	if best.metric == "" || failure != nil && best.replicas < size.Spec.Replicas {
		reason := reasonOf(failure)
		setCondition(hpa, autoscalingv2.ScalingActive, corev1.ConditionFalse, reason, fmt.Sprintf("the HPA was unable to compute the replica count: %v", failure))
		return proposal{}, failure
	}
	setCondition(hpa, autoscalingv2.ScalingActive, corev1.ConditionTrue, "ValidMetricFound",
		fmt.Sprintf("the HPA was able to successfully calculate a replica count from %s", best.metric))
	return best, failure
}

// metricsOf are the metrics; 80 % of CPU when there are none.
func metricsOf(hpa *autoscalingv2.HorizontalPodAutoscaler) []autoscalingv2.MetricSpec {
	if len(hpa.Spec.Metrics) > 0 {
		return hpa.Spec.Metrics
	}
	return []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
		Name: corev1.ResourceCPU, Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(80))},
	}}}
}

func (r *reconciler) proposalOf(ctx context.Context, hpa *autoscalingv2.HorizontalPodAutoscaler, size *autoscalingv1.Scale, all []*corev1.Pod, spec autoscalingv2.MetricSpec) (proposal, error) {
	in := input{reconciler: r, namespace: hpa.Namespace, size: size, pods: all}
	var p proposal
	var err error
	reason := "InvalidMetricSourceType"
	switch spec.Type {
	case autoscalingv2.ResourceMetricSourceType:
		reason = "FailedGetResourceMetric"
		p, err = in.resource(ctx, spec.Resource)
	case autoscalingv2.ContainerResourceMetricSourceType:
		reason = "FailedGetContainerResourceMetric"
		p, err = in.container(ctx, spec.ContainerResource)
	case autoscalingv2.PodsMetricSourceType:
		reason = "FailedGetPodsMetric"
		p, err = in.podsMetric(ctx, spec.Pods)
	case autoscalingv2.ObjectMetricSourceType:
		reason = "FailedGetObjectMetric"
		p, err = in.object(ctx, spec.Object)
	case autoscalingv2.ExternalMetricSourceType:
		reason = "FailedGetExternalMetric"
		p, err = in.external(ctx, spec.External)
	default:
		err = fmt.Errorf("unknown metric source type %q", spec.Type)
	}
	p.status.Type = spec.Type
	if err != nil {
		return proposal{}, failed(reason, err)
	}
	return p, nil
}

// input is what every kind of metric needs.
type input struct {
	*reconciler
	namespace string
	size      *autoscalingv1.Scale
	pods      []*corev1.Pod
}

func (in input) selector() (labels.Selector, error) { return labels.Parse(in.size.Status.Selector) }

func (in input) resource(ctx context.Context, m *autoscalingv2.ResourceMetricSource) (proposal, error) {
	replicas, value, err := in.use(ctx, m.Name, "", m.Target)
	return proposal{replicas: replicas, metric: fmt.Sprintf("%s resource%s", m.Name, kindOf(m.Target)), status: autoscalingv2.MetricStatus{
		Resource: &autoscalingv2.ResourceMetricStatus{Name: m.Name, Current: value},
	}}, err
}

func (in input) container(ctx context.Context, m *autoscalingv2.ContainerResourceMetricSource) (proposal, error) {
	replicas, value, err := in.use(ctx, m.Name, m.Container, m.Target)
	return proposal{replicas: replicas, metric: fmt.Sprintf("%s container resource%s", m.Name, kindOf(m.Target)), status: autoscalingv2.MetricStatus{
		ContainerResource: &autoscalingv2.ContainerResourceMetricStatus{Name: m.Name, Container: m.Container, Current: value},
	}}, err
}

func kindOf(t autoscalingv2.MetricTarget) string {
	if t.AverageUtilization != nil {
		return " utilization (percentage of request)"
	}
	return ""
}

// use compares the use of a resource with its target, which is an average value or a share of the requests.
func (in input) use(ctx context.Context, name corev1.ResourceName, container string, target autoscalingv2.MetricTarget) (int32, autoscalingv2.MetricValueStatus, error) {
	var value autoscalingv2.MetricValueStatus
	selector, err := in.selector()
	if err != nil {
		return 0, value, err
	}
	samples, err := in.metrics.Resource(ctx, in.namespace, selector, name, container)
	if err != nil {
		return 0, value, err
	}
	c := sortPods(in.pods, samples, name, time.Now())
	if target.AverageValue != nil {
		at := target.AverageValue.MilliValue()
		replicas, mean, err := c.replicasFor(in.size.Spec.Replicas, byAverage(at), func(string) int64 { return at })
		value.AverageValue = resource.NewMilliQuantity(mean, resource.DecimalSI)
		return replicas, value, err
	}
	if target.AverageUtilization == nil {
		return 0, value, errors.New("invalid resource metric source: neither an average utilization nor an average value target was set")
	}
	requests, err := requestsOf(c.pods, name, container)
	if err != nil {
		return 0, value, err
	}
	percent := *target.AverageUtilization
	replicas, utilization, err := c.replicasFor(in.size.Spec.Replicas, byUtilization(percent, requests), func(pod string) int64 {
		return requests[pod] * int64(max(100, percent)) / 100
	})
	value.AverageUtilization = new(int32(utilization))
	sum := int64(0)
	for _, n := range c.ready {
		sum += n
	}
	if len(c.ready) > 0 {
		value.AverageValue = resource.NewMilliQuantity(sum/int64(len(c.ready)), resource.DecimalSI)
	}
	return replicas, value, err
}

func (in input) podsMetric(ctx context.Context, m *autoscalingv2.PodsMetricSource) (proposal, error) {
	selector, err := in.selector()
	if err != nil {
		return proposal{}, err
	}
	of, err := metav1.LabelSelectorAsSelector(m.Metric.Selector)
	if err != nil {
		return proposal{}, err
	}
	samples, err := in.metrics.Pods(ctx, in.namespace, selector, m.Metric.Name, of)
	if err != nil {
		return proposal{}, err
	}
	at := m.Target.AverageValue.MilliValue()
	replicas, mean, err := sortPods(in.pods, samples, "", time.Now()).replicasFor(in.size.Spec.Replicas, byAverage(at), func(string) int64 { return at })
	return proposal{replicas: replicas, metric: "pods metric " + m.Metric.Name, status: autoscalingv2.MetricStatus{Pods: &autoscalingv2.PodsMetricStatus{
		Metric: m.Metric, Current: autoscalingv2.MetricValueStatus{AverageValue: resource.NewMilliQuantity(mean, resource.DecimalSI)},
	}}}, err
}

func (in input) object(ctx context.Context, m *autoscalingv2.ObjectMetricSource) (proposal, error) {
	of, err := metav1.LabelSelectorAsSelector(m.Metric.Selector)
	if err != nil {
		return proposal{}, err
	}
	kind := schema.FromAPIVersionAndKind(m.DescribedObject.APIVersion, m.DescribedObject.Kind).GroupKind()
	gvr, ok := in.scales.Resource(kind)
	if !ok {
		return proposal{}, fmt.Errorf("metric %q of %s: kind is not served", m.Metric.Name, kind)
	}
	used, err := in.metrics.Object(ctx, in.namespace, gvr.GroupResource(), m.DescribedObject.Name, m.Metric.Name, of)
	replicas, value := in.byTotal(used, m.Target)
	return proposal{replicas: replicas, metric: kind.Kind + " metric " + m.Metric.Name, status: autoscalingv2.MetricStatus{Object: &autoscalingv2.ObjectMetricStatus{
		Metric: m.Metric, DescribedObject: m.DescribedObject, Current: value,
	}}}, err
}

func (in input) external(ctx context.Context, m *autoscalingv2.ExternalMetricSource) (proposal, error) {
	of, err := metav1.LabelSelectorAsSelector(m.Metric.Selector)
	if err != nil {
		return proposal{}, err
	}
	values, err := in.metrics.External(ctx, in.namespace, m.Metric.Name, of)
	sum := int64(0)
	for _, v := range values {
		sum += v
	}
	replicas, value := in.byTotal(sum, m.Target)
	return proposal{replicas: replicas, metric: "external metric " + m.Metric.Name, status: autoscalingv2.MetricStatus{External: &autoscalingv2.ExternalMetricStatus{
		Metric: m.Metric, Current: value,
	}}}, err
}

// byTotal compares one value for the whole workload with its target, which is a value or an average per pod.
func (in input) byTotal(used int64, t autoscalingv2.MetricTarget) (int32, autoscalingv2.MetricValueStatus) {
	now := in.size.Spec.Replicas
	if t.AverageValue != nil {
		replicas := now
		ratio := float64(used) / (float64(t.AverageValue.MilliValue()) * float64(max(in.size.Status.Replicas, 1)))
		if math.Abs(1-ratio) > tolerance {
			replicas = int32(math.Ceil(float64(used) / float64(t.AverageValue.MilliValue())))
		}
		mean := int64(math.Ceil(float64(used) / float64(max(in.size.Status.Replicas, 1))))
		return replicas, autoscalingv2.MetricValueStatus{AverageValue: resource.NewMilliQuantity(mean, resource.DecimalSI)}
	}
	ready := 0
	for _, pod := range in.pods {
		if pod.DeletionTimestamp == nil && pod.Status.Phase == corev1.PodRunning && pods.Ready(pod) {
			ready++
		}
	}
	ratio := 1.0
	if t.Value != nil && t.Value.MilliValue() > 0 {
		ratio = float64(used) / float64(t.Value.MilliValue())
	}
	return ofRatio(now, ready, ratio), autoscalingv2.MetricValueStatus{Value: resource.NewMilliQuantity(used, resource.DecimalSI)}
}
