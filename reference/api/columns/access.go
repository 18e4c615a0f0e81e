package columns

import (
	"slices"
	"strings"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/duration"
)

// RoleBinding are the columns of role bindings.
func RoleBinding() []Column {
	return append(named[rbacv1.RoleBinding](
		text("Role", "Role that is given.", func(b *rbacv1.RoleBinding) string { return b.RoleRef.Kind + "/" + b.RoleRef.Name }),
		age[rbacv1.RoleBinding](),
	), subjectColumns(func(b *rbacv1.RoleBinding) []rbacv1.Subject { return b.Subjects })...)
}

// ClusterRoleBinding are the columns of cluster role bindings.
func ClusterRoleBinding() []Column {
	return append(named[rbacv1.ClusterRoleBinding](
		text("Role", "Role that is given.", func(b *rbacv1.ClusterRoleBinding) string { return b.RoleRef.Kind + "/" + b.RoleRef.Name }),
		age[rbacv1.ClusterRoleBinding](),
	), subjectColumns(func(b *rbacv1.ClusterRoleBinding) []rbacv1.Subject { return b.Subjects })...)
}

func subjectColumns[T any, P object[T]](subjects func(*T) []rbacv1.Subject) []Column {
	of := func(kind string) func(*T) string {
		return func(obj *T) string {
			var names []string
			for _, s := range subjects(obj) {
				if s.Kind != kind {
					continue
				}
				if kind == rbacv1.ServiceAccountKind {
					s.Name = s.Namespace + "/" + s.Name
				}
				names = append(names, s.Name)
			}
			return strings.Join(names, ", ")
		}
	}
	return []Column{
		wide(text[T, P]("Users", "Users who have the role.", of(rbacv1.UserKind))),
		wide(text[T, P]("Groups", "Groups that have the role.", of(rbacv1.GroupKind))),
		wide(text[T, P]("ServiceAccounts", "Service accounts that have the role.", of(rbacv1.ServiceAccountKind))),
	}
}

// CertificateSigningRequest are the columns of requests for certificates.
func CertificateSigningRequest() []Column {
	return named[certificatesv1.CertificateSigningRequest](
		age[certificatesv1.CertificateSigningRequest](),
		text("SignerName", "Who is to sign.", func(c *certificatesv1.CertificateSigningRequest) string { return or(c.Spec.SignerName, none) }),
		text("Requestor", "Who asks.", func(c *certificatesv1.CertificateSigningRequest) string { return c.Spec.Username }),
		text("RequestedDuration", "How long the certificate shall be valid.", func(c *certificatesv1.CertificateSigningRequest) string {
			if c.Spec.ExpirationSeconds == nil {
				return none
			}
			return duration.HumanDuration(time.Duration(*c.Spec.ExpirationSeconds) * time.Second)
		}),
		text("Condition", "Verdict, and whether the certificate is there.", verdict),
	)
}

func verdict(c *certificatesv1.CertificateSigningRequest) string {
	var words []string
	for _, kind := range []certificatesv1.RequestConditionType{
		certificatesv1.CertificateApproved, certificatesv1.CertificateDenied, certificatesv1.CertificateFailed,
	} {
		if slices.ContainsFunc(c.Status.Conditions, func(have certificatesv1.CertificateSigningRequestCondition) bool { return have.Type == kind }) {
			words = append(words, string(kind))
		}
	}
	if len(words) == 0 {
		words = append(words, "Pending")
	}
	if len(c.Status.Certificate) > 0 {
		words = append(words, "Issued")
	}
	return strings.Join(words, ",")
}
