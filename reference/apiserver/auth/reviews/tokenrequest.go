package reviews

import (
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
)

// In seconds, as in the API.
const (
	defaultExpiration = 3600
	minExpiration     = 600
	maxExpiration     = 1 << 32
)

const (
	podLifetime      = 3607 * time.Second   // what the admission plugin ServiceAccount asks for
	extendedLifetime = 365 * 24 * time.Hour // for clients that read their token once
)

// tokenREST is serviceaccounts/token.
type tokenREST struct {
	issuer    *tokens.Issuer
	audiences authenticator.Audiences
	maximum   time.Duration
	extend    bool // --service-account-extend-token-expiration
	client    kubernetes.Interface
	now       func() time.Time
}

var (
	_ rest.NamedCreater             = (*tokenREST)(nil)
	_ rest.GroupVersionKindProvider = (*tokenREST)(nil)
)

func (r *tokenREST) New() runtime.Object { return &authenticationv1.TokenRequest{} }
func (r *tokenREST) Destroy()            {}

// GroupVersionKind implements rest.GroupVersionKindProvider.
func (r *tokenREST) GroupVersionKind(schema.GroupVersion) schema.GroupVersionKind {
	return authenticationv1.SchemeGroupVersion.WithKind("TokenRequest")
}

// Create issues a token for the service account name.
func (r *tokenREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, _ *metav1.CreateOptions) (runtime.Object, error) {
	req, ok := obj.(*authenticationv1.TokenRequest)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("not a TokenRequest: %#v", obj))
	}
	namespace := request.NamespaceValue(ctx)
	sa, err := r.client.CoreV1().ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if err := r.complete(req, sa); err != nil {
		return nil, err
	}
	if validate != nil {
		if err := validate(ctx, obj.DeepCopyObject()); err != nil {
			return nil, err
		}
	}
	binding, err := r.binding(ctx, req.Spec.BoundObjectRef, sa)
	if err != nil {
		return nil, err
	}
	return r.issue(ctx, req, sa, binding)
}

// complete fills the defaults and validates.
func (r *tokenREST) complete(req *authenticationv1.TokenRequest, sa *corev1.ServiceAccount) error {
	invalid := func(name string, errs field.ErrorList) error {
		return apierrors.NewInvalid(schema.GroupKind{Group: authenticationv1.GroupName, Kind: "TokenRequest"}, name, errs)
	}
	sent := req.Name
	var errs field.ErrorList
	for _, f := range []struct {
		name  string
		value *string
		want  string
	}{{"name", &req.Name, sa.Name}, {"namespace", &req.Namespace, sa.Namespace}} {
		if *f.value == "" {
			*f.value = f.want
		}
		if *f.value != f.want {
			errs = append(errs, field.Invalid(field.NewPath("metadata", f.name), *f.value, "must match the service account "+f.name+" if specified"))
		}
	}
	if len(errs) > 0 {
		return invalid(sa.Name, errs)
	}
	req.UID = sa.UID
	if len(req.Spec.Audiences) == 0 {
		req.Spec.Audiences = r.audiences
	}
	if req.Spec.ExpirationSeconds == nil {
		req.Spec.ExpirationSeconds = new(int64(defaultExpiration))
	}
	expiration := field.NewPath("spec", "expirationSeconds")
	if s := *req.Spec.ExpirationSeconds; s < minExpiration {
		errs = append(errs, field.Invalid(expiration, s, "may not specify a duration less than 10 minutes"))
	} else if s > maxExpiration {
		errs = append(errs, field.Invalid(expiration, s, "may not specify a duration larger than 2^32 seconds"))
	}
	if len(errs) > 0 {
		return invalid(sent, errs)
	}
	return nil
}

