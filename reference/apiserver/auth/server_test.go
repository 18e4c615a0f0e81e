package auth_test

import (
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/auth"
)

func client(t *testing.T, config *rest.Config) kubernetes.Interface {
	t.Helper()
	c, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// must fails the test on the error of a write whose result does not matter.
func must[T any](t *testing.T, _ T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asAccount returns a client with a token of a service account of "default".
func asAccount(t *testing.T, admin *rest.Config, name string) kubernetes.Interface {
	t.Helper()
	r, err := client(t, admin).CoreV1().ServiceAccounts("default").CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	config := rest.CopyConfig(admin)
	config.BearerToken = r.Status.Token
	return client(t, config)
}

// TestServer starts one server for everything that needs a whole one.
func TestServer(t *testing.T) {
	flags := auth.Flags{TokenAuthFile: write(t, "secret-token,kubernetes-admin,,system:masters\n")}
	server := apiservertest.Run(t, apiserver.Options{Auth: auth.Options{Flags: flags}})
	admin := server.ClientConfig("kubernetes-admin", "system:masters")
	c := client(t, admin)
	for _, name := range []string{"reader", "other"} {
		sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
		got, err := c.CoreV1().ServiceAccounts("default").Create(t.Context(), sa, metav1.CreateOptions{})
		must(t, got, err)
	}
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "pod-reader"}, Rules: []rbacv1.PolicyRule{{Verbs: []string{"get", "list", "watch"}, APIGroups: []string{""}, Resources: []string{"pods"}}}}
	gotRole, err := c.RbacV1().Roles("default").Create(t.Context(), role, metav1.CreateOptions{})
	must(t, gotRole, err)
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "read-pods"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "pod-reader"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "reader", Namespace: "default"}},
	}
	gotBinding, err := c.RbacV1().RoleBindings("default").Create(t.Context(), binding, metav1.CreateOptions{})
	must(t, gotBinding, err)

	t.Run("a service account with a Role lists pods", func(t *testing.T) {
		allowed(t, asAccount(t, admin, "reader"))
	})
	t.Run("another gets 403 with the message of upstream", func(t *testing.T) {
		_, err := asAccount(t, admin, "other").CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
		want := `pods is forbidden: User "system:serviceaccount:default:other" cannot list resource "pods" in API group "" in the namespace "default"`
		if !apierrors.IsForbidden(err) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
	t.Run("a bad token gets 401", func(t *testing.T) {
		config := rest.CopyConfig(admin)
		config.BearerToken = "nonsense"
		if _, err := client(t, config).CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{}); !apierrors.IsUnauthorized(err) {
			t.Errorf("got %v, want Unauthorized", err)
		}
	})
	t.Run("a token ends with its service account", func(t *testing.T) { endsWithAccount(t, admin) })
	t.Run("a review says why", func(t *testing.T) {
		r := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: "default", Verb: "list", Resource: "pods"}}}
		got, err := asAccount(t, admin, "reader").AuthorizationV1().SelfSubjectAccessReviews().Create(t.Context(), r, metav1.CreateOptions{})
		want := `RBAC: allowed by RoleBinding "read-pods/default" of Role "pod-reader" to ServiceAccount "reader/default"`
		if err != nil || !got.Status.Allowed || got.Status.Reason != want {
			t.Errorf("got %+v %v", got.Status, err)
		}
	})
	t.Run("nobody grants more than he has", func(t *testing.T) { noEscalation(t, server, admin) })
	t.Run("impersonation needs permission", func(t *testing.T) {
		config := server.ClientConfig("jane")
		config.Impersonate = rest.ImpersonationConfig{UserName: "kubernetes-admin", Groups: []string{"system:masters"}}
		_, err := client(t, config).CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `User "jane" cannot impersonate`) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("reviews answer as upstream", func(t *testing.T) { reviewsAnswerAsUpstream(t, admin) })
	t.Run("a node reads what its pods refer to", func(t *testing.T) { nodeReads(t, server, c) })
	t.Run("the issuer is published to service accounts", func(t *testing.T) {
		body, err := asAccount(t, admin, "other").Discovery().RESTClient().Get().AbsPath("/.well-known/openid-configuration").DoRaw(t.Context())
		if err != nil || !strings.Contains(string(body), `"issuer":"https://kubernetes.default.svc.cluster.local"`) {
			t.Errorf("got %s %v", body, err)
		}
	})
}

