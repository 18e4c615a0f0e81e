package validation

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// DaemonSet checks a daemon set.
func DaemonSet(d *appsv1.DaemonSet) field.ErrorList {
	path, spec := specPath(), &d.Spec
	return all(
		namespaced(&d.ObjectMeta, subdomainName),
		atLeastZero(path.Child("minReadySeconds"), &spec.MinReadySeconds),
		atLeastZero(path.Child("revisionHistoryLimit"), spec.RevisionHistoryLimit),
		selectorOfTemplate(daemonSetKind, spec.Selector, &spec.Template),
		workloadTemplate(path.Child("template"), &spec.Template),
		daemonSetStrategy(path.Child("updateStrategy"), &spec.UpdateStrategy),
	)
}

func daemonSetStrategy(path *field.Path, s *appsv1.DaemonSetUpdateStrategy) field.ErrorList {
	switch s.Type {
	case appsv1.OnDeleteDaemonSetStrategyType:
		return nil
	case appsv1.RollingUpdateDaemonSetStrategyType:
		if s.RollingUpdate == nil {
			return one(field.Required(path.Child("rollingUpdate"), ""))
		}
		at, unavailable, surge := path.Child("rollingUpdate"), s.RollingUpdate.MaxUnavailable, s.RollingUpdate.MaxSurge
		errs := all(amount(at.Child("maxUnavailable"), unavailable), amount(at.Child("maxSurge"), surge),
			atMostAll(at.Child("maxUnavailable"), unavailable), atMostAll(at.Child("maxSurge"), surge))
		switch {
		case isZero(unavailable) && isZero(surge):
			errs = append(errs, field.Required(at.Child("maxUnavailable"), "cannot be 0 when maxSurge is 0"))
		case !isZero(unavailable) && !isZero(surge):
			errs = append(errs, field.Invalid(at.Child("maxSurge"), surge, "may not be set when maxUnavailable is non-zero"))
		}
		return errs
	default:
		return one(field.NotSupported(path, s.Type, []appsv1.DaemonSetUpdateStrategyType{appsv1.OnDeleteDaemonSetStrategyType, appsv1.RollingUpdateDaemonSetStrategyType}))
	}
}

// DaemonSetUpdate checks an update of a daemon set.
func DaemonSetUpdate(d, old *appsv1.DaemonSet) field.ErrorList {
	return all(
		metaUpdate(&d.ObjectMeta, &old.ObjectMeta),
		named(DaemonSet(d)),
		unchanged(specPath().Child("selector"), d.Spec.Selector, old.Spec.Selector),
	)
}

// DaemonSetStatusUpdate checks a write of daemonsets/status.
func DaemonSetStatusUpdate(d, old *appsv1.DaemonSet) field.ErrorList {
	s, path := &d.Status, statusPath()
	errs := all(metaUpdate(&d.ObjectMeta, &old.ObjectMeta), atLeastZero(path.Child("observedGeneration"), &s.ObservedGeneration),
		collisions(path.Child("collisionCount"), s.CollisionCount, old.Status.CollisionCount))
	for _, c := range []replicaCount{
		{"currentNumberScheduled", s.CurrentNumberScheduled},
		{"numberMisscheduled", s.NumberMisscheduled},
		{"desiredNumberScheduled", s.DesiredNumberScheduled},
		{"numberReady", s.NumberReady},
		{"updatedNumberScheduled", s.UpdatedNumberScheduled},
		{"numberAvailable", s.NumberAvailable},
		{"numberUnavailable", s.NumberUnavailable},
	} {
		errs = append(errs, atLeastZero(path.Child(c.name), &c.count)...)
	}
	return errs
}

// StatefulSet checks a stateful set.
func StatefulSet(s *appsv1.StatefulSet) field.ErrorList {
	errs := all(
		namespaced(&s.ObjectMeta, labelName),
		statefulSetSpec(s),
		optional(specPath().Child("serviceName"), s.Spec.ServiceName, isSubdomain),
	)
	for i := range s.Spec.VolumeClaimTemplates {
		errs = append(errs, claimSpec(specPath().Child("volumeClaimTemplates").Index(i).Child("spec"), &s.Spec.VolumeClaimTemplates[i].Spec)...)
	}
	return errs
}

// statefulSetSpec checks what of a stateful set may also change.
func statefulSetSpec(s *appsv1.StatefulSet) field.ErrorList {
	path, spec := specPath(), &s.Spec
	errs := all(
		podManagementPolicy(path.Child("podManagementPolicy"), spec.PodManagementPolicy),
		statefulSetStrategy(path.Child("updateStrategy"), &spec.UpdateStrategy),
		claimRetention(path.Child("persistentVolumeClaimRetentionPolicy"), spec.PersistentVolumeClaimRetentionPolicy),
		atLeastZero(path.Child("replicas"), spec.Replicas),
		atLeastZero(path.Child("minReadySeconds"), &spec.MinReadySeconds),
		selectorOfTemplate("statefulset", spec.Selector, &spec.Template),
		workloadTemplate(path.Child("template"), withClaimVolumes(s)),
	)
	if spec.Ordinals != nil {
		errs = append(errs, atLeastZero(path.Child("ordinals", "start"), &spec.Ordinals.Start)...)
	}
	return errs
}

