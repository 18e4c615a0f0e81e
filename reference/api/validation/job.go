package validation

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// What a job may have at most.
const (
	indexedParallelism = 100000
	failureRules       = 20
	successRules       = 20
	exitCodes          = 255
	managedByLength    = 63
)

// Job checks a job.
func Job(j *batchv1.Job) field.ErrorList {
	errs := all(namespaced(&j.ObjectMeta, subdomainName), jobSelector(j, ownLabels), jobSpec(specPath(), &j.Spec))
	if indexed(&j.Spec) && j.Spec.Completions != nil && *j.Spec.Completions > 0 {
		hostname := fmt.Sprintf("%s-%d", j.Name, *j.Spec.Completions-1)
		if messages := isLabel(hostname); len(messages) > 0 {
			errs = append(errs, field.Invalid(metadataPath().Child("name"), j.Name, fmt.Sprintf("will not able to create pod with invalid DNS label: %s", hostname)))
		}
	}
	return errs
}

func indexed(spec *batchv1.JobSpec) bool {
	return spec.CompletionMode != nil && *spec.CompletionMode == batchv1.IndexedCompletion
}

func jobSpec(path *field.Path, spec *batchv1.JobSpec) field.ErrorList {
	errs := all(
		atLeastZero(path.Child("parallelism"), spec.Parallelism),
		atLeastZero(path.Child("completions"), spec.Completions),
		atLeastZero(path.Child("activeDeadlineSeconds"), spec.ActiveDeadlineSeconds),
		atLeastZero(path.Child("backoffLimit"), spec.BackoffLimit),
		atLeastZero(path.Child("ttlSecondsAfterFinished"), spec.TTLSecondsAfterFinished),
		atLeastZero(path.Child("maxFailedIndexes"), spec.MaxFailedIndexes),
		atLeastZero(path.Child("backoffLimitPerIndex"), spec.BackoffLimitPerIndex),
		completionMode(path, spec),
		podFailurePolicy(path.Child("podFailurePolicy"), spec),
		successPolicy(path.Child("successPolicy"), spec),
		podReplacementPolicy(path.Child("podReplacementPolicy"), spec),
		podTemplateSpec(path.Child("template"), &spec.Template),
	)
	if spec.ManagedBy != nil {
		at := path.Child("managedBy")
		errs = append(errs, utilvalidation.IsDomainPrefixedPath(at, *spec.ManagedBy)...)
		if len(*spec.ManagedBy) > managedByLength {
			errs = append(errs, field.TooLong(at, *spec.ManagedBy, managedByLength))
		}
	}
	if policy := spec.Template.Spec.RestartPolicy; policy == corev1.RestartPolicyAlways {
		errs = append(errs, field.Required(path.Child("template", "spec", "restartPolicy"), fmt.Sprintf("valid values: %q, %q", corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)))
	}
	return errs
}

func completionMode(path *field.Path, spec *batchv1.JobSpec) field.ErrorList {
	errs := pointerOneOf(path.Child("completionMode"), spec.CompletionMode, batchv1.NonIndexedCompletion, batchv1.IndexedCompletion)
	if mode := spec.CompletionMode; mode != nil && !indexed(spec) && *mode != batchv1.NonIndexedCompletion {
		return errs
	}
	if !indexed(spec) {
		if spec.BackoffLimitPerIndex != nil {
			errs = append(errs, field.Invalid(path.Child("backoffLimitPerIndex"), *spec.BackoffLimitPerIndex, "requires indexed completion mode"))
		}
		if spec.MaxFailedIndexes != nil {
			errs = append(errs, field.Invalid(path.Child("maxFailedIndexes"), *spec.MaxFailedIndexes, "requires indexed completion mode"))
		}
		return errs
	}
	if spec.Completions == nil {
		return append(errs, field.Required(path.Child("completions"), fmt.Sprintf("when completion mode is %s", batchv1.IndexedCompletion)))
	}
	if spec.Parallelism != nil && *spec.Parallelism > indexedParallelism {
		errs = append(errs, field.Invalid(path.Child("parallelism"), *spec.Parallelism, fmt.Sprintf("must be less than or equal to %d when completion mode is %s", indexedParallelism, batchv1.IndexedCompletion)))
	}
	return append(errs, failedIndexBounds(path, spec)...)
}

