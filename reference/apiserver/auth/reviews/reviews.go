// Package reviews serves the virtual resources about identity and permission:
// they are answered when they are created and never stored.
//
//	for gv, paths := range reviews.Storages(a, loopback) {
//		for path, st := range paths { all.add(gv, path, st) }
//	}
//
// gv is authentication.k8s.io/v1, authorization.k8s.io/v1 and v1 (serviceaccounts/token).
package reviews

import (
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver/auth"
)

// Storages returns the storage of each path. client reads service accounts,
// pods, secrets and nodes as a user in system:masters.
func Storages(a *auth.Auth, client kubernetes.Interface) map[schema.GroupVersion]map[string]rest.Storage {
	z := access{a.Authorizer}
	return map[schema.GroupVersion]map[string]rest.Storage{
		authenticationv1.SchemeGroupVersion: {
			"tokenreviews":       virtual("tokenreview", false, tokenReview{a.Authenticator, a.Audiences}.review),
			"selfsubjectreviews": virtual("selfsubjectreview", false, selfSubjectReview),
		},
		authorizationv1.SchemeGroupVersion: {
			"subjectaccessreviews":      virtual("subjectaccessreview", false, z.subject),
			"selfsubjectaccessreviews":  virtual("selfsubjectaccessreview", false, z.self),
			"localsubjectaccessreviews": virtual("localsubjectaccessreview", true, z.local),
			"selfsubjectrulesreviews":   virtual("selfsubjectrulesreview", false, rules{a.RuleResolver}.review),
		},
		corev1.SchemeGroupVersion: {
			"serviceaccounts/token": &tokenREST{
				issuer: a.Issuer, audiences: a.Audiences, maximum: a.MaxTokenExpiration, extend: a.ExtendExpiration, client: client, now: time.Now,
			},
		},
	}
}

// object is a pointer to a review.
type object[T any] interface {
	*T
	runtime.Object
	metav1.Object
}

// review answers one kind of review.
type review[T any, O object[T]] struct {
	singular   string
	namespaced bool
	answer     func(ctx context.Context, o O) (O, error)
}

func virtual[T any, O object[T]](singular string, namespaced bool, answer func(context.Context, O) (O, error)) rest.Storage {
	return &review[T, O]{singular, namespaced, answer}
}

var (
	_ rest.Creater              = (*review[authorizationv1.SubjectAccessReview, *authorizationv1.SubjectAccessReview])(nil)
	_ rest.Scoper               = (*review[authorizationv1.SubjectAccessReview, *authorizationv1.SubjectAccessReview])(nil)
	_ rest.SingularNameProvider = (*review[authorizationv1.SubjectAccessReview, *authorizationv1.SubjectAccessReview])(nil)
)

func (r *review[T, O]) New() runtime.Object     { return O(new(T)) }
func (r *review[T, O]) Destroy()                {}
func (r *review[T, O]) NamespaceScoped() bool   { return r.namespaced }
func (r *review[T, O]) GetSingularName() string { return r.singular }

func (r *review[T, O]) Create(ctx context.Context, obj runtime.Object, validate rest.ValidateObjectFunc, _ *metav1.CreateOptions) (runtime.Object, error) {
	o, ok := obj.(O)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("not a %s: %#v", r.singular, obj))
	}
	if validate != nil {
		if err := validate(ctx, obj.DeepCopyObject()); err != nil {
			return nil, err
		}
	}
	return r.answer(ctx, o)
}