func podManagementPolicy(path *field.Path, p appsv1.PodManagementPolicyType) field.ErrorList {
	switch p {
	case "":
		return one(field.Required(path, ""))
	case appsv1.OrderedReadyPodManagement, appsv1.ParallelPodManagement:
		return nil
	}
	return one(field.Invalid(path, p, "must be 'OrderedReady' or 'Parallel'"))
}

// withClaimVolumes is the template as its pods will be: each claim template
// makes a volume, in the place of one of the same name.
func withClaimVolumes(s *appsv1.StatefulSet) *corev1.PodTemplateSpec {
	template := s.Spec.Template.DeepCopy()
	template.Spec.Hostname, template.Spec.Subdomain = "", "" // every pod gets its own; upstream does not look at these
	for _, claim := range s.Spec.VolumeClaimTemplates {
		volumes := &template.Spec.Volumes
		*volumes = append(slices.DeleteFunc(*volumes, func(v corev1.Volume) bool { return v.Name == claim.Name }), corev1.Volume{
			Name: claim.Name,
			VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim.Name},
			},
		})
	}
	return template
}

func statefulSetStrategy(path *field.Path, s *appsv1.StatefulSetUpdateStrategy) field.ErrorList {
	switch s.Type {
	case "":
		return one(field.Required(path, ""))
	case appsv1.OnDeleteStatefulSetStrategyType:
		if s.RollingUpdate != nil {
			return one(field.Invalid(path.Child("rollingUpdate"), s.RollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"))
		}
	case appsv1.RollingUpdateStatefulSetStrategyType:
		if s.RollingUpdate == nil {
			return nil
		}
		at := path.Child("rollingUpdate")
		errs := all(atLeastZero(at.Child("partition"), s.RollingUpdate.Partition), amount(at.Child("maxUnavailable"), s.RollingUpdate.MaxUnavailable),
			atMostAll(at.Child("maxUnavailable"), s.RollingUpdate.MaxUnavailable))
		if s.RollingUpdate.MaxUnavailable != nil && isZero(s.RollingUpdate.MaxUnavailable) {
			errs = append(errs, field.Invalid(at.Child("maxUnavailable"), s.RollingUpdate.MaxUnavailable, "cannot be 0"))
		}
		return errs
	default:
		return one(field.Invalid(path, *s, "must be 'RollingUpdate' or 'OnDelete'"))
	}
	return nil
}

func claimRetention(path *field.Path, p *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy) field.ErrorList {
	if p == nil {
		return nil
	}
	retain, remove := appsv1.RetainPersistentVolumeClaimRetentionPolicyType, appsv1.DeletePersistentVolumeClaimRetentionPolicyType
	return all(oneOf(path.Child("whenDeleted"), p.WhenDeleted, retain, remove), oneOf(path.Child("whenScaled"), p.WhenScaled, retain, remove))
}

const mutableStatefulSetFields = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
	"'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

// StatefulSetUpdate checks an update of a stateful set.
func StatefulSetUpdate(s, old *appsv1.StatefulSet) field.ErrorList {
	errs := all(metaUpdate(&s.ObjectMeta, &old.ObjectMeta), named(namespaced(&s.ObjectMeta, labelName)), statefulSetSpec(s))
	kept, before := s.Spec.DeepCopy(), &old.Spec
	kept.Replicas, kept.Ordinals, kept.Template, kept.UpdateStrategy = before.Replicas, before.Ordinals, before.Template, before.UpdateStrategy
	kept.RevisionHistoryLimit, kept.MinReadySeconds = before.RevisionHistoryLimit, before.MinReadySeconds
	kept.PersistentVolumeClaimRetentionPolicy = before.PersistentVolumeClaimRetentionPolicy
	if !same(kept, before) {
		errs = append(errs, field.Forbidden(specPath(), mutableStatefulSetFields))
	}
	return errs
}

// StatefulSetStatusUpdate checks a write of statefulsets/status.
func StatefulSetStatusUpdate(s, old *appsv1.StatefulSet) field.ErrorList {
	status, path := &s.Status, statusPath()
	return all(
		metaUpdate(&s.ObjectMeta, &old.ObjectMeta),
		atLeastZero(path.Child("observedGeneration"), &status.ObservedGeneration),
		collisions(path.Child("collisionCount"), status.CollisionCount, old.Status.CollisionCount),
		replicaCounts(path, status.Replicas, []replicaCount{
			{"readyReplicas", status.ReadyReplicas},
			{"currentReplicas", status.CurrentReplicas},
			{"updatedReplicas", status.UpdatedReplicas},
			{"availableReplicas", status.AvailableReplicas},
		}),
		notMore(path.Child("availableReplicas"), status.AvailableReplicas, status.ReadyReplicas, "readyReplicas"),
	)
}