// binding looks up the object that the token is to be bound to.
func (r *tokenREST) binding(ctx context.Context, ref *authenticationv1.BoundObjectReference, sa *corev1.ServiceAccount) (tokens.Binding, error) {
	var b tokens.Binding
	if ref == nil {
		return b, nil
	}
	var uid types.UID
	var err error
	switch (schema.GroupVersionKind{Group: "", Version: ref.APIVersion, Kind: ref.Kind}) {
	case corev1.SchemeGroupVersion.WithKind("Pod"):
		if b.Pod, err = r.client.CoreV1().Pods(sa.Namespace).Get(ctx, ref.Name, metav1.GetOptions{}); err != nil {
			return b, err
		}
		if b.Pod.Spec.ServiceAccountName != sa.Name {
			return b, apierrors.NewBadRequest(fmt.Sprintf("cannot bind token for serviceaccount %q to pod running with different serviceaccount name.", sa.Name))
		}
		uid = b.Pod.UID
		b.Node, err = r.nodeOf(ctx, b.Pod)
	case corev1.SchemeGroupVersion.WithKind("Secret"):
		if b.Secret, err = r.client.CoreV1().Secrets(sa.Namespace).Get(ctx, ref.Name, metav1.GetOptions{}); err != nil {
			return b, err
		}
		uid = b.Secret.UID
	case corev1.SchemeGroupVersion.WithKind("Node"):
		if b.Node, err = r.client.CoreV1().Nodes().Get(ctx, ref.Name, metav1.GetOptions{}); err != nil {
			return b, err
		}
		uid = b.Node.UID
	default:
		return b, apierrors.NewBadRequest(fmt.Sprintf("cannot bind token to object of type %s", schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)))
	}
	if err != nil {
		return b, err
	}
	if ref.UID != "" && ref.UID != uid {
		return b, apierrors.NewConflict(schema.GroupResource{Group: "", Resource: ref.Kind}, ref.Name,
			fmt.Errorf("the UID in the bound object reference (%s) does not match the UID in record. The object might have been deleted and then recreated", ref.UID))
	}
	return b, nil
}

// nodeOf returns the node of a pod; one that is gone is named without a UID.
func (r *tokenREST) nodeOf(ctx context.Context, pod *corev1.Pod) (*corev1.Node, error) {
	if pod.Spec.NodeName == "" {
		return nil, nil //nolint:nilnil // documented in tokens.Binding
	}
	n, err := r.client.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{ResourceVersion: "0"})
	if apierrors.IsNotFound(err) {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: pod.Spec.NodeName}}, nil
	}
	return n, err
}

func (r *tokenREST) issue(ctx context.Context, req *authenticationv1.TokenRequest, sa *corev1.ServiceAccount, b tokens.Binding) (runtime.Object, error) {
	expires := time.Duration(*req.Spec.ExpirationSeconds) * time.Second
	if r.maximum > 0 && expires > r.maximum {
		expires = r.maximum
		req.Spec.ExpirationSeconds = new(int64(expires / time.Second))
	}
	t := tokens.Request{ServiceAccount: sa, Binding: b, Audiences: req.Spec.Audiences, Lifetime: expires}
	// Clients that do not reload their token keep working for a year, as
	// --service-account-extend-token-expiration says; the pod's end ends it.
	if r.extend && expires == podLifetime && b.Pod != nil && isAPIAudience(req.Spec.Audiences, r.audiences) {
		t.WarnAfter, t.Lifetime = expires, extendedLifetime
	}
	token, id, err := r.issuer.Issue(t)
	if err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	audit.AddAuditAnnotation(ctx, serviceaccount.IssuedCredentialIDAuditAnnotationKey, "JTI="+id)
	out := req.DeepCopy()
	out.CreationTimestamp = metav1.NewTime(r.now())
	out.Status = authenticationv1.TokenRequestStatus{Token: token, ExpirationTimestamp: metav1.NewTime(r.now().Add(expires))}
	return out, nil
}

func isAPIAudience(asked []string, api authenticator.Audiences) bool {
	for _, a := range asked {
		if !api.Has(a) {
			return false
		}
	}
	return true
}
