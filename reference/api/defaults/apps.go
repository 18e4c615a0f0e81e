package defaults

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const revisionHistoryLimit = 10

func deployment(d *appsv1.Deployment) {
	pointer(&d.Spec.Replicas, 1)
	pointer(&d.Spec.RevisionHistoryLimit, revisionHistoryLimit)
	pointer(&d.Spec.ProgressDeadlineSeconds, 600)
	strategy := &d.Spec.Strategy
	value(&strategy.Type, appsv1.RollingUpdateDeploymentStrategyType)
	if strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
		pointer(&strategy.RollingUpdate, appsv1.RollingUpdateDeployment{})
		pointer(&strategy.RollingUpdate.MaxSurge, intstr.FromString("25%"))
		pointer(&strategy.RollingUpdate.MaxUnavailable, intstr.FromString("25%"))
	}
	podTemplateSpec(&d.Spec.Template)
}

func replicaSet(rs *appsv1.ReplicaSet) {
	pointer(&rs.Spec.Replicas, 1)
	podTemplateSpec(&rs.Spec.Template)
}

func statefulSet(s *appsv1.StatefulSet) {
	spec := &s.Spec
	pointer(&spec.Replicas, 1)
	pointer(&spec.RevisionHistoryLimit, revisionHistoryLimit)
	value(&spec.PodManagementPolicy, appsv1.OrderedReadyPodManagement)
	strategy := &spec.UpdateStrategy
	if strategy.Type == "" {
		strategy.Type = appsv1.RollingUpdateStatefulSetStrategyType
		pointer(&strategy.RollingUpdate, appsv1.RollingUpdateStatefulSetStrategy{})
	}
	if strategy.Type == appsv1.RollingUpdateStatefulSetStrategyType && strategy.RollingUpdate != nil {
		pointer(&strategy.RollingUpdate.Partition, 0)
	}
	pointer(&spec.PersistentVolumeClaimRetentionPolicy, appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{})
	value(&spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	value(&spec.PersistentVolumeClaimRetentionPolicy.WhenScaled, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	podTemplateSpec(&spec.Template)
	for i := range spec.VolumeClaimTemplates {
		claim := &spec.VolumeClaimTemplates[i]
		persistentVolumeClaim(claim)
		value(&claim.APIVersion, "v1")
		value(&claim.Kind, "PersistentVolumeClaim")
	}
}

func daemonSet(d *appsv1.DaemonSet) {
	pointer(&d.Spec.RevisionHistoryLimit, revisionHistoryLimit)
	strategy := &d.Spec.UpdateStrategy
	value(&strategy.Type, appsv1.RollingUpdateDaemonSetStrategyType)
	if strategy.Type == appsv1.RollingUpdateDaemonSetStrategyType {
		pointer(&strategy.RollingUpdate, appsv1.RollingUpdateDaemonSet{})
		pointer(&strategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
		pointer(&strategy.RollingUpdate.MaxSurge, intstr.FromInt32(0))
	}
	podTemplateSpec(&d.Spec.Template)
	// The server counts the changes of the template in an annotation, which thereby belongs to whoever writes the object.
	if _, ok := d.Annotations[appsv1.DeprecatedTemplateGeneration]; !ok {
		if d.Annotations == nil {
			d.Annotations = map[string]string{}
		}
		d.Annotations[appsv1.DeprecatedTemplateGeneration] = "0"
	}
}
