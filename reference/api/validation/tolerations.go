package validation

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Tolerations checks the tolerations of a configuration like those of a pod.
func Tolerations(path *field.Path, list []corev1.Toleration) field.ErrorList {
	return tolerations(path, list)
}
