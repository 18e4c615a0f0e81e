package validation

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const immutableData = "field is immutable when `immutable` is set"

// ConfigMap checks a config map.
func ConfigMap(c *corev1.ConfigMap) field.ErrorList {
	errs := namespaced(&c.ObjectMeta, subdomainName)
	size := 0
	for _, key := range sets.List(sets.KeySet(c.Data)) {
		at := field.NewPath("data").Key(key)
		errs = append(errs, matches(at, key, utilvalidation.IsConfigMapKey(key))...)
		if _, ok := c.BinaryData[key]; ok {
			errs = append(errs, field.Invalid(at, key, "duplicate of key present in binaryData"))
		}
		size += len(c.Data[key])
	}
	for _, key := range sets.List(sets.KeySet(c.BinaryData)) {
		errs = append(errs, matches(field.NewPath("binaryData").Key(key), key, utilvalidation.IsConfigMapKey(key))...)
		size += len(c.BinaryData[key])
	}
	if size > corev1.MaxSecretSize {
		errs = append(errs, field.TooLong(field.NewPath(""), "", corev1.MaxSecretSize))
	}
	return errs
}

// ConfigMapUpdate checks an update of a config map.
func ConfigMapUpdate(c, old *corev1.ConfigMap) field.ErrorList {
	errs := metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	if isTrue(old.Immutable) {
		if !isTrue(c.Immutable) {
			errs = append(errs, field.Forbidden(field.NewPath("immutable"), immutableData))
		}
		if !same(c.Data, old.Data) {
			errs = append(errs, field.Forbidden(field.NewPath("data"), immutableData))
		}
		if !same(c.BinaryData, old.BinaryData) {
			errs = append(errs, field.Forbidden(field.NewPath("binaryData"), immutableData))
		}
	}
	return append(errs, ConfigMap(c)...)
}

// Secret checks a secret: each type demands its keys.
func Secret(s *corev1.Secret) field.ErrorList {
	errs := namespaced(&s.ObjectMeta, subdomainName)
	size := 0
	for _, key := range sets.List(sets.KeySet(s.Data)) {
		errs = append(errs, matches(field.NewPath("data").Key(key), key, utilvalidation.IsConfigMapKey(key))...)
		size += len(s.Data[key])
	}
	if size > corev1.MaxSecretSize {
		errs = append(errs, field.TooLong(field.NewPath("data"), "", corev1.MaxSecretSize))
	}
	return append(errs, secretType(s)...)
}

func secretType(s *corev1.Secret) field.ErrorList {
	data := field.NewPath("data")
	switch s.Type {
	case corev1.SecretTypeServiceAccountToken:
		if s.Annotations[corev1.ServiceAccountNameKey] == "" {
			return one(field.Required(metadataPath().Child("annotations").Key(corev1.ServiceAccountNameKey), ""))
		}
	case corev1.SecretTypeDockercfg:
		return jsonKey(data, s, corev1.DockerConfigKey)
	case corev1.SecretTypeDockerConfigJson:
		return jsonKey(data, s, corev1.DockerConfigJsonKey)
	case corev1.SecretTypeBasicAuth:
		_, user := s.Data[corev1.BasicAuthUsernameKey]
		_, password := s.Data[corev1.BasicAuthPasswordKey]
		if !user && !password {
			return field.ErrorList{
				field.Required(data.Key(corev1.BasicAuthUsernameKey), ""),
				field.Required(data.Key(corev1.BasicAuthPasswordKey), ""),
			}
		}
	case corev1.SecretTypeSSHAuth:
		if len(s.Data[corev1.SSHAuthPrivateKey]) == 0 {
			return one(field.Required(data.Key(corev1.SSHAuthPrivateKey), ""))
		}
	case corev1.SecretTypeTLS:
		var errs field.ErrorList
		for _, key := range []string{corev1.TLSCertKey, corev1.TLSPrivateKeyKey} {
			if _, ok := s.Data[key]; !ok {
				errs = append(errs, field.Required(data.Key(key), ""))
			}
		}
		return errs
	}
	return nil
}