// Bounds of an indexed job, so that the lists of its indexes fit into its status (KEP-3850).
const (
	manyIndexes      = 100000
	fewOfManyIndexes = 10000
	fewOfManyMessage = "must be less than or equal to %d when completions are above %d and used with backoff limit per index"
)

// failedIndexBounds checks how many indexes may fail. It is called for indexed jobs with completions.
func failedIndexBounds(path *field.Path, spec *batchv1.JobSpec) field.ErrorList {
	var errs field.ErrorList
	at, most := path.Child("maxFailedIndexes"), spec.MaxFailedIndexes
	if most != nil {
		if *most > *spec.Completions {
			errs = append(errs, field.Invalid(at, *most, "must be less than or equal to completions"))
		}
		if *most > manyIndexes {
			errs = append(errs, field.Invalid(at, *most, fmt.Sprintf("must be less than or equal to %d", manyIndexes)))
		}
		if spec.BackoffLimitPerIndex == nil {
			errs = append(errs, field.Required(path.Child("backoffLimitPerIndex"), "when maxFailedIndexes is specified"))
		}
	}
	if spec.BackoffLimitPerIndex == nil || *spec.Completions <= manyIndexes {
		return errs
	}
	few := fmt.Sprintf(fewOfManyMessage, fewOfManyIndexes, manyIndexes)
	switch {
	case most == nil:
		errs = append(errs, field.Required(at, fmt.Sprintf("must be specified when completions is above %d", manyIndexes)))
	case *most > fewOfManyIndexes:
		errs = append(errs, field.Invalid(at, *most, few))
	}
	if spec.Parallelism != nil && *spec.Parallelism > fewOfManyIndexes {
		errs = append(errs, field.Invalid(path.Child("parallelism"), *spec.Parallelism, few))
	}
	return errs
}

func podReplacementPolicy(path *field.Path, spec *batchv1.JobSpec) field.ErrorList {
	if spec.PodReplacementPolicy == nil {
		return nil
	}
	if spec.PodFailurePolicy != nil {
		return pointerOneOf(path, spec.PodReplacementPolicy, batchv1.Failed)
	}
	return pointerOneOf(path, spec.PodReplacementPolicy, batchv1.Failed, batchv1.TerminatingOrFailed)
}

func podFailurePolicy(path *field.Path, spec *batchv1.JobSpec) field.ErrorList {
	policy := spec.PodFailurePolicy
	if policy == nil {
		return nil
	}
	var errs field.ErrorList
	if spec.Template.Spec.RestartPolicy == corev1.RestartPolicyOnFailure {
		errs = append(errs, field.Invalid(path.Root().Child("template", "spec", "restartPolicy"), spec.Template.Spec.RestartPolicy,
			fmt.Sprintf("only %q is supported when podFailurePolicy is specified", corev1.RestartPolicyNever)))
	}
	if len(policy.Rules) > failureRules {
		errs = append(errs, field.TooMany(path.Child("rules"), len(policy.Rules), failureRules))
	}
	containers := map[string]bool{}
	for _, list := range [][]corev1.Container{spec.Template.Spec.InitContainers, spec.Template.Spec.Containers} {
		for _, c := range list {
			containers[c.Name] = true
		}
	}
	for i := range policy.Rules {
		errs = append(errs, podFailureRule(path.Child("rules").Index(i), &policy.Rules[i], spec, containers)...)
	}
	return errs
}

