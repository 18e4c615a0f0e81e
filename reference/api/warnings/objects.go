package warnings

import (
	"crypto/tls"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Secret warns about a certificate and a key that do not belong together, or that no server can read.
func Secret(s, _ *corev1.Secret) []string {
	if s.Type != corev1.SecretTypeTLS {
		return nil
	}
	if _, err := tls.X509KeyPair(s.Data[corev1.TLSCertKey], s.Data[corev1.TLSPrivateKeyKey]); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// Node warns about an id that nothing reads.
func Node(n, _ *corev1.Node) []string {
	if n.Spec.DoNotUseExternalID == "" {
		return nil
	}
	return []string{"spec.externalID: this field is deprecated, and is unused by Kubernetes"}
}

// ServiceAccount warns about an annotation that only looked safe.
func ServiceAccount(sa, _ *corev1.ServiceAccount) []string {
	const annotation = "kubernetes.io/enforce-mountable-secrets"
	if _, ok := sa.Annotations[annotation]; !ok {
		return nil
	}
	return []string{fmt.Sprintf("%s: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets",
		field.NewPath("metadata", "annotations").Key(annotation))}
}

// StorageClass warns about labels that have got other names.
func StorageClass(c, _ *storagev1.StorageClass) []string {
	var out []string
	for i, term := range c.AllowedTopologies {
		for j, e := range term.MatchLabelExpressions {
			if instead, ok := deprecatedLabel(e.Key); ok {
				at := field.NewPath("allowedTopologies").Index(i).Child("matchLabelExpressions").Index(j).Child("key")
				out = append(out, fmt.Sprintf("%s: %s", at, instead))
			}
		}
	}
	return out
}

// CSIDriver warns about tokens where logs may show them (KEP-5538).
func CSIDriver(d, old *storagev1.CSIDriver) []string {
	if isLogged(d) && (old == nil || !isLogged(old) || !equality.Semantic.DeepEqual(d.Spec.TokenRequests, old.Spec.TokenRequests)) {
		return []string{"spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes"}
	}
	return nil
}

// isLogged says whether a driver gets tokens beside what it may log.
func isLogged(d *storagev1.CSIDriver) bool {
	return len(d.Spec.TokenRequests) > 0 && d.Spec.ServiceAccountTokenInSecrets == nil
}

// goneSources warns about volumes that no node mounts any more.
func goneSources(s *corev1.PersistentVolumeSource) []string {
	var out []string
	for _, source := range []struct {
		name, text string
		used       bool
	}{
		{"photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+", s.PhotonPersistentDisk != nil},
		{"scaleIO", "deprecated in v1.16, non-functional in v1.22+", s.ScaleIO != nil},
		{"storageOS", "deprecated in v1.22, non-functional in v1.25+", s.StorageOS != nil},
		{"glusterfs", "deprecated in v1.25, non-functional in v1.26+", s.Glusterfs != nil},
		{"cephfs", "deprecated in v1.28, non-functional in v1.31+", s.CephFS != nil},
		{"rbd", "deprecated in v1.28, non-functional in v1.31+", s.RBD != nil},
	} {
		if source.used {
			out = append(out, fmt.Sprintf("%s: %s", field.NewPath("spec", source.name), source.text))
		}
	}
	return out
}
