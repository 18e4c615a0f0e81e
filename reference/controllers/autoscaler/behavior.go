package autoscaler

import (
	"math"
	"slices"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// behavior are the rules for growing and shrinking, with the documented defaults filled in.
type behavior struct{ up, down autoscalingv2.HPAScalingRules }

// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#default-behavior
func behaviorOf(hpa *autoscalingv2.HorizontalPodAutoscaler) behavior {
	const seconds = 15
	b := behavior{
		up: autoscalingv2.HPAScalingRules{
			StabilizationWindowSeconds: new(int32(0)), SelectPolicy: new(autoscalingv2.MaxChangePolicySelect),
			Policies: []autoscalingv2.HPAScalingPolicy{
				{Type: autoscalingv2.PodsScalingPolicy, Value: 4, PeriodSeconds: seconds},
				{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: seconds},
			},
		},
		down: autoscalingv2.HPAScalingRules{
			StabilizationWindowSeconds: new(int32(300)), SelectPolicy: new(autoscalingv2.MaxChangePolicySelect),
			Policies: []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: seconds}},
		},
	}
	if hpa.Spec.Behavior != nil {
		b.up = merge(b.up, hpa.Spec.Behavior.ScaleUp)
		b.down = merge(b.down, hpa.Spec.Behavior.ScaleDown)
	}
	return b
}

func merge(rules autoscalingv2.HPAScalingRules, set *autoscalingv2.HPAScalingRules) autoscalingv2.HPAScalingRules {
	if set == nil {
		return rules
	}
	if set.StabilizationWindowSeconds != nil {
		rules.StabilizationWindowSeconds = set.StabilizationWindowSeconds
	}
	if set.SelectPolicy != nil {
		rules.SelectPolicy = set.SelectPolicy
	}
	if len(set.Policies) > 0 {
		rules.Policies = set.Policies
	}
	return rules
}

// memory is what was recommended and done for one autoscaler.
type memory struct {
	recommended []entry
	changes     []entry // positive: growth
}

type entry struct {
	at time.Time
	n  int32
}

func (m *memory) scaled(by int32, now time.Time) { m.changes = append(m.changes, entry{now, by}) }

// longest is how far back rules can look.
const longest = time.Hour

// limits is the size after all rules, with what the conditions say about it.
type limits struct {
	replicas          int32
	able, ableMessage string
	limited           bool
	reason, message   string
}

func (l limits) status() corev1.ConditionStatus {
	if l.limited {
		return corev1.ConditionTrue
	}
	return corev1.ConditionFalse
}

// limit applies the stabilization windows, the policies and the bounds to a recommendation.
func (m *memory) limit(b behavior, now, recommended, least, most int32, at time.Time) limits {
	m.tidy(at)
	l := limits{able: "ReadyForNewScale", ableMessage: "recommended size matches current size"}
	stable := m.stabilize(b, now, recommended, at)
	if stable != recommended {
		l.able, l.ableMessage = "ScaleDownStabilized", "recent recommendations were higher than current one, applying the highest recent recommendation"
		if stable < recommended {
			l.able, l.ableMessage = "ScaleUpStabilized", "recent recommendations were lower than current one, applying the lowest recent recommendation"
		}
	}
	m.recommended = append(m.recommended, entry{at, recommended})
	l.replicas, l.reason, l.message = stable, "DesiredWithinRange", "the desired count is within the acceptable range"
	set := func(n int32, reason, message string) {
		l.replicas, l.limited, l.reason, l.message = n, true, reason, message
	}
	switch {
	case stable > now:
		top := m.ceiling(b.up, now, at)
		switch {
		case stable > most && most <= top:
			set(most, "TooManyReplicas", "the desired replica count is more than the maximum replica count")
		case stable > top:
			set(max(top, now), "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
		}
	case stable < now:
		bottom := m.floor(b.down, now, at)
		switch {
		case stable < least && least >= bottom:
			set(least, "TooFewReplicas", "the desired replica count is less than the minimum replica count")
		case stable < bottom:
			set(min(bottom, now), "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")
		}
	case recommended > most:
		set(most, "TooManyReplicas", "the desired replica count is more than the maximum replica count")
	case recommended < least:
		set(least, "TooFewReplicas", "the desired replica count is less than the minimum replica count")
	}
	l.replicas = min(max(l.replicas, least), most)
	return l
}

func (m *memory) tidy(at time.Time) {
	old := func(e entry) bool { return at.Sub(e.at) > longest }
	m.recommended, m.changes = slices.DeleteFunc(m.recommended, old), slices.DeleteFunc(m.changes, old)
}

// stabilize holds back a change that recommendations within the window would not have made.
func (m *memory) stabilize(b behavior, now, recommended int32, at time.Time) int32 {
	low, high := recommended, recommended
	upSince := at.Add(-time.Duration(ptr.Deref(b.up.StabilizationWindowSeconds, 0)) * time.Second)
	downSince := at.Add(-time.Duration(ptr.Deref(b.down.StabilizationWindowSeconds, 0)) * time.Second)
	for _, e := range m.recommended {
		if e.at.After(upSince) {
			low = min(low, e.n)
		}
		if e.at.After(downSince) {
			high = max(high, e.n)
		}
	}
	return max(min(now, high), low)
}

// ceiling is the size that the rules for growing allow now.
func (m *memory) ceiling(rules autoscalingv2.HPAScalingRules, now int32, at time.Time) int32 {
	return pick(rules, now, math.MaxInt32, func(p autoscalingv2.HPAScalingPolicy) int32 {
		start := now - m.changed(p, at, 1)
		if p.Type == autoscalingv2.PodsScalingPolicy {
			return start + p.Value
		}
		return int32(math.Ceil(float64(start) * (1 + float64(p.Value)/100)))
	}, func(a, b int32) bool { return a > b })
}

// floor is the size that the rules for shrinking allow now.
func (m *memory) floor(rules autoscalingv2.HPAScalingRules, now int32, at time.Time) int32 {
	return pick(rules, now, math.MinInt32, func(p autoscalingv2.HPAScalingPolicy) int32 {
		start := now + m.changed(p, at, -1)
		if p.Type == autoscalingv2.PodsScalingPolicy {
			return start - p.Value
		}
		return int32(float64(start) * (1 - float64(p.Value)/100))
	}, func(a, b int32) bool { return a < b })
}

// changed is how much the size grew (sign 1) or shrank (sign -1) within the period of a policy.
func (m *memory) changed(p autoscalingv2.HPAScalingPolicy, at time.Time, sign int32) (n int32) {
	since := at.Add(-time.Duration(p.PeriodSeconds) * time.Second)
	for _, e := range m.changes {
		if e.at.After(since) && e.n*sign > 0 {
			n += e.n * sign
		}
	}
	return n
}

// pick chooses among the policies. farther reports whether a is the larger change.
func pick(rules autoscalingv2.HPAScalingRules, now, unlimited int32, allowed func(autoscalingv2.HPAScalingPolicy) int32, farther func(a, b int32) bool) int32 {
	choice := ptr.Deref(rules.SelectPolicy, autoscalingv2.MaxChangePolicySelect)
	if choice == autoscalingv2.DisabledPolicySelect {
		return now
	}
	best, first := unlimited, true
	for _, p := range rules.Policies {
		n := allowed(p)
		if first || farther(n, best) == (choice == autoscalingv2.MaxChangePolicySelect) {
			best, first = n, false
		}
	}
	return best
}
