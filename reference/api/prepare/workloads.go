package prepare

import (
	"context"
	"maps"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// DeploymentUpdate counts a change of annotations too: the deployment
// controller copies them to its replica sets.
func DeploymentUpdate(d, old *appsv1.Deployment) {
	if !equality.Semantic.DeepEqual(d.Spec, old.Spec) || !equality.Semantic.DeepEqual(d.Annotations, old.Annotations) {
		d.Generation = old.Generation + 1
	}
}

// DaemonSetCreate starts to count the changes of the template.
func DaemonSetCreate(_ context.Context, d *appsv1.DaemonSet) {
	setTemplateGeneration(d, 1)
}

// DaemonSetUpdate counts a change of the template.
func DaemonSetUpdate(d, old *appsv1.DaemonSet) {
	generation, _ := strconv.ParseInt(old.Annotations[appsv1.DeprecatedTemplateGeneration], 10, 64) // zero if broken
	if !equality.Semantic.DeepEqual(d.Spec.Template, old.Spec.Template) {
		generation++
	}
	setTemplateGeneration(d, generation)
}

// DaemonSetStatusUpdate keeps the count of the changes of the template.
func DaemonSetStatusUpdate(d, old *appsv1.DaemonSet) {
	generation, _ := strconv.ParseInt(old.Annotations[appsv1.DeprecatedTemplateGeneration], 10, 64) // zero if broken
	setTemplateGeneration(d, generation)
}

func setTemplateGeneration(d *appsv1.DaemonSet, generation int64) {
	if d.Annotations == nil {
		d.Annotations = map[string]string{}
	}
	d.Annotations[appsv1.DeprecatedTemplateGeneration] = strconv.FormatInt(generation, 10)
}

// StatefulSetCreate drops the field of a feature that is off in v1.36: several pods that are away in a rolling update (KEP-961).
func StatefulSetCreate(_ context.Context, s *appsv1.StatefulSet) {
	if rolling := s.Spec.UpdateStrategy.RollingUpdate; rolling != nil {
		rolling.MaxUnavailable = nil
	}
}

// StatefulSetUpdate drops the same, except of a stateful set that has it.
func StatefulSetUpdate(s, old *appsv1.StatefulSet) {
	before := old.Spec.UpdateStrategy.RollingUpdate
	if rolling := s.Spec.UpdateStrategy.RollingUpdate; rolling != nil && (before == nil || before.MaxUnavailable == nil) {
		rolling.MaxUnavailable = nil
	}
}

// JobCreate makes the job select its own pods, and them only, by its UID,
// unless the selector is the user's (manualSelector).
func JobCreate(_ context.Context, j *batchv1.Job) {
	j.Generation = 1
	if j.Spec.ManualSelector != nil && *j.Spec.ManualSelector {
		return
	}
	labels := &j.Spec.Template.Labels
	if *labels == nil {
		*labels = map[string]string{}
	}
	for key, value := range map[string]string{
		"job-name":                 j.Name,
		batchv1.JobNameLabel:       j.Name,
		"controller-uid":           string(j.UID),
		batchv1.ControllerUidLabel: string(j.UID),
	} {
		if _, ok := (*labels)[key]; !ok { // another value is left for validation to refuse
			(*labels)[key] = value
		}
	}
	if j.Spec.Selector == nil {
		j.Spec.Selector = &metav1.LabelSelector{}
	}
	if j.Spec.Selector.MatchLabels == nil {
		j.Spec.Selector.MatchLabels = map[string]string{}
	}
	if _, ok := j.Spec.Selector.MatchLabels[batchv1.ControllerUidLabel]; !ok {
		j.Spec.Selector.MatchLabels[batchv1.ControllerUidLabel] = string(j.UID)
	}
}

// JobComplete gives a job without labels those of its pods, as defaulting does when the job is read.
func JobComplete(j *batchv1.Job) {
	if len(j.Labels) == 0 {
		j.Labels = maps.Clone(j.Spec.Template.Labels)
	}
}
