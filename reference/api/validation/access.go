package validation

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Role checks a role.
func Role(r *rbacv1.Role) field.ErrorList {
	errs := namespaced(&r.ObjectMeta, pathName)
	for i := range r.Rules {
		errs = append(errs, policyRule(field.NewPath("rules").Index(i), &r.Rules[i], true)...)
	}
	return errs
}

// RoleUpdate checks an update of a role.
func RoleUpdate(r, old *rbacv1.Role) field.ErrorList {
	return all(Role(r), metaUpdate(&r.ObjectMeta, &old.ObjectMeta))
}

// ClusterRole checks a cluster role.
func ClusterRole(r *rbacv1.ClusterRole) field.ErrorList {
	errs := clusterScoped(&r.ObjectMeta, pathName)
	for i := range r.Rules {
		errs = append(errs, policyRule(field.NewPath("rules").Index(i), &r.Rules[i], false)...)
	}
	if r.AggregationRule == nil {
		return errs
	}
	path := field.NewPath("aggregationRule", "clusterRoleSelectors")
	if len(r.AggregationRule.ClusterRoleSelectors) == 0 {
		return append(errs, field.Required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"))
	}
	for i := range r.AggregationRule.ClusterRoleSelectors {
		selector := &r.AggregationRule.ClusterRoleSelectors[i]
		errs = append(errs, labelSelector(path.Index(i), selector)...)
		if _, err := metav1.LabelSelectorAsSelector(selector); err != nil {
			errs = append(errs, field.Invalid(path.Index(i), *selector, err.Error()))
		}
	}
	return errs
}

// ClusterRoleUpdate checks an update of a cluster role.
func ClusterRoleUpdate(r, old *rbacv1.ClusterRole) field.ErrorList {
	return all(ClusterRole(r), metaUpdate(&r.ObjectMeta, &old.ObjectMeta))
}

func policyRule(path *field.Path, r *rbacv1.PolicyRule, isNamespaced bool) field.ErrorList {
	var errs field.ErrorList
	if len(r.Verbs) == 0 {
		errs = append(errs, field.Required(path.Child("verbs"), "verbs must contain at least one value"))
	}
	if len(r.NonResourceURLs) > 0 {
		if isNamespaced {
			errs = append(errs, field.Invalid(path.Child("nonResourceURLs"), r.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs"))
		}
		if len(r.APIGroups) > 0 || len(r.Resources) > 0 || len(r.ResourceNames) > 0 {
			errs = append(errs, field.Invalid(path.Child("nonResourceURLs"), r.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"))
		}
		return errs
	}
	if len(r.APIGroups) == 0 {
		errs = append(errs, field.Required(path.Child("apiGroups"), "resource rules must supply at least one api group"))
	}
	if len(r.Resources) == 0 {
		errs = append(errs, field.Required(path.Child("resources"), "resource rules must supply at least one resource"))
	}
	return errs
}

// RoleBinding checks a role binding.
func RoleBinding(b *rbacv1.RoleBinding) field.ErrorList {
	return all(namespaced(&b.ObjectMeta, pathName), roleRef(&b.RoleRef, "ClusterRole", "Role"), subjects(b.Subjects, true))
}

// RoleBindingUpdate checks an update of a role binding: its role stays.
func RoleBindingUpdate(b, old *rbacv1.RoleBinding) field.ErrorList {
	return all(RoleBinding(b), metaUpdate(&b.ObjectMeta, &old.ObjectMeta), sameRole(b.RoleRef, old.RoleRef))
}

// ClusterRoleBinding checks a cluster role binding.
func ClusterRoleBinding(b *rbacv1.ClusterRoleBinding) field.ErrorList {
	return all(clusterScoped(&b.ObjectMeta, pathName), roleRef(&b.RoleRef, "ClusterRole"), subjects(b.Subjects, false))
}

// ClusterRoleBindingUpdate checks an update of a cluster role binding: its role stays.
func ClusterRoleBindingUpdate(b, old *rbacv1.ClusterRoleBinding) field.ErrorList {
	return all(ClusterRoleBinding(b), metaUpdate(&b.ObjectMeta, &old.ObjectMeta), sameRole(b.RoleRef, old.RoleRef))
}

func sameRole(ref, old rbacv1.RoleRef) field.ErrorList {
	if ref != old {
		return one(field.Invalid(field.NewPath("roleRef"), ref, "cannot change roleRef"))
	}
	return nil
}

func roleRef(ref *rbacv1.RoleRef, kinds ...string) field.ErrorList {
	path := field.NewPath("roleRef")
	var errs field.ErrorList
	if ref.APIGroup != rbacv1.GroupName {
		errs = append(errs, field.NotSupported(path.Child("apiGroup"), ref.APIGroup, []string{rbacv1.GroupName}))
	}
	if !slices.Contains(kinds, ref.Kind) {
		errs = append(errs, field.NotSupported(path.Child("kind"), ref.Kind, kinds))
	}
	return append(errs, requiredAnd(path.Child("name"), ref.Name, pathSegment)...)
}

func subjects(list []rbacv1.Subject, isNamespaced bool) field.ErrorList {
	var errs field.ErrorList
	for i, s := range list {
		path := field.NewPath("subjects").Index(i)
		errs = append(errs, required(path.Child("name"), s.Name)...)
		switch s.Kind {
		case rbacv1.ServiceAccountKind:
			if s.Name != "" {
				errs = append(errs, matches(path.Child("name"), s.Name, isSubdomain(s.Name))...)
			}
			if s.APIGroup != "" {
				errs = append(errs, field.NotSupported(path.Child("apiGroup"), s.APIGroup, []string{""}))
			}
			if !isNamespaced && s.Namespace == "" {
				errs = append(errs, field.Required(path.Child("namespace"), ""))
			}
		case rbacv1.UserKind, rbacv1.GroupKind:
			if s.APIGroup != rbacv1.GroupName {
				errs = append(errs, field.NotSupported(path.Child("apiGroup"), s.APIGroup, []string{rbacv1.GroupName}))
			}
		default:
			errs = append(errs, field.NotSupported(path.Child("kind"), s.Kind, []string{rbacv1.ServiceAccountKind, rbacv1.UserKind, rbacv1.GroupKind}))
		}
	}
	return errs
}

// legacySigner signed what certificates.k8s.io/v1beta1 asked for without a signer.
const legacySigner = "kubernetes.io/legacy-unknown"

// minCertificateSeconds is the shortest life of a certificate that may be asked for.
const minCertificateSeconds = 600

// CertificateSigningRequest checks a request for a certificate.
func CertificateSigningRequest(c *certificatesv1.CertificateSigningRequest) field.ErrorList {
	path, spec := specPath(), &c.Spec
	errs := clusterScoped(&c.ObjectMeta, pathName)
	if err := parseRequest(spec.Request); err != nil {
		errs = append(errs, field.Invalid(path.Child("request"), spec.Request, err.Error()))
	}
	if len(spec.Usages) == 0 {
		errs = append(errs, field.Required(path.Child("usages"), ""))
	}
	usages := seen[certificatesv1.KeyUsage]{}
	for i, usage := range spec.Usages {
		errs = append(errs, strictOneOf(path.Child("usages").Index(i), usage, keyUsages()...)...)
		errs = append(errs, usages.add(path.Child("usages").Index(i), usage)...)
	}
	errs = append(errs, signerName(path.Child("signerName"), spec.SignerName)...)
	if spec.SignerName == legacySigner {
		errs = append(errs, field.Invalid(path.Child("signerName"), spec.SignerName, "the legacy signerName is not allowed via this API version"))
	}
	if seconds := spec.ExpirationSeconds; seconds != nil && *seconds < minCertificateSeconds {
		errs = append(errs, field.Invalid(path.Child("expirationSeconds"), *seconds, "may not specify a duration less than 600 seconds (10 minutes)"))
	}
	return append(errs, csrConditions(c)...)
}

func parseRequest(data []byte) error {
	block, rest := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE REQUEST" || len(strings.TrimSpace(string(rest))) > 0 {
		return errors.New("PEM block type must be CERTIFICATE REQUEST")
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return err
	}
	return request.CheckSignature()
}

func keyUsages() []certificatesv1.KeyUsage {
	return []certificatesv1.KeyUsage{
		certificatesv1.UsageSigning, certificatesv1.UsageDigitalSignature, certificatesv1.UsageContentCommitment,
		certificatesv1.UsageKeyEncipherment, certificatesv1.UsageKeyAgreement, certificatesv1.UsageDataEncipherment,
		certificatesv1.UsageCertSign, certificatesv1.UsageCRLSign, certificatesv1.UsageEncipherOnly, certificatesv1.UsageDecipherOnly,
		certificatesv1.UsageAny, certificatesv1.UsageServerAuth, certificatesv1.UsageClientAuth, certificatesv1.UsageCodeSigning,
		certificatesv1.UsageEmailProtection, certificatesv1.UsageSMIME, certificatesv1.UsageIPsecEndSystem, certificatesv1.UsageIPsecTunnel,
		certificatesv1.UsageIPsecUser, certificatesv1.UsageTimestamping, certificatesv1.UsageOCSPSigning,
		certificatesv1.UsageMicrosoftSGC, certificatesv1.UsageNetscapeSGC,
	}
}

// signerName demands a domain and a path.
func signerName(path *field.Path, name string) field.ErrorList {
	if name == "" {
		return one(field.Required(path, ""))
	}
	domain, rest, ok := strings.Cut(name, "/")
	if !ok || rest == "" {
		return one(field.Invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"))
	}
	errs := matches(path, domain, isSubdomain(domain))
	if !strings.Contains(domain, ".") {
		errs = append(errs, field.Invalid(path, domain, "should be a domain with at least two segments separated by dots"))
	}
	for part := range strings.SplitSeq(rest, ".") {
		errs = append(errs, matches(path, part, isLabel(part))...)
	}
	return errs
}

func csrConditions(c *certificatesv1.CertificateSigningRequest) field.ErrorList {
	var errs field.ErrorList
	path := statusPath().Child("conditions")
	has := map[certificatesv1.RequestConditionType]bool{}
	for i, condition := range c.Status.Conditions {
		at := path.Index(i)
		errs = append(errs, required(at.Child("type"), condition.Type)...)
		status := at.Child("status")
		switch condition.Type {
		case certificatesv1.CertificateApproved, certificatesv1.CertificateDenied, certificatesv1.CertificateFailed:
			errs = append(errs, oneOf(status, condition.Status, corev1.ConditionTrue)...)
		default:
			errs = append(errs, oneOf(status, condition.Status, corev1.ConditionTrue, corev1.ConditionFalse, corev1.ConditionUnknown)...)
		}
		if has[condition.Type] {
			errs = append(errs, field.Duplicate(at.Child("type"), condition.Type))
		}
		has[condition.Type] = true
	}
	if has[certificatesv1.CertificateApproved] && has[certificatesv1.CertificateDenied] {
		errs = append(errs, field.Invalid(path, certificatesv1.CertificateDenied, "Approved and Denied conditions are mutually exclusive"))
	}
	return errs
}

// CertificateSigningRequestUpdate checks an update of a request.
func CertificateSigningRequestUpdate(c, old *certificatesv1.CertificateSigningRequest) field.ErrorList {
	return all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), CertificateSigningRequest(c), keptVerdict(c, old))
}

// CertificateSigningRequestStatusUpdate checks what a signer writes: one certificate, once.
func CertificateSigningRequestStatusUpdate(c, old *certificatesv1.CertificateSigningRequest) field.ErrorList {
	errs := all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), csrConditions(c), keptVerdict(c, old), noVerdict(c, old))
	path := statusPath().Child("certificate")
	if len(old.Status.Certificate) > 0 && !slices.Equal(c.Status.Certificate, old.Status.Certificate) {
		errs = append(errs, field.Forbidden(path, "updates may not modify existing certificate content"))
	}
	return append(errs, certificates(path, c.Status.Certificate)...)
}

// noVerdict refuses that a signer approves or denies.
func noVerdict(c, old *certificatesv1.CertificateSigningRequest) field.ErrorList {
	var errs field.ErrorList
	for _, kind := range []certificatesv1.RequestConditionType{certificatesv1.CertificateApproved, certificatesv1.CertificateDenied} {
		of := func(c certificatesv1.CertificateSigningRequestCondition) bool { return c.Type == kind }
		if slices.ContainsFunc(c.Status.Conditions, of) && !slices.ContainsFunc(old.Status.Conditions, of) {
			errs = append(errs, field.Forbidden(statusPath().Child("conditions"), fmt.Sprintf("updates may not add a condition of type %q", kind)))
		}
	}
	return errs
}

// certificates demands one certificate or more in PEM form, if there is anything.
func certificates(path *field.Path, rest []byte) field.ErrorList {
	if len(rest) == 0 {
		return nil
	}
	var errs field.ErrorList
	for found := false; ; found = true {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			if !found {
				errs = append(errs, field.Invalid(path, "<certificate data>", "must contain at least one CERTIFICATE PEM block"))
			}
			return errs
		}
		if block.Type != "CERTIFICATE" {
			return append(errs, field.Invalid(path, "<certificate data>", fmt.Sprintf("only CERTIFICATE PEM blocks are allowed, found %q", block.Type)))
		}
		if _, err := x509.ParseCertificates(block.Bytes); err != nil {
			return append(errs, field.Invalid(path, "<certificate data>", err.Error()))
		}
	}
}

// CertificateSigningRequestApprovalUpdate checks what an approver writes: a verdict stands.
func CertificateSigningRequestApprovalUpdate(c, old *certificatesv1.CertificateSigningRequest) field.ErrorList {
	return all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), csrConditions(c), keptVerdict(c, old))
}

func keptVerdict(c, old *certificatesv1.CertificateSigningRequest) field.ErrorList {
	var errs field.ErrorList
	for _, kind := range []certificatesv1.RequestConditionType{certificatesv1.CertificateApproved, certificatesv1.CertificateDenied, certificatesv1.CertificateFailed} {
		of := func(c certificatesv1.CertificateSigningRequestCondition) bool { return c.Type == kind }
		if slices.ContainsFunc(old.Status.Conditions, of) && !slices.ContainsFunc(c.Status.Conditions, of) {
			errs = append(errs, field.Forbidden(statusPath().Child("conditions"), fmt.Sprintf("updates may not remove a condition of type %q", kind)))
		}
	}
	return errs
}
