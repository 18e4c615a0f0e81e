package validation

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// env checks the environment of a container.
func (s *containerScope) env(path *field.Path, list []corev1.EnvVar) field.ErrorList {
	var errs field.ErrorList
	for i, e := range list {
		at := path.Index(i)
		errs = append(errs, requiredAnd(at.Child("name"), e.Name, utilvalidation.IsRelaxedEnvVarName)...)
		if e.ValueFrom == nil {
			continue
		}
		from := at.Child("valueFrom")
		if e.Value != "" {
			errs = append(errs, field.Invalid(from, "", "may not be specified when `value` is not empty"))
		}
		errs = append(errs, s.envSource(from, e.ValueFrom)...)
	}
	return errs
}

func (s *containerScope) envSource(path *field.Path, from *corev1.EnvVarSource) field.ErrorList {
	var errs field.ErrorList
	sources := 0
	if from.FieldRef != nil {
		sources++
		errs = append(errs, fieldRef(path.Child("fieldRef"), from.FieldRef, envFields...)...)
	}
	if from.ResourceFieldRef != nil {
		sources++
		errs = append(errs, resourceFieldRef(path.Child("resourceFieldRef"), from.ResourceFieldRef, false)...)
	}
	if ref := from.ConfigMapKeyRef; ref != nil {
		sources++
		errs = append(errs, keyRef(path.Child("configMapKeyRef"), ref.Name, ref.Key)...)
	}
	if ref := from.SecretKeyRef; ref != nil {
		sources++
		errs = append(errs, keyRef(path.Child("secretKeyRef"), ref.Name, ref.Key)...)
	}
	if ref := from.FileKeyRef; ref != nil {
		sources++
		errs = append(errs, s.fileKeyRef(path.Child("fileKeyRef"), ref)...)
	}
	switch {
	case sources == 0:
		errs = append(errs, field.Invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"))
	case sources > 1:
		errs = append(errs, field.Invalid(path, "", "may not have more than one field specified at a time"))
	}
	return errs
}

func (s *containerScope) fileKeyRef(path *field.Path, ref *corev1.FileKeySelector) field.ErrorList {
	errs := all(
		requiredAnd(path.Child("key"), ref.Key, utilvalidation.IsRelaxedEnvVarName),
		required(path.Child("path"), ref.Path),
		requiredAnd(path.Child("volumeName"), ref.VolumeName, isLabel),
	)
	if ref.Path != "" {
		errs = append(errs, descendingPath(path.Child("path"), ref.Path)...)
	}
	if v := s.volumes[ref.VolumeName]; v == nil {
		errs = append(errs, field.NotFound(path.Child("volumeName"), ref.VolumeName))
	} else if v != nil && v.EmptyDir == nil {
		errs = append(errs, field.Invalid(path.Child("volumeName"), ref.VolumeName, "referenced volume must be of type emptyDir"))
	}
	return errs
}

func keyRef(path *field.Path, name, key string) field.ErrorList {
	errs := matches(path.Child("name"), name, isSubdomain(name))
	return append(errs, requiredAnd(path.Child("key"), key, utilvalidation.IsConfigMapKey)...)
}

func envFrom(path *field.Path, list []corev1.EnvFromSource) field.ErrorList {
	var errs field.ErrorList
	for i, e := range list {
		at := path.Index(i)
		errs = append(errs, optional(at.Child("prefix"), e.Prefix, utilvalidation.IsRelaxedEnvVarName)...)
		sources := 0
		if e.ConfigMapRef != nil {
			sources++
			errs = append(errs, requiredAnd(at.Child("configMapRef", "name"), e.ConfigMapRef.Name, isSubdomain)...)
		}
		if e.SecretRef != nil {
			sources++
			errs = append(errs, requiredAnd(at.Child("secretRef", "name"), e.SecretRef.Name, isSubdomain)...)
		}
		switch {
		case sources == 0:
			errs = append(errs, field.Invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
		case sources > 1:
			errs = append(errs, field.Invalid(path, "", "may not have more than one field specified at a time"))
		}
	}
	return errs
}

// The fields of a pod that its containers may read.
var (
	envFields = []string{
		"metadata.name", "metadata.namespace", "metadata.uid",
		"spec.nodeName", "spec.serviceAccountName",
		"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
	}
	// selectableFields have a name outside of the pod; few of them may be read.
	selectableFields = []string{
		"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
		"spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName", "spec.hostNetwork",
		"status.phase", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs", "status.nominatedNodeName",
	}
	volumeFields = []string{"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"}
)

// fieldRef checks a reference to a field of the pod, whole labels and annotations among them if they are allowed.
func fieldRef(path *field.Path, ref *corev1.ObjectFieldSelector, allowed ...string) field.ErrorList {
	if ref.APIVersion == "" {
		return one(field.Required(path.Child("apiVersion"), ""))
	}
	at := path.Child("fieldPath")
	if ref.FieldPath == "" {
		return one(field.Required(at, ""))
	}
	if ref.APIVersion != "v1" {
		return one(field.Invalid(at, ref.FieldPath, "error converting fieldPath: unsupported pod version: "+ref.APIVersion))
	}
	if whole, key, ok := subscript(ref.FieldPath); ok {
		switch whole {
		case "metadata.annotations":
			key = strings.ToLower(key)
			return matches(path, key, utilvalidation.IsQualifiedName(key))
		case "metadata.labels":
			return matches(path, key, utilvalidation.IsQualifiedName(key))
		default:
			return one(field.Invalid(at, ref.FieldPath, "does not support subscript"))
		}
	}
	name := ref.FieldPath
	if name == "spec.host" { // as it was called once
		name = "spec.nodeName"
	}
	switch {
	case slices.Contains(allowed, name):
		return nil
	case !slices.Contains(selectableFields, name):
		return one(field.Invalid(at, ref.FieldPath, "error converting fieldPath: field label not supported: "+ref.FieldPath))
	}
	return one(field.NotSupported(at, ref.FieldPath, sets.List(sets.New(allowed...))))
}

// subscript splits metadata.labels['key'].
func subscript(path string) (whole, key string, ok bool) {
	whole, rest, ok := strings.Cut(path, "['")
	if !ok || !strings.HasSuffix(rest, "']") {
		return path, "", false
	}
	return whole, strings.TrimSuffix(rest, "']"), true
}

// resourceFieldRef checks a reference to resources of a container; a file must name the container.
func resourceFieldRef(path *field.Path, ref *corev1.ResourceFieldSelector, inFile bool) field.ErrorList {
	if inFile && ref.ContainerName == "" {
		return one(field.Required(path.Child("containerName"), ""))
	}
	if ref.Resource == "" {
		return one(field.Required(path.Child("resource"), ""))
	}
	kind, name, _ := strings.Cut(ref.Resource, ".")
	huge := strings.HasPrefix(name, corev1.ResourceHugePagesPrefix)
	plain := name == "cpu" || name == "memory" || name == "ephemeral-storage"
	if kind != "limits" && kind != "requests" || !huge && !plain {
		return one(field.NotSupported(path.Child("resource"), ref.Resource, []string{
			"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory",
		}))
	}
	return divisor(path.Child("divisor"), ref)
}

func divisor(path *field.Path, ref *corev1.ResourceFieldSelector) field.ErrorList {
	if ref.Divisor.IsZero() {
		return nil
	}
	allowed := []string{"1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"}
	if strings.HasSuffix(ref.Resource, ".cpu") {
		allowed = []string{"1m", "1"}
	}
	if slices.Contains(allowed, ref.Divisor.String()) {
		return nil
	}
	return one(field.Invalid(path, ref.Divisor.String(), "only divisor's values "+strings.Join(allowed, ", ")+" are supported with "+strings.SplitN(ref.Resource, ".", 2)[1]))
}
