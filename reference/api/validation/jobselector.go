package validation

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The labels of a job's pods before they had a domain.
const (
	bareControllerUID = "controller-uid"
	bareJobName       = "job-name"
)

// ownLabels are what a job that selects its pods by itself gives them; old jobs gave only those without a domain.
var (
	ownLabels  = []string{bareControllerUID, bareJobName, batchv1.ControllerUidLabel, batchv1.JobNameLabel}
	bareLabels = ownLabels[:2]
)

// jobSelector checks that a job selects its pods by labels of its own, if the selector is not the user's.
func jobSelector(j *batchv1.Job, own []string) field.ErrorList {
	path := specPath()
	at := path.Child("selector")
	var errs field.ErrorList
	if j.Spec.Selector == nil {
		errs = append(errs, field.Required(at, ""))
	} else {
		errs = append(labelSelector(at, j.Spec.Selector), generatedLabels(j, own)...)
	}
	selector, err := metav1.LabelSelectorAsSelector(j.Spec.Selector)
	if err == nil && !selector.Matches(labels.Set(j.Spec.Template.Labels)) {
		errs = append(errs, field.Invalid(path.Child("template", "metadata", "labels"), j.Spec.Template.Labels, "`selector` does not match template `labels`"))
	}
	return errs
}

func generatedLabels(j *batchv1.Job, own []string) field.ErrorList {
	if isTrue(j.Spec.ManualSelector) {
		return nil
	}
	at := specPath().Child("template", "metadata", "labels")
	var errs field.ErrorList
	expected := labels.Set{}
	for _, key := range own {
		want := j.Name
		if key == bareControllerUID || key == batchv1.ControllerUidLabel {
			want = string(j.UID)
		}
		expected[key] = want
		switch got, ok := j.Spec.Template.Labels[key]; {
		case !ok:
			errs = append(errs, field.Required(at.Key(key), fmt.Sprintf("must be '%s'", want)))
		case got != want:
			errs = append(errs, field.Invalid(at.Key(key), j.Spec.Template.Labels, fmt.Sprintf("must be '%s'", want)))
		}
	}
	if selector, err := metav1.LabelSelectorAsSelector(j.Spec.Selector); err == nil && !selector.Matches(expected) {
		errs = append(errs, field.Invalid(specPath().Child("selector"), j.Spec.Selector, "`selector` not auto-generated"))
	}
	return errs
}

// labelsOf are the labels that an update has to keep: those with a domain only if the job had them.
func labelsOf(j *batchv1.Job) []string {
	for _, key := range ownLabels {
		if _, ok := j.Spec.Template.Labels[key]; !ok {
			return bareLabels
		}
	}
	return ownLabels
}