// SecretUpdate checks an update of a secret.
func SecretUpdate(s, old *corev1.Secret) field.ErrorList {
	errs := all(metaUpdate(&s.ObjectMeta, &old.ObjectMeta), unchanged(field.NewPath("type"), s.Type, old.Type))
	if isTrue(old.Immutable) {
		if !isTrue(s.Immutable) {
			errs = append(errs, field.Forbidden(field.NewPath("immutable"), immutableData))
		}
		if !same(s.Data, old.Data) {
			errs = append(errs, field.Forbidden(field.NewPath("data"), immutableData))
		}
	}
	return append(errs, Secret(s)...)
}

func isTrue(b *bool) bool { return b != nil && *b }

// ServiceAccount checks a service account.
func ServiceAccount(s *corev1.ServiceAccount) field.ErrorList {
	return namespaced(&s.ObjectMeta, subdomainName)
}

// ServiceAccountUpdate checks an update of a service account.
func ServiceAccountUpdate(s, old *corev1.ServiceAccount) field.ErrorList {
	return all(metaUpdate(&s.ObjectMeta, &old.ObjectMeta), ServiceAccount(s))
}

// Namespace checks a namespace.
func Namespace(ns *corev1.Namespace) field.ErrorList {
	errs := clusterScoped(&ns.ObjectMeta, labelName)
	for _, name := range ns.Spec.Finalizers {
		errs = append(errs, finalizerName(specPath().Child("finalizers"), string(name))...)
	}
	return errs
}

func finalizerName(path *field.Path, name string) field.ErrorList {
	return all(matches(path, name, utilvalidation.IsQualifiedName(name)), knownFinalizer(path, name))
}

// NamespaceFinalize checks a write of namespaces/finalize.
func NamespaceFinalize(ns, old *corev1.Namespace) field.ErrorList {
	errs := metaUpdate(&ns.ObjectMeta, &old.ObjectMeta)
	for i, name := range ns.Spec.Finalizers {
		errs = append(errs, finalizerName(specPath().Child("finalizers").Index(i), string(name))...)
	}
	return errs
}

// NamespaceUpdate checks an update of a namespace.
func NamespaceUpdate(ns, old *corev1.Namespace) field.ErrorList {
	return all(metaUpdate(&ns.ObjectMeta, &old.ObjectMeta), generated(&ns.ObjectMeta, labelName))
}

// NamespaceStatusUpdate checks that a namespace is Active until it is deleted.
func NamespaceStatusUpdate(ns, old *corev1.Namespace) field.ErrorList {
	errs := metaUpdate(&ns.ObjectMeta, &old.ObjectMeta)
	at := statusPath().Child("Phase")
	if ns.DeletionTimestamp.IsZero() && ns.Status.Phase != corev1.NamespaceActive {
		errs = append(errs, field.Invalid(at, ns.Status.Phase, "may only be 'Active' if `deletionTimestamp` is empty"))
	}
	if !ns.DeletionTimestamp.IsZero() && ns.Status.Phase != corev1.NamespaceTerminating {
		errs = append(errs, field.Invalid(at, ns.Status.Phase, "may only be 'Terminating' if `deletionTimestamp` is not empty"))
	}
	return errs
}

// jsonKey demands that a key of a secret is there and holds JSON. The message never quotes the secret.
func jsonKey(data *field.Path, s *corev1.Secret, key string) field.ErrorList {
	value, ok := s.Data[key]
	if !ok {
		return one(field.Required(data.Key(key), ""))
	}
	if err := json.Unmarshal(value, &map[string]any{}); err != nil {
		return one(field.Invalid(data.Key(key), "<secret contents redacted>", err.Error()))
	}
	return nil
}
