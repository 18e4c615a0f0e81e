package deployment

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
)

// Annotations of ReplicaSets that remember the size of the Deployment when they were scaled last.
const (
	desiredReplicas = "deployment.kubernetes.io/desired-replicas"
	maxReplicas     = "deployment.kubernetes.io/max-replicas"
)

// resized reports whether the size of the Deployment was changed since its ReplicaSets were scaled.
func (ro *rollout) resized() bool {
	for _, rs := range active(ro.all()) {
		if desired, ok := number(rs, desiredReplicas); ok && desired != wanted(ro.deployment) {
			return true
		}
	}
	return false
}

// proportions spreads a changed size over the ReplicaSets of an unfinished rollout, in proportion to
// their sizes, so that a broken revision does not get all new replicas.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling
func (ro *rollout) proportions() []scaling {
	want := wanted(ro.deployment)
	if only := ro.onlyOne(); only != nil {
		return []scaling{{only, want}}
	}
	if ro.saturated() {
		return ro.downAll()
	}
	sets := active(ro.all())
	if ro.deployment.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType {
		return spread(sets, 0, 0, 0) // notes the new size; the strategy does the rest
	}
	limit := int32(0)
	if want > 0 {
		surge, _ := ro.bounds()
		limit = want + surge
	}
	add := limit - total(sets)
	slices.SortFunc(sets, func(a, b *appsv1.ReplicaSet) int {
		newer := byAge(b, a)
		if add < 0 {
			newer = -newer // take from the older first
		}
		return cmp.Or(cmp.Compare(replicas(b), replicas(a)), newer)
	})
	return spread(sets, add, limit, ro.deployment.Status.Replicas)
}

// spread gives each ReplicaSet its share of add, which may be negative; the largest gets what rounding leaves.
func spread(sets []*appsv1.ReplicaSet, add, limit, before int32) []scaling {
	left := add
	size := make([]int32, len(sets))
	for i, rs := range sets {
		size[i] = replicas(rs)
		if add == 0 {
			continue
		}
		s := share(rs, left, limit, before)
		size[i] += s
		left -= s
	}
	var out []scaling
	for i, rs := range sets {
		if i == 0 {
			size[0] = max(0, size[0]+left)
		}
		out = append(out, scaling{rs, size[i]}) // also where nothing changes: the annotations do
	}
	return out
}

// share is what one ReplicaSet gets of add, of which left is left. before is the size of the Deployment
// the last time, unless the ReplicaSet remembers it.
func share(rs *appsv1.ReplicaSet, left, limit, before int32) int32 {
	if noted, ok := number(rs, maxReplicas); ok {
		before = noted
	}
	grown := int32(math.Round(float64(replicas(rs)) * float64(limit) / float64(max(before, 1))))
	s := grown - replicas(rs)
	if left > 0 {
		return max(0, min(s, left))
	}
	return min(0, max(s, left))
}

// onlyOne is the ReplicaSet that takes the whole size: the single active one or, when none is active, the newest.
func (ro *rollout) onlyOne() *appsv1.ReplicaSet {
	sets := active(ro.all())
	switch {
	case len(sets) == 1:
		return sets[0]
	case len(sets) > 1:
		return nil
	case ro.current != nil:
		return ro.current
	case len(ro.old) > 0:
		return ro.old[len(ro.old)-1]
	}
	return nil
}

// saturated reports whether the current ReplicaSet serves the whole size already.
func (ro *rollout) saturated() bool {
	if ro.current == nil {
		return false
	}
	want := wanted(ro.deployment)
	desired, ok := number(ro.current, desiredReplicas)
	return ok && desired == want && replicas(ro.current) == want && ro.current.Status.AvailableReplicas == want
}

func number(rs *appsv1.ReplicaSet, annotation string) (int32, bool) {
	n, err := strconv.ParseInt(rs.Annotations[annotation], 10, 32)
	return int32(n), err == nil
}
