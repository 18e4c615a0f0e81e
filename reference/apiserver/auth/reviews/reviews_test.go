package reviews_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/seatrial/seatrial/reference/apiserver/auth"
	"github.com/seatrial/seatrial/reference/apiserver/auth/reviews"
)

type server struct {
	storages map[schema.GroupVersion]map[string]rest.Storage
	client   *fake.Clientset
}

func start(t *testing.T) server {
	t.Helper()
	meta := func(name, uid string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "blue", Name: name, UID: types.UID(uid)}
	}
	client := fake.NewClientset(
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "view"}, Rules: []rbacv1.PolicyRule{
			{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"pods"}},
			{Verbs: []string{"get"}, NonResourceURLs: []string{"/healthz"}},
		}},
		&rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "devs"}, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "view"}, Subjects: []rbacv1.Subject{{Kind: "Group", Name: "devs"}}},
		&corev1.ServiceAccount{ObjectMeta: meta("bot", "sa-1")},
		&corev1.Pod{ObjectMeta: meta("web", "pod-1"), Spec: corev1.PodSpec{ServiceAccountName: "bot", NodeName: "n1"}},
		&corev1.Pod{ObjectMeta: meta("other", "pod-2"), Spec: corev1.PodSpec{ServiceAccountName: "default"}},
		&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", UID: "node-1"}},
	)
	factory := informers.NewSharedInformerFactory(client, 0)
	a, err := auth.New(auth.Options{Client: client, Informers: factory, Flags: auth.Flags{Modes: []string{"RBAC"}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	t.Cleanup(func() { stop(); factory.Shutdown() })
	return server{reviews.Storages(a, client), client}
}

func (s server) create(ctx context.Context, gv schema.GroupVersion, path string, obj runtime.Object) (runtime.Object, error) {
	ctx = request.WithUser(ctx, &user.DefaultInfo{Name: "jane", UID: "7", Groups: []string{"devs"}, Extra: map[string][]string{"k": {"v"}}})
	return s.storages[gv][path].(rest.Creater).Create(ctx, obj, rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
}

func TestSelfSubjectReviewTellsTheUser(t *testing.T) {
	got, err := start(t).create(t.Context(), authenticationv1.SchemeGroupVersion, "selfsubjectreviews", &authenticationv1.SelfSubjectReview{})
	if err != nil {
		t.Fatal(err)
	}
	want := authenticationv1.UserInfo{Username: "jane", UID: "7", Groups: []string{"devs"}, Extra: map[string]authenticationv1.ExtraValue{"k": {"v"}}}
	if diff := cmp.Diff(want, got.(*authenticationv1.SelfSubjectReview).Status.UserInfo); diff != "" {
		t.Error(diff)
	}
}

func TestAccessReviewsAnswer(t *testing.T) {
	s := start(t)
	gv := authorizationv1.SchemeGroupVersion
	pods := func(verb, ns string) *authorizationv1.ResourceAttributes {
		return &authorizationv1.ResourceAttributes{Verb: verb, Namespace: ns, Resource: "pods"}
	}
	healthz := &authorizationv1.NonResourceAttributes{Verb: "get", Path: "/healthz"}
	tests := map[string]struct {
		path  string
		obj   runtime.Object
		allow bool
		want  string // part of an error
	}{
		"self may":       {"selfsubjectaccessreviews", &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: pods("get", "x")}}, true, ""},
		"self may not":   {"selfsubjectaccessreviews", &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: pods("delete", "x")}}, false, ""},
		"self path":      {"selfsubjectaccessreviews", &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{NonResourceAttributes: healthz}}, true, ""},
		"self nothing":   {"selfsubjectaccessreviews", &authorizationv1.SelfSubjectAccessReview{}, false, "exactly one of nonResourceAttributes or resourceAttributes must be specified"},
		"self both":      {"selfsubjectaccessreviews", &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: pods("get", ""), NonResourceAttributes: healthz}}, false, "cannot be specified in combination with resourceAttributes"},
		"other may":      {"subjectaccessreviews", &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{Groups: []string{"devs"}, ResourceAttributes: pods("get", "x")}}, true, ""},
		"other may not":  {"subjectaccessreviews", &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: "jane", ResourceAttributes: pods("get", "x")}}, false, ""},
		"nobody":         {"subjectaccessreviews", &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: pods("get", "x")}}, false, "at least one of user or group must be specified"},
		"local may":      {"localsubjectaccessreviews", &authorizationv1.LocalSubjectAccessReview{ObjectMeta: metav1.ObjectMeta{Namespace: "blue"}, Spec: authorizationv1.SubjectAccessReviewSpec{Groups: []string{"devs"}, ResourceAttributes: pods("get", "blue")}}, true, ""},
		"local mismatch": {"localsubjectaccessreviews", &authorizationv1.LocalSubjectAccessReview{ObjectMeta: metav1.ObjectMeta{Namespace: "blue"}, Spec: authorizationv1.SubjectAccessReviewSpec{Groups: []string{"devs"}, ResourceAttributes: pods("get", "red")}}, false, "must match metadata.namespace"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := s.create(request.WithNamespace(t.Context(), "blue"), gv, tt.path, tt.obj)
			if tt.want != "" {
				if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want Invalid with %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var status authorizationv1.SubjectAccessReviewStatus
			switch o := got.(type) {
			case *authorizationv1.SelfSubjectAccessReview:
				status = o.Status
			case *authorizationv1.SubjectAccessReview:
				status = o.Status
			case *authorizationv1.LocalSubjectAccessReview:
				status = o.Status
			}
			if status.Allowed != tt.allow || status.Denied || tt.allow == (status.Reason == "") {
				t.Errorf("got %+v, want allowed %v with a reason", status, tt.allow)
			}
		})
	}
}