// allowed waits until the authorizer's informers have seen the binding.
func allowed(t *testing.T, c kubernetes.Interface) {
	t.Helper()
	err := eventually(t, func() (bool, error) {
		_, err := c.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
		return !apierrors.IsForbidden(err), err
	})
	if err != nil {
		t.Error(err)
	}
}

func endsWithAccount(t *testing.T, admin *rest.Config) {
	c := client(t, admin)
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "short"}}
	got, err := c.CoreV1().ServiceAccounts("default").Create(t.Context(), sa, metav1.CreateOptions{})
	must(t, got, err)
	short := asAccount(t, admin, "short")
	if err := c.CoreV1().ServiceAccounts("default").Delete(t.Context(), "short", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	err = eventually(t, func() (bool, error) { // the watch cache may be a moment behind
		_, err := short.Discovery().ServerVersion()
		return apierrors.IsUnauthorized(err), err
	})
	if !apierrors.IsUnauthorized(err) {
		t.Errorf("got %v, want Unauthorized", err)
	}
}

func noEscalation(t *testing.T, server *apiserver.Server, admin *rest.Config) {
	grant := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "jane-manages-roles"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "admin"},
		Subjects: []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "jane"}},
	}
	got, err := client(t, admin).RbacV1().ClusterRoleBindings().Create(t.Context(), grant, metav1.CreateOptions{})
	must(t, got, err)
	jane := client(t, server.ClientConfig("jane"))
	allowed(t, jane)
	binding := func(role string) *rbacv1.RoleBinding {
		return &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "give-" + role}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects: []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "bob"}},
		}
	}
	made, err := jane.RbacV1().RoleBindings("default").Create(t.Context(), binding("view"), metav1.CreateOptions{})
	must(t, made, err)
	_, err = jane.RbacV1().RoleBindings("default").Create(t.Context(), binding("cluster-admin"), metav1.CreateOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `is attempting to grant RBAC permissions not currently held:`) {
		t.Errorf("got %v, want Forbidden", err)
	}
}

func nodeReads(t *testing.T, server *apiserver.Server, c kubernetes.Interface) {
	secret, err := c.CoreV1().Secrets("default").Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"}}, metav1.CreateOptions{})
	must(t, secret, err)
	pod, err := c.CoreV1().Pods("default").Create(t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "uses-s"}, Spec: corev1.PodSpec{
		NodeName: "n1", ServiceAccountName: "reader",
		Containers: []corev1.Container{{Name: "c", Image: "i", EnvFrom: []corev1.EnvFromSource{{
			SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "s"}},
		}}}},
	}}, metav1.CreateOptions{})
	must(t, pod, err)
	as := func(node string) kubernetes.Interface {
		return client(t, server.ClientConfig("system:node:"+node, "system:nodes"))
	}
	got, err := as("n1").CoreV1().Secrets("default").Get(t.Context(), "s", metav1.GetOptions{})
	must(t, got, err)
	_, err = as("n2").CoreV1().Secrets("default").Get(t.Context(), "s", metav1.GetOptions{})
	want := `secrets "s" is forbidden: User "system:node:n2" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'n2' and this object`
	if !apierrors.IsForbidden(err) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	own, err := as("n1").CoreV1().Pods("").List(t.Context(), metav1.ListOptions{FieldSelector: "spec.nodeName=n1"})
	if err != nil || len(own.Items) != 1 {
		t.Errorf("own pods: %d, %v", len(own.Items), err)
	}
	if _, err := as("n1").CoreV1().Pods("").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("all pods: %v, want Forbidden", err)
	}
	bound := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{BoundObjectRef: &authenticationv1.BoundObjectReference{
		APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID,
	}}}
	token, err := as("n1").CoreV1().ServiceAccounts("default").CreateToken(t.Context(), "reader", bound, metav1.CreateOptions{})
	must(t, token, err)
	if _, err := as("n1").CoreV1().ServiceAccounts("default").CreateToken(t.Context(), "other", bound, metav1.CreateOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("a token of a foreign account: %v, want Forbidden", err)
	}
}
