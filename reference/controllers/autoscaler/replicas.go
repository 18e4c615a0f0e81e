package autoscaler

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// The published defaults of the algorithm.
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
const (
	tolerance      = 0.1
	cpuInitPeriod  = 5 * time.Minute
	readinessDelay = 30 * time.Second
)

var errNoSamples = errors.New("did not receive metrics for any ready pods")

// crowd divides the pods of a workload by what can be said about their use.
type crowd struct {
	ready   map[string]int64 // use of those that count
	unready []string         // too young or not ready: they count as idle when that prevents growth
	missing []string         // without a sample
	pods    map[string]*corev1.Pod
}

func sortPods(all []*corev1.Pod, samples map[string]Sample, resource corev1.ResourceName, now time.Time) crowd {
	c := crowd{ready: map[string]int64{}, pods: map[string]*corev1.Pod{}}
	for _, pod := range all {
		if pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		c.pods[pod.Name] = pod
		sample, measured := samples[pod.Name]
		switch {
		case pod.Status.Phase == corev1.PodPending:
			c.unready = append(c.unready, pod.Name)
		case !measured:
			c.missing = append(c.missing, pod.Name)
		case resource == corev1.ResourceCPU && starting(pod, sample, now):
			c.unready = append(c.unready, pod.Name)
		default:
			c.ready[pod.Name] = sample.Milli
		}
	}
	return c
}

// starting reports whether the CPU use of the pod may be that of its start.
func starting(pod *corev1.Pod, s Sample, now time.Time) bool {
	c := pods.Condition(pod, corev1.PodReady)
	if c == nil || pod.Status.StartTime == nil {
		return true
	}
	if now.Before(pod.Status.StartTime.Add(cpuInitPeriod)) {
		return c.Status == corev1.ConditionFalse || s.At.Before(c.LastTransitionTime.Add(s.Window))
	}
	return c.Status == corev1.ConditionFalse && pod.Status.StartTime.Add(readinessDelay).After(c.LastTransitionTime.Time)
}

// measure turns the use of pods into a ratio to the target. extra are pods whose use is assumed.
type measure func(used map[string]int64) (ratio float64, current int64, err error)

// byAverage compares the mean use with a target in thousandths.
func byAverage(target int64) measure {
	return func(used map[string]int64) (float64, int64, error) {
		sum := int64(0)
		for _, n := range used {
			sum += n
		}
		mean := sum / int64(len(used))
		return float64(mean) / float64(target), mean, nil
	}
}

// byUtilization compares the use with a percentage of the requests.
func byUtilization(percent int32, requests map[string]int64) measure {
	return func(used map[string]int64) (float64, int64, error) {
		sum, of := int64(0), int64(0)
		for name, n := range used {
			sum += n
			of += requests[name]
		}
		if of == 0 {
			return 0, 0, errors.New("no requests to compare the use with")
		}
		utilization := sum * 100 / of
		return float64(utilization) / float64(percent), utilization, nil
	}
}

// assumption is the use of a pod at the target, for pods without a sample.
type assumption func(pod string) int64

// replicasFor is the size at which the use would be at the target.
func (c crowd) replicasFor(now int32, m measure, atTarget assumption) (replicas int32, current int64, err error) {
	if len(c.ready) == 0 {
		return 0, 0, errNoSamples
	}
	ratio, current, err := m(c.ready)
	if err != nil {
		return 0, 0, err
	}
	idle := len(c.unready) > 0 && ratio > 1
	if len(c.missing) == 0 && !idle {
		if math.Abs(1-ratio) <= tolerance {
			return now, current, nil
		}
		return int32(math.Ceil(ratio * float64(len(c.ready)))), current, nil
	}
	return c.carefully(now, m, atTarget)
}

// carefully assumes of the pods without a sample what speaks against a change: neither growth nor shrinking happens because of them.
func (c crowd) carefully(now int32, m measure, atTarget assumption) (replicas int32, current int64, err error) {
	ratio, current, err := m(c.ready)
	if err != nil {
		return 0, 0, err
	}
	used := maps.Clone(c.ready)
	for _, name := range c.missing {
		if ratio < 1 {
			used[name] = atTarget(name)
		} else {
			used[name] = 0
		}
	}
	if ratio > 1 {
		for _, name := range c.unready {
			used[name] = 0
		}
	}
	careful, _, err := m(used)
	if err != nil {
		return 0, 0, err
	}
	if math.Abs(1-careful) <= tolerance || (ratio < 1) != (careful < 1) {
		return now, current, nil
	}
	next := int32(math.Ceil(careful * float64(len(used))))
	if careful < 1 && next > now || careful > 1 && next < now {
		return now, current, nil
	}
	return next, current, nil
}

// requestsOf sums the requests of each pod; with a container, only those of it.
func requestsOf(all map[string]*corev1.Pod, resource corev1.ResourceName, container string) (map[string]int64, error) {
	out := map[string]int64{}
	for name, pod := range all {
		found := false
		for _, c := range pod.Spec.Containers {
			if container != "" && c.Name != container {
				continue
			}
			q, ok := c.Resources.Requests[resource]
			if !ok {
				return nil, fmt.Errorf("missing request for %s in container %s of Pod %s", resource, c.Name, name)
			}
			out[name] += q.MilliValue()
			found = true
		}
		if !found {
			return nil, fmt.Errorf("container %s not found in Pod %s", container, name)
		}
	}
	return out, nil
}

// ofRatio is the size for a value that is not measured per pod.
func ofRatio(now int32, readyPods int, ratio float64) int32 {
	if now == 0 {
		return int32(math.Ceil(ratio))
	}
	if math.Abs(1-ratio) <= tolerance {
		return now
	}
	return int32(math.Ceil(ratio * float64(readyPods)))
}
