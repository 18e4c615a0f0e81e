package deployment

import appsv1 "k8s.io/api/apps/v1"

func wanted(d *appsv1.Deployment) int32 {
	if d.Spec.Replicas == nil {
		return 1
	}
	return *d.Spec.Replicas
}

func replicas(rs *appsv1.ReplicaSet) int32 {
	if rs == nil {
		return 0
	}
	if rs.Spec.Replicas == nil {
		return 1
	}
	return *rs.Spec.Replicas
}

// available never exceeds the wished size: pods that are about to be deleted do not count.
func available(rs *appsv1.ReplicaSet) int32 {
	if rs == nil {
		return 0
	}
	return min(rs.Status.AvailableReplicas, replicas(rs))
}

func total(sets []*appsv1.ReplicaSet) (n int32) {
	for _, rs := range sets {
		n += replicas(rs)
	}
	return n
}

func availableTotal(sets []*appsv1.ReplicaSet) (n int32) {
	for _, rs := range sets {
		n += available(rs)
	}
	return n
}

func active(sets []*appsv1.ReplicaSet) (some []*appsv1.ReplicaSet) {
	for _, rs := range sets {
		if replicas(rs) > 0 {
			some = append(some, rs)
		}
	}
	return some
}
