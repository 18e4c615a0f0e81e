// Package certificates approves the certificate requests of kubelets, signs approved requests, and removes old ones.
package certificates

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	certificateslisters "k8s.io/client-go/listers/certificates/v1"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/pki"
)

// Authority signs certificates.
type Authority interface {
	Sign(req pki.Request, key crypto.PublicKey) (*x509.Certificate, error)
}

// New declares the controller.
func New(env controller.Env, authority Authority) (controller.Controller, error) {
	requests := env.Informers.Certificates().V1().CertificateSigningRequests()
	r := &reconciler{client: env.Client, authority: authority, requests: requests.Lister()}
	return controller.Controller{
		Name:      "certificatesigningrequest",
		Watches:   []controller.Watch{{Informer: requests.Informer()}},
		Reconcile: r.reconcile,
		Workers:   2,
	}, nil
}

type reconciler struct {
	client    kubernetes.Interface
	authority Authority
	requests  certificateslisters.CertificateSigningRequestLister
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	csr, err := r.requests.Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	expired, left := lifetime(csr, time.Now())
	switch {
	case expired:
		err := r.client.CertificatesV1().CertificateSigningRequests().Delete(ctx, csr.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(csr.UID))})
		if err != nil && !apierrors.IsNotFound(err) {
			return 0, fmt.Errorf("delete old request: %w", err)
		}
		return 0, nil
	case undecided(csr):
		return left, r.approve(ctx, csr)
	case holds(csr, certificatesv1.CertificateApproved) && !holds(csr, certificatesv1.CertificateFailed) && len(csr.Status.Certificate) == 0:
		return left, r.sign(ctx, csr)
	}
	return left, nil
}

// approve approves a kubelet's request when its sender is allowed to make it.
func (r *reconciler) approve(ctx context.Context, csr *certificatesv1.CertificateSigningRequest) error {
	request, err := parse(csr)
	if err != nil || csr.Spec.SignerName != certificatesv1.KubeAPIServerClientKubeletSignerName || kubeletClient(csr, request) != nil {
		return nil // for someone else to decide
	}
	permissions := []string{"nodeclient"}
	if csr.Spec.Username == request.Subject.CommonName {
		permissions = []string{"selfnodeclient", "nodeclient"}
	}
	for _, p := range permissions {
		allowed, err := r.allowed(ctx, csr, p)
		if err != nil {
			return err
		}
		if !allowed {
			continue
		}
		next := csr.DeepCopy()
		next.Status.Conditions = append(next.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{
			Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue,
			Reason: "AutoApproved", Message: "Auto approving kubelet client certificate after SubjectAccessReview.",
		})
		if _, err := r.client.CertificatesV1().CertificateSigningRequests().UpdateApproval(ctx, csr.Name, next, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("approve: %w", err)
		}
		return nil
	}
	return nil
}

func (r *reconciler) allowed(ctx context.Context, csr *certificatesv1.CertificateSigningRequest, subresource string) (bool, error) {
	extra := map[string]authorizationv1.ExtraValue{}
	for k, v := range csr.Spec.Extra {
		extra[k] = authorizationv1.ExtraValue(v)
	}
	review, err := r.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User: csr.Spec.Username, UID: csr.Spec.UID, Groups: csr.Spec.Groups, Extra: extra,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Group: "certificates.k8s.io", Resource: "certificatesigningrequests", Verb: "create", Subresource: subresource, Version: "*",
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("review access of %q: %w", csr.Spec.Username, err)
	}
	return review.Status.Allowed, nil
}

// sign issues the certificate, or says why it will not.
func (r *reconciler) sign(ctx context.Context, csr *certificatesv1.CertificateSigningRequest) error {
	if !ours(csr.Spec.SignerName) {
		return nil
	}
	request, err := parse(csr)
	if err == nil {
		err = check(csr, request)
	}
	next := csr.DeepCopy()
	if err != nil {
		next.Status.Conditions = append(next.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{
			Type: certificatesv1.CertificateFailed, Status: corev1.ConditionTrue, Reason: "SignerValidationFailure", Message: err.Error(),
		})
	} else {
		cert, err := r.authority.Sign(wish(csr, request), request.PublicKey)
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		next.Status.Certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	}
	if _, err := r.client.CertificatesV1().CertificateSigningRequests().UpdateStatus(ctx, next, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("update status: %w", err)
	}
	return nil
}