func podFailureRule(path *field.Path, rule *batchv1.PodFailurePolicyRule, spec *batchv1.JobSpec, containers map[string]bool) field.ErrorList {
	errs := oneOf(path.Child("action"), rule.Action, batchv1.PodFailurePolicyActionFailJob, batchv1.PodFailurePolicyActionIgnore,
		batchv1.PodFailurePolicyActionCount, batchv1.PodFailurePolicyActionFailIndex)
	if rule.Action == batchv1.PodFailurePolicyActionFailIndex && spec.BackoffLimitPerIndex == nil {
		errs = append(errs, field.Invalid(path.Child("action"), rule.Action, "requires the backoffLimitPerIndex to be set"))
	}
	for i, c := range rule.OnPodConditions {
		at := path.Child("onPodConditions").Index(i)
		errs = append(errs, matches(at.Child("type"), c.Type, utilvalidation.IsQualifiedName(string(c.Type)))...)
		errs = append(errs, oneOf(at.Child("status"), c.Status, corev1.ConditionTrue, corev1.ConditionFalse, corev1.ConditionUnknown)...)
	}
	codes := rule.OnExitCodes
	switch {
	case codes == nil && len(rule.OnPodConditions) == 0:
		errs = append(errs, field.Invalid(path, field.OmitValueType{}, "specifying one of OnExitCodes and OnPodConditions is required"))
	case codes != nil && len(rule.OnPodConditions) > 0:
		errs = append(errs, field.Invalid(path, field.OmitValueType{}, "specifying both OnExitCodes and OnPodConditions is not supported"))
	}
	if codes == nil {
		return errs
	}
	at := path.Child("onExitCodes")
	errs = append(errs, oneOf(at.Child("operator"), codes.Operator, batchv1.PodFailurePolicyOnExitCodesOpIn, batchv1.PodFailurePolicyOnExitCodesOpNotIn)...)
	if codes.ContainerName != nil && !containers[*codes.ContainerName] {
		errs = append(errs, field.Invalid(at.Child("containerName"), *codes.ContainerName, "must be one of the container or initContainer names in the pod template"))
	}
	return append(errs, exitCodeValues(at.Child("values"), codes)...)
}

func exitCodeValues(path *field.Path, codes *batchv1.PodFailurePolicyOnExitCodesRequirement) field.ErrorList {
	var errs field.ErrorList
	switch {
	case len(codes.Values) == 0:
		errs = append(errs, field.Invalid(path, codes.Values, "at least one value is required"))
	case len(codes.Values) > exitCodes:
		errs = append(errs, field.TooMany(path, len(codes.Values), exitCodes))
	}
	values := seen[int32]{}
	for i, value := range codes.Values {
		if value == 0 && codes.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn {
			errs = append(errs, field.Invalid(path.Index(i), value, "must not be 0 for the In operator"))
		}
		errs = append(errs, values.add(path.Index(i), value)...)
		if i > 0 && codes.Values[i-1] > value {
			errs = append(errs, field.Invalid(path, codes.Values, "must be ordered"))
		}
	}
	return errs
}

func successPolicy(path *field.Path, spec *batchv1.JobSpec) field.ErrorList {
	policy := spec.SuccessPolicy
	if policy == nil {
		return nil
	}
	if !indexed(spec) {
		return one(field.Invalid(path, *policy, "requires indexed completion mode"))
	}
	rules := path.Child("rules")
	switch {
	case len(policy.Rules) == 0:
		return one(field.Required(rules, "at least one rules must be specified when the successPolicy is specified"))
	case len(policy.Rules) > successRules:
		return one(field.TooMany(rules, len(policy.Rules), successRules))
	}
	var errs field.ErrorList
	for i, rule := range policy.Rules {
		at := rules.Index(i)
		if rule.SucceededIndexes == nil && rule.SucceededCount == nil {
			errs = append(errs, field.Required(at, "at least one of succeededCount or succeededIndexes must be specified"))
		}
		if rule.SucceededCount != nil {
			errs = append(errs, atLeastZero(at.Child("succeededCount"), rule.SucceededCount)...)
			if spec.Completions != nil && *rule.SucceededCount > *spec.Completions {
				errs = append(errs, field.Invalid(at.Child("succeededCount"), *rule.SucceededCount, fmt.Sprintf("must be less than or equal to %d (the number of specified completions)", *spec.Completions)))
			}
		}
		if rule.SucceededIndexes != nil && spec.Completions != nil {
			errs = append(errs, succeededIndexes(at, &rule, *spec.Completions)...)
		}
	}
	return errs
}

// succeededIndexes checks a list of indexes, and that it has as many as have to succeed.
func succeededIndexes(path *field.Path, rule *batchv1.SuccessPolicyRule, completions int32) field.ErrorList {
	var errs field.ErrorList
	count, err := countIndexes(*rule.SucceededIndexes, completions)
	if err != nil {
		errs = append(errs, field.Invalid(path.Child("succeededIndexes"), *rule.SucceededIndexes, "error parsing succeededIndexes: "+err.Error()))
	}
	if rule.SucceededCount != nil && *rule.SucceededCount > count {
		errs = append(errs, field.Invalid(path.Child("succeededCount"), *rule.SucceededCount,
			fmt.Sprintf("must be less than or equal to %d (the number of indexes in the specified succeededIndexes field)", count)))
	}
	return errs
}
