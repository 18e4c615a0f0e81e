package autoscaler

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	custommetrics "k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	externalmetrics "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
	resourcemetrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// Sample is what one pod uses, in thousandths. Pods without a sample are not in the result of a Metrics method.
type Sample struct {
	Milli  int64
	At     time.Time
	Window time.Duration
}

// Metrics reads the three metrics APIs.
type Metrics interface {
	// Resource returns the use of a resource by pod name; with a container, only by that.
	Resource(ctx context.Context, namespace string, selector labels.Selector, resource corev1.ResourceName, container string) (map[string]Sample, error)
	// Pods returns a custom metric by pod name.
	Pods(ctx context.Context, namespace string, selector labels.Selector, metric string, of labels.Selector) (map[string]Sample, error)
	// Object returns a custom metric of one object, in thousandths.
	Object(ctx context.Context, namespace string, resource schema.GroupResource, name, metric string, of labels.Selector) (int64, error)
	// External returns the values of an external metric, in thousandths.
	External(ctx context.Context, namespace, metric string, of labels.Selector) ([]int64, error)
}

// API reads metrics from the API server.
type API struct{ Client rest.Interface }

const (
	resourcePath = "/apis/metrics.k8s.io/v1beta1"
	customPath   = "/apis/custom.metrics.k8s.io/v1beta2"
	externalPath = "/apis/external.metrics.k8s.io/v1beta1"
)

// Resource implements Metrics.
func (a API) Resource(ctx context.Context, namespace string, selector labels.Selector, resource corev1.ResourceName, container string) (map[string]Sample, error) {
	var list resourcemetrics.PodMetricsList
	if err := a.get(ctx, &list, resourcePath+"/namespaces/"+namespace+"/pods", "labelSelector", selector); err != nil {
		return nil, err
	}
	out := map[string]Sample{}
	for _, pod := range list.Items {
		s, ok := Sample{At: pod.Timestamp.Time, Window: pod.Window.Duration}, container == ""
		for _, c := range pod.Containers {
			used, has := c.Usage[resource]
			switch {
			case container != "" && c.Name != container:
			case !has && container == "":
				ok = false // without one of its containers the pod has no use
			case has:
				s.Milli += used.MilliValue()
				ok = ok || container != ""
			}
		}
		if ok && len(pod.Containers) > 0 {
			out[pod.Name] = s
		}
	}
	return out, nil
}

// Pods implements Metrics.
func (a API) Pods(ctx context.Context, namespace string, selector labels.Selector, metric string, of labels.Selector) (map[string]Sample, error) {
	var list custommetrics.MetricValueList
	path := fmt.Sprintf("%s/namespaces/%s/pods/*/%s", customPath, namespace, url.PathEscape(metric))
	if err := a.get(ctx, &list, path, "labelSelector", selector, "metricLabelSelector", of); err != nil {
		return nil, err
	}
	out := map[string]Sample{}
	for _, v := range list.Items {
		s := Sample{Milli: v.Value.MilliValue(), At: v.Timestamp.Time, Window: time.Minute}
		if v.WindowSeconds != nil {
			s.Window = time.Duration(*v.WindowSeconds) * time.Second
		}
		out[v.DescribedObject.Name] = s
	}
	return out, nil
}

// Object implements Metrics.
func (a API) Object(ctx context.Context, namespace string, resource schema.GroupResource, name, metric string, of labels.Selector) (int64, error) {
	var list custommetrics.MetricValueList
	path := fmt.Sprintf("%s/namespaces/%s/%s/%s/%s", customPath, namespace, resource.String(), name, url.PathEscape(metric))
	if err := a.get(ctx, &list, path, "metricLabelSelector", of); err != nil {
		return 0, err
	}
	if len(list.Items) == 0 {
		return 0, fmt.Errorf("no value of metric %q for %s %q", metric, resource, name)
	}
	return list.Items[0].Value.MilliValue(), nil
}

// External implements Metrics.
func (a API) External(ctx context.Context, namespace, metric string, of labels.Selector) ([]int64, error) {
	var list externalmetrics.ExternalMetricValueList
	if err := a.get(ctx, &list, externalPath+"/namespaces/"+namespace+"/"+url.PathEscape(metric), "labelSelector", of); err != nil {
		return nil, err
	}
	if len(list.Items) == 0 {
		return nil, fmt.Errorf("no value of external metric %q", metric)
	}
	var out []int64
	for i := range list.Items {
		out = append(out, list.Items[i].Value.MilliValue())
	}
	return out, nil
}

// get reads a list; params are pairs of a name and a selector.
func (a API) get(ctx context.Context, into any, path string, params ...any) error {
	req := a.Client.Get().AbsPath(path).SetHeader("Accept", "application/json")
	for i := 0; i+1 < len(params); i += 2 {
		name, _ := params[i].(string)
		if s, ok := params[i+1].(labels.Selector); ok && s != nil && !s.Empty() {
			req = req.Param(name, s.String())
		}
	}
	data, err := req.DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("read metrics: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("decode metrics: %w", err)
	}
	return nil
}
