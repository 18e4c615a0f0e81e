package reviews

import (
	"context"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// access answers who may do what.
type access struct{ authorizer authorizer.Authorizer }

func (z access) subject(ctx context.Context, r *authorizationv1.SubjectAccessReview) (*authorizationv1.SubjectAccessReview, error) {
	if errs := append(validateSpec(&r.Spec, field.NewPath("spec")), validateMetadata(&r.ObjectMeta, "")...); len(errs) > 0 {
		return nil, invalid(errs)
	}
	r.Status = z.ask(ctx, userOf(&r.Spec), r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes)
	return r, nil
}

func (z access) self(ctx context.Context, r *authorizationv1.SelfSubjectAccessReview) (*authorizationv1.SelfSubjectAccessReview, error) {
	if errs := append(validateSelfSpec(&r.Spec, field.NewPath("spec")), validateMetadata(&r.ObjectMeta, "")...); len(errs) > 0 {
		return nil, invalid(errs)
	}
	u, ok := request.UserFrom(ctx)
	if !ok {
		return nil, apierrors.NewBadRequest("no user present on request")
	}
	r.Status = z.ask(ctx, u, r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes)
	return r, nil
}

func (z access) local(ctx context.Context, r *authorizationv1.LocalSubjectAccessReview) (*authorizationv1.LocalSubjectAccessReview, error) {
	spec := field.NewPath("spec")
	errs := append(validateSpec(&r.Spec, spec), validateMetadata(&r.ObjectMeta, r.Namespace)...)
	if a := r.Spec.ResourceAttributes; a != nil && a.Namespace != r.Namespace {
		errs = append(errs, field.Invalid(spec.Child("resourceAttributes", "namespace"), a.Namespace, "must match metadata.namespace"))
	}
	if r.Spec.NonResourceAttributes != nil {
		errs = append(errs, field.Invalid(spec.Child("nonResourceAttributes"), shown(r.Spec.NonResourceAttributes), "disallowed on this kind of request"))
	}
	if len(errs) > 0 {
		return nil, invalid(errs)
	}
	if r.Namespace != request.NamespaceValue(ctx) {
		return nil, apierrors.NewBadRequest("spec.resourceAttributes.namespace must match namespace: " + request.NamespaceValue(ctx))
	}
	r.Status = z.ask(ctx, userOf(&r.Spec), r.Spec.ResourceAttributes, nil)
	return r, nil
}

func (z access) ask(ctx context.Context, u user.Info, res *authorizationv1.ResourceAttributes, path *authorizationv1.NonResourceAttributes) authorizationv1.SubjectAccessReviewStatus {
	a := authorizer.AttributesRecord{User: u}
	if res != nil {
		a.ResourceRequest = true
		a.Verb, a.Namespace, a.APIGroup, a.APIVersion = res.Verb, res.Namespace, res.Group, versionOf(res)
		a.Resource, a.Subresource, a.Name = res.Resource, res.Subresource, res.Name
		a.FieldSelectorRequirements, a.FieldSelectorParsingErr = fieldRequirements(res.FieldSelector)
		a.LabelSelectorRequirements, a.LabelSelectorParsingErr = labelRequirements(res.LabelSelector)
	} else {
		a.Verb, a.Path = path.Verb, path.Path
	}
	decision, reason, err := z.authorizer.Authorize(ctx, a)
	s := authorizationv1.SubjectAccessReviewStatus{
		Allowed: decision == authorizer.DecisionAllow, Denied: decision == authorizer.DecisionDeny, Reason: reason,
		EvaluationError: evaluationError(err, a),
	}
	return s
}

// versionOf defaults to all versions, as no version is meant.
func versionOf(r *authorizationv1.ResourceAttributes) string {
	if r.Version == "" {
		return "*"
	}
	return r.Version
}

func userOf(s *authorizationv1.SubjectAccessReviewSpec) user.Info {
	u := &user.DefaultInfo{Name: s.User, UID: s.UID, Groups: s.Groups}
	for k, v := range s.Extra {
		if u.Extra == nil {
			u.Extra = map[string][]string{}
		}
		u.Extra[k] = v
	}
	return u
}

// rules lists what the sender may do in a namespace.
type rules struct{ resolver authorizer.RuleResolver }

func (z rules) review(ctx context.Context, r *authorizationv1.SelfSubjectRulesReview) (*authorizationv1.SelfSubjectRulesReview, error) {
	u, ok := request.UserFrom(ctx)
	if !ok {
		return nil, apierrors.NewBadRequest("no user present on request")
	}
	if r.Spec.Namespace == "" {
		return nil, apierrors.NewBadRequest("no namespace on request")
	}
	resources, paths, incomplete, err := z.resolver.RulesFor(ctx, u, r.Spec.Namespace)
	r = &authorizationv1.SelfSubjectRulesReview{} // which answers with nothing but the status
	r.Status = authorizationv1.SubjectRulesReviewStatus{
		ResourceRules: []authorizationv1.ResourceRule{}, NonResourceRules: []authorizationv1.NonResourceRule{}, Incomplete: incomplete,
	}
	for _, x := range resources {
		r.Status.ResourceRules = append(r.Status.ResourceRules, authorizationv1.ResourceRule{
			Verbs: x.GetVerbs(), APIGroups: x.GetAPIGroups(), Resources: x.GetResources(), ResourceNames: x.GetResourceNames(),
		})
	}
	for _, x := range paths {
		r.Status.NonResourceRules = append(r.Status.NonResourceRules, authorizationv1.NonResourceRule{
			Verbs: x.GetVerbs(), NonResourceURLs: x.GetNonResourceURLs(),
		})
	}
	if err != nil {
		r.Status.EvaluationError = err.Error()
	}
	return r, nil
}