func TestRulesReviewListsRules(t *testing.T) {
	s := start(t)
	r := &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: "blue"}}
	got, err := s.create(t.Context(), authorizationv1.SchemeGroupVersion, "selfsubjectrulesreviews", r)
	if err != nil {
		t.Fatal(err)
	}
	want := authorizationv1.SubjectRulesReviewStatus{
		ResourceRules:    []authorizationv1.ResourceRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"pods"}}},
		NonResourceRules: []authorizationv1.NonResourceRule{{Verbs: []string{"get"}, NonResourceURLs: []string{"/healthz"}}},
	}
	if diff := cmp.Diff(want, got.(*authorizationv1.SelfSubjectRulesReview).Status); diff != "" {
		t.Error(diff)
	}
	if _, err := s.create(t.Context(), authorizationv1.SchemeGroupVersion, "selfsubjectrulesreviews", &authorizationv1.SelfSubjectRulesReview{}); !apierrors.IsBadRequest(err) {
		t.Errorf("without a namespace: %v, want BadRequest", err)
	}
}

func TestTokenRequest(t *testing.T) {
	pod := func(name, uid string) *authenticationv1.BoundObjectReference {
		return &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: name, UID: types.UID(uid)}
	}
	tests := map[string]struct {
		sa      string
		spec    authenticationv1.TokenRequestSpec
		seconds float64 // to the expiration
		want    string  // part of an error
	}{
		"default":           {"bot", authenticationv1.TokenRequestSpec{}, 3600, ""},
		"an hour":           {"bot", authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(7200))}, 7200, ""},
		"of a pod":          {"bot", authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(3607)), BoundObjectRef: pod("web", "pod-1")}, 3607, ""},
		"of a node":         {"bot", authenticationv1.TokenRequestSpec{BoundObjectRef: &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Node", Name: "n1"}}, 3600, ""},
		"too short":         {"bot", authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(599))}, 0, "may not specify a duration less than 10 minutes"},
		"too long":          {"bot", authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(1<<32 + 1))}, 0, "may not specify a duration larger than 2^32 seconds"},
		"no such account":   {"nobody", authenticationv1.TokenRequestSpec{}, 0, `serviceaccounts "nobody" not found`},
		"no such pod":       {"bot", authenticationv1.TokenRequestSpec{BoundObjectRef: pod("gone", "")}, 0, `pods "gone" not found`},
		"pod of another":    {"bot", authenticationv1.TokenRequestSpec{BoundObjectRef: pod("other", "")}, 0, `cannot bind token for serviceaccount "bot" to pod running with different serviceaccount name`},
		"another pod's UID": {"bot", authenticationv1.TokenRequestSpec{BoundObjectRef: pod("web", "pod-0")}, 0, "does not match the UID in record"},
		"another kind":      {"bot", authenticationv1.TokenRequestSpec{BoundObjectRef: &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "ConfigMap", Name: "x"}}, 0, "cannot bind token to object of type /v1, Kind=ConfigMap"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			ctx := request.WithNamespace(t.Context(), "blue")
			got, err := s.storages[corev1.SchemeGroupVersion]["serviceaccounts/token"].(rest.NamedCreater).Create(
				ctx, tt.sa, &authenticationv1.TokenRequest{Spec: tt.spec}, rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want an error with %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r := got.(*authenticationv1.TokenRequest)
			if left := time.Until(r.Status.ExpirationTimestamp.Time).Seconds(); left > tt.seconds || left < tt.seconds-60 {
				t.Errorf("expires in %.0f s, want %.0f", left, tt.seconds)
			}
			s.reviewed(t, r.Status.Token)
		})
	}
}

// reviewed checks that TokenReview accepts a token of the service account bot.
func (s server) reviewed(t *testing.T, token string) {
	t.Helper()
	r := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}
	got, err := s.create(t.Context(), authenticationv1.SchemeGroupVersion, "tokenreviews", r)
	if err != nil {
		t.Fatal(err)
	}
	st := got.(*authenticationv1.TokenReview).Status
	if !st.Authenticated || st.User.Username != "system:serviceaccount:blue:bot" || len(st.Audiences) != 1 {
		t.Errorf("got %+v", st)
	}
}

func TestTokenReviewRefusesABadToken(t *testing.T) {
	s := start(t)
	r := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: "nonsense"}}
	got, err := s.create(t.Context(), authenticationv1.SchemeGroupVersion, "tokenreviews", r)
	if err != nil {
		t.Fatal(err)
	}
	if st := got.(*authenticationv1.TokenReview).Status; st.Authenticated || !strings.Contains(st.Error, "invalid bearer token") {
		t.Errorf("got %+v", st)
	}
	if _, err := s.create(t.Context(), authenticationv1.SchemeGroupVersion, "tokenreviews", &authenticationv1.TokenReview{}); !apierrors.IsBadRequest(err) {
		t.Errorf("without a token: %v, want BadRequest", err)
	}
}
