package validation

import (
	"regexp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The three forms of the name of an iSCSI node: RFC 3720 section 3.2.6.3.
var (
	iqnName = regexp.MustCompile(`^iqn\.\d{4}-\d{2}\.[[:alnum:].-]+(:[^,;*&$|\s]+)$`)
	euiName = regexp.MustCompile(`^eui.[[:alnum:]]{16}$`)
	naaName = regexp.MustCompile(`^naa.[[:alnum:]]{32}$`)
)

// iscsi checks a target. Its secret has a namespace in persistent volumes only, where it is not checked.
func iscsi(path *field.Path, s *corev1.ISCSIPersistentVolumeSource) field.ErrorList {
	errs := required(path.Child("targetPortal"), s.TargetPortal)
	if s.IQN == "" {
		errs = append(errs, field.Required(path.Child("iqn"), ""))
	} else {
		errs = append(errs, iscsiName(path.Child("iqn"), s.IQN)...)
	}
	errs = append(errs, partition(path.Child("lun"), s.Lun)...)
	if (s.DiscoveryCHAPAuth || s.SessionCHAPAuth) && s.SecretRef == nil {
		errs = append(errs, field.Required(path.Child("secretRef"), ""))
	}
	if s.SecretRef != nil {
		errs = append(errs, required(path.Child("secretRef", "name"), s.SecretRef.Name)...)
	}
	if s.InitiatorName != nil {
		errs = append(errs, iscsiName(path.Child("initiatorname"), *s.InitiatorName)...)
	}
	return errs
}

func iscsiName(path *field.Path, name string) field.ErrorList {
	if iqnName.MatchString(name) || euiName.MatchString(name) || naaName.MatchString(name) {
		return nil
	}
	return one(field.Invalid(path, name, "must be valid format"))
}

// iscsiLength is how long the interface that an initiator's name makes may be called.
const iscsiLength = 64
