package deployment

import (
	"cmp"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// rollout is a Deployment with its ReplicaSets: the one of the present template and those of former ones.
type rollout struct {
	deployment *appsv1.Deployment
	current    *appsv1.ReplicaSet   // nil when the template has none yet
	old        []*appsv1.ReplicaSet // the oldest first
}

// scaling is the decision to give a ReplicaSet a number of replicas.
type scaling struct {
	set *appsv1.ReplicaSet
	to  int32
}

func newRollout(d *appsv1.Deployment, sets []*appsv1.ReplicaSet) *rollout {
	ro := &rollout{deployment: d}
	sets = slices.Clone(sets)
	slices.SortFunc(sets, byAge)
	for _, rs := range sets {
		if ro.current == nil && sameTemplate(d, rs) {
			ro.current = rs
			continue
		}
		ro.old = append(ro.old, rs)
	}
	return ro
}

// byAge puts the oldest first; the name decides among equals, so that every run sees the same order.
func byAge(a, b *appsv1.ReplicaSet) int {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
}

// sameTemplate ignores the hash label, which only the ReplicaSet has.
func sameTemplate(d *appsv1.Deployment, rs *appsv1.ReplicaSet) bool {
	a, b := d.Spec.Template.DeepCopy(), rs.Spec.Template.DeepCopy()
	delete(a.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	delete(b.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	return equality.Semantic.DeepEqual(a, b)
}

func (ro *rollout) all() []*appsv1.ReplicaSet {
	if ro.current == nil {
		return slices.Clone(ro.old)
	}
	return append(slices.Clone(ro.old), ro.current)
}

// replace puts the saved state of a ReplicaSet in the place of the former one.
func (ro *rollout) replace(saved *appsv1.ReplicaSet) {
	if ro.current != nil && ro.current.UID == saved.UID {
		ro.current = saved
		return
	}
	for i, rs := range ro.old {
		if rs.UID == saved.UID {
			ro.old[i] = saved
		}
	}
}

// bounds are how many pods more and fewer than wanted a rolling update may have. Both zero would be
// a standstill: then one may be missing.
func (ro *rollout) bounds() (surge, unavailable int32) {
	d := ro.deployment
	if d.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType || d.Spec.Strategy.RollingUpdate == nil || wanted(d) == 0 {
		return 0, 0
	}
	surge = scaled(d.Spec.Strategy.RollingUpdate.MaxSurge, wanted(d), roundUp)
	unavailable = scaled(d.Spec.Strategy.RollingUpdate.MaxUnavailable, wanted(d), roundDown)
	if surge == 0 && unavailable == 0 {
		unavailable = 1
	}
	return surge, min(unavailable, wanted(d))
}

const (
	roundUp   = true
	roundDown = false
)

func scaled(v *intstr.IntOrString, total int32, up bool) int32 {
	if v == nil {
		return 0
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(v, int(total), up)
	if err != nil {
		return 0 // validation refuses it
	}
	return int32(n)
}

// plan is the next step of the strategy; free of I/O. oldRunning says whether old pods have not ended yet.
func (ro *rollout) plan(oldRunning bool) []scaling {
	if ro.deployment.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		if down := ro.downAll(); len(down) > 0 {
			return down
		}
		if oldRunning {
			return nil
		}
		return change(ro.current, wanted(ro.deployment))
	}
	if next := change(ro.current, ro.nextSize()); len(next) > 0 {
		return next
	}
	return ro.shrinkOld()
}

// nextSize is the size of the current ReplicaSet within the surge.
func (ro *rollout) nextSize() int32 {
	want := wanted(ro.deployment)
	if ro.deployment.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		return want
	}
	size := int32(0)
	if ro.current != nil {
		size = replicas(ro.current)
	}
	if size >= want {
		return want
	}
	surge, _ := ro.bounds()
	room := want + surge - total(ro.all())
	return size + max(0, min(room, want-size))
}

// shrinkOld takes replicas from the old ReplicaSets, first those that are not available
// anyway, then available ones as far as the new pods have taken their place.
func (ro *rollout) shrinkOld() []scaling {
	_, unavailable := ro.bounds()
	least := wanted(ro.deployment) - unavailable
	missing := replicas(ro.current) - available(ro.current)
	budget := total(ro.all()) - least - missing
	size := map[*appsv1.ReplicaSet]int32{}
	for _, rs := range ro.old {
		size[rs] = replicas(rs)
		if broken := min(replicas(rs)-available(rs), budget); broken > 0 {
			size[rs] -= broken
			budget -= broken
		}
	}
	spare := min(budget, availableTotal(ro.all())-least)
	for _, rs := range ro.old {
		if take := min(spare, size[rs]); take > 0 {
			size[rs] -= take
			spare -= take
		}
	}
	var out []scaling
	for _, rs := range ro.old {
		out = append(out, change(rs, size[rs])...)
	}
	return out
}

// downAll scales every old ReplicaSet to zero.
func (ro *rollout) downAll() []scaling {
	var out []scaling
	for _, rs := range ro.old {
		out = append(out, change(rs, 0)...)
	}
	return out
}

func change(rs *appsv1.ReplicaSet, to int32) []scaling {
	if rs == nil || replicas(rs) == to {
		return nil
	}
	return []scaling{{rs, to}}
}
