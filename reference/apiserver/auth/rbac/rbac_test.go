package rbac_test

import (
	"context"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/seatrial/seatrial/reference/apiserver/auth/rbac"
)

func start(t testing.TB, objs ...runtime.Object) *rbac.Authorizer {
	t.Helper()
	client := fake.NewClientset(objs...)
	factory := informers.NewSharedInformerFactory(client, 0)
	z, err := rbac.New(factory, client.RbacV1())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	t.Cleanup(func() { stop(); factory.Shutdown() })
	return z
}

func rule(verbs, groups, resources string, names ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: strings.Split(verbs, ","), APIGroups: strings.Split(groups, ","), Resources: strings.Split(resources, ","), ResourceNames: names}
}

func clusterRole(name string, rules ...rbacv1.PolicyRule) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules}
}

func role(ns, name string, rules ...rbacv1.PolicyRule) *rbacv1.Role {
	return &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: ns}, Rules: rules}
}

func ref(kind, name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
}

func bind(ns, name string, to rbacv1.RoleRef, subjects ...rbacv1.Subject) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: ns}, RoleRef: to, Subjects: subjects}
}

func bindAll(name, to string, subjects ...rbacv1.Subject) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: ref("ClusterRole", to), Subjects: subjects}
}

var (
	jane = rbacv1.Subject{Kind: "User", APIGroup: rbacv1.GroupName, Name: "jane"}
	devs = rbacv1.Subject{Kind: "Group", APIGroup: rbacv1.GroupName, Name: "devs"}
	bot  = rbacv1.Subject{Kind: "ServiceAccount", Name: "bot"}
)

func policy() []runtime.Object {
	return []runtime.Object{
		role("blue", "pod-reader", rule("get,watch,list", "", "pods")),
		bind("blue", "read-pods", ref("Role", "pod-reader"), jane, bot),
		clusterRole("logs", rule("get", "", "pods/log"), rule("update", "*", "*/scale")),
		bind("blue", "logs", ref("ClusterRole", "logs"), devs),
		clusterRole("one-secret", rule("get", "", "secrets", "the-one")),
		bindAll("one-secret", "one-secret", jane),
		clusterRole("health", rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: []string{"/healthz", "/openapi/*"}}),
		bindAll("health", "health", devs),
		bindAll("dangling", "no-such-role", jane),
		bindAll("root", "root", rbacv1.Subject{Kind: "ServiceAccount", Namespace: "kube-system", Name: "root"}),
		clusterRole("root", rule("*", "*", "*"), rbacv1.PolicyRule{Verbs: []string{"*"}, NonResourceURLs: []string{"*"}}),
	}
}

func TestRBACDecidesByRules(t *testing.T) {
	z := start(t, policy()...)
	userJane := &user.DefaultInfo{Name: "jane"}
	dev := &user.DefaultInfo{Name: "dev", Groups: []string{"devs", "system:authenticated"}}
	botBlue := &user.DefaultInfo{Name: "system:serviceaccount:blue:bot"}
	botRed := &user.DefaultInfo{Name: "system:serviceaccount:red:bot"}
	root := &user.DefaultInfo{Name: "system:serviceaccount:kube-system:root"}
	res := func(u user.Info, verb, ns, group, resource, sub, name string) authorizer.AttributesRecord {
		return authorizer.AttributesRecord{User: u, Verb: verb, Namespace: ns, APIGroup: group, Resource: resource, Subresource: sub, Name: name, ResourceRequest: true}
	}
	path := func(u user.Info, verb, p string) authorizer.AttributesRecord {
		return authorizer.AttributesRecord{User: u, Verb: verb, Path: p}
	}
	const missing = `RBAC: clusterrole.rbac.authorization.k8s.io "no-such-role" not found`
	tests := map[string]struct {
		attrs  authorizer.AttributesRecord
		allow  bool
		reason string
	}{
		"a Role allows in its namespace":        {res(userJane, "list", "blue", "", "pods", "", ""), true, `RBAC: allowed by RoleBinding "read-pods/blue" of Role "pod-reader" to User "jane"`},
		"not in another namespace":              {res(userJane, "list", "red", "", "pods", "", ""), false, missing},
		"not in all namespaces":                 {res(userJane, "list", "", "", "pods", "", ""), false, missing},
		"not another verb":                      {res(userJane, "delete", "blue", "", "pods", "", "p"), false, missing},
		"not another group":                     {res(userJane, "list", "blue", "metrics.k8s.io", "pods", "", ""), false, missing},
		"pods does not include pods/log":        {res(userJane, "get", "blue", "", "pods", "log", "p"), false, missing},
		"pods/log does not include pods":        {res(dev, "get", "blue", "", "pods", "", "p"), false, ""},
		"a RoleBinding to a ClusterRole":        {res(dev, "get", "blue", "", "pods", "log", "p"), true, `RBAC: allowed by RoleBinding "logs/blue" of ClusterRole "logs" to Group "devs"`},
		"*/scale is scale of everything":        {res(dev, "update", "blue", "apps", "deployments", "scale", "d"), true, `RBAC: allowed by RoleBinding "logs/blue" of ClusterRole "logs" to Group "devs"`},
		"*/scale is not the resource itself":    {res(dev, "update", "blue", "apps", "deployments", "", "d"), false, ""},
		"the namespace of a subject is implied": {res(botBlue, "get", "blue", "", "pods", "", "p"), true, `RBAC: allowed by RoleBinding "read-pods/blue" of Role "pod-reader" to ServiceAccount "bot/blue"`},
		"a namesake elsewhere is another":       {res(botRed, "get", "blue", "", "pods", "", "p"), false, ""},
		"resourceNames allow the name":          {res(userJane, "get", "red", "", "secrets", "", "the-one"), true, `RBAC: allowed by ClusterRoleBinding "one-secret" of ClusterRole "one-secret" to User "jane"`},
		"resourceNames forbid other names":      {res(userJane, "get", "red", "", "secrets", "", "other"), false, missing},
		"resourceNames forbid no name":          {res(userJane, "get", "red", "", "secrets", "", ""), false, missing},
		"a path":                                {path(dev, "get", "/healthz"), true, `RBAC: allowed by ClusterRoleBinding "health" of ClusterRole "health" to Group "devs"`},
		"a path below a star":                   {path(dev, "get", "/openapi/v3/apis"), true, `RBAC: allowed by ClusterRoleBinding "health" of ClusterRole "health" to Group "devs"`},
		"a path without a star is exact":        {path(dev, "get", "/healthz/etcd"), false, ""},
		"a path with another verb":              {path(dev, "post", "/healthz"), false, ""},
		"stars allow a resource":                {res(root, "frob", "", "any.io", "things", "sub", "x"), true, `RBAC: allowed by ClusterRoleBinding "root" of ClusterRole "root" to ServiceAccount "root/kube-system"`},
		"stars allow a path":                    {path(root, "post", "/anything"), true, `RBAC: allowed by ClusterRoleBinding "root" of ClusterRole "root" to ServiceAccount "root/kube-system"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, reason, err := z.Authorize(t.Context(), tt.attrs)
			want := authorizer.DecisionNoOpinion
			if tt.allow {
				want = authorizer.DecisionAllow
			}
			if err != nil || d != want || reason != tt.reason {
				t.Errorf("got %v %q %v\nwant %v %q", d, reason, err, want, tt.reason)
			}
		})
	}
}

func TestRulesForListsNamespacedAndClusterRules(t *testing.T) {
	z := start(t, policy()...)
	dev := &user.DefaultInfo{Name: "dev", Groups: []string{"devs"}}
	resources, paths, incomplete, err := z.RulesFor(t.Context(), dev, "blue")
	if err != nil || incomplete || len(resources) != 2 || len(paths) != 1 {
		t.Errorf("got %d resource rules, %d path rules, %v, %v; want 2, 1", len(resources), len(paths), incomplete, err)
	}
	if resources, _, _, _ := z.RulesFor(t.Context(), dev, "red"); len(resources) != 0 {
		t.Errorf("rules of blue are listed for red: %v", resources)
	}
}

func TestGuardForbidsEscalation(t *testing.T) {
	objs := append(policy(),
		clusterRole("may-escalate", rule("escalate", "rbac.authorization.k8s.io", "roles,clusterroles")),
		clusterRole("may-bind", rule("bind", "rbac.authorization.k8s.io", "clusterroles", "root")),
		bindAll("may-escalate", "may-escalate", rbacv1.Subject{Kind: "User", Name: "escalator"}),
		bindAll("may-bind", "may-bind", rbacv1.Subject{Kind: "User", Name: "binder"}),
	)
	z := start(t, objs...)
	guard := rbac.Guard{Rules: z, Authorizer: z}
	selector := []metav1.LabelSelector{{MatchLabels: map[string]string{"a": "b"}}}
	aggregated := clusterRole("sum")
	aggregated.AggregationRule = &rbacv1.AggregationRule{ClusterRoleSelectors: selector}
	tests := map[string]struct {
		user string
		obj  runtime.Object
		old  runtime.Object
		want string // part of the error; empty means allowed
	}{
		"own rules":                    {"jane", role("blue", "r", rule("get", "", "pods")), nil, ""},
		"rules of another namespace":   {"jane", role("red", "r", rule("get", "", "pods")), nil, `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`},
		"rules nobody gave":            {"jane", role("blue", "r", rule("delete", "", "pods")), nil, `user "jane" (groups=[]) is attempting to grant RBAC permissions not currently held`},
		"escalate":                     {"escalator", role("blue", "r", rule("*", "*", "*")), nil, ""},
		"system:masters":               {"admin", role("blue", "r", rule("*", "*", "*")), nil, ""},
		"unchanged rules":              {"jane", role("blue", "r", rule("delete", "", "pods")), role("blue", "r", rule("delete", "", "pods")), ""},
		"changed rules":                {"jane", role("blue", "r", rule("delete", "", "pods")), role("blue", "r", rule("get", "", "pods")), "not currently held"},
		"a role the binder covers":     {"jane", bind("blue", "b", ref("Role", "pod-reader"), devs), nil, ""},
		"a role the binder lacks":      {"jane", bind("blue", "b", ref("ClusterRole", "root"), jane), nil, `rolebindings.rbac.authorization.k8s.io "b" is forbidden`},
		"bind":                         {"binder", bindAll("b", "root", jane), nil, ""},
		"bind in a namespace":          {"binder", bind("blue", "b", ref("ClusterRole", "root"), jane), nil, ""},
		"bind of another role":         {"binder", bindAll("b", "logs", jane), nil, "not currently held"},
		"a missing role":               {"jane", bindAll("b", "nope", jane), nil, `clusterroles.rbac.authorization.k8s.io "nope" not found`},
		"a new subject":                {"jane", bindAll("b", "root", jane, devs), bindAll("b", "root", devs), "not currently held"},
		"an aggregation rule":          {"jane", aggregated, nil, "must have cluster-admin privileges to use the aggregationRule"},
		"an aggregation rule by root":  {"system:serviceaccount:kube-system:root", aggregated, nil, ""},
		"objects of other kinds":       {"jane", &rbacv1.ClusterRoleList{}, nil, ""},
		"a path rule that is not held": {"jane", clusterRole("c", rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: []string{"/metrics"}}), nil, `NonResourceURLs:["/metrics"]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			u := &user.DefaultInfo{Name: tt.user}
			if tt.user == "admin" {
				u.Groups = []string{"system:masters"}
			}
			store := &fakeStore{old: tt.old}
			err := store.write(request.WithUser(t.Context(), u), guard.Storage(store), tt.obj)
			if tt.want == "" && (err != nil || !store.written) {
				t.Errorf("got %v, want it written", err)
			}
			if tt.want != "" && (err == nil || store.written || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if tt.want != "" && !apierrors.IsForbidden(err) && !apierrors.IsNotFound(err) {
				t.Errorf("%v is neither Forbidden nor NotFound", err)
			}
		})
	}
}

// fakeStore creates, or updates old.
type fakeStore struct {
	rbac.GuardedStorage
	old     runtime.Object
	written bool
}

func (s *fakeStore) write(ctx context.Context, g rbac.GuardedStorage, obj runtime.Object) error {
	if s.old == nil {
		_, err := g.Create(ctx, obj, nil, nil)
		return err
	}
	s.old.(metav1.Object).SetUID("1")
	_, _, err := g.Update(ctx, "", rest.DefaultUpdatedObjectInfo(obj), nil, nil, false, nil)
	return err
}

func (s *fakeStore) Create(context.Context, runtime.Object, rest.ValidateObjectFunc, *metav1.CreateOptions) (runtime.Object, error) {
	s.written = true
	return nil, nil
}

func (s *fakeStore) Update(ctx context.Context, _ string, info rest.UpdatedObjectInfo, _ rest.ValidateObjectFunc, _ rest.ValidateObjectUpdateFunc, _ bool, _ *metav1.UpdateOptions) (runtime.Object, bool, error) {
	_, err := info.UpdatedObject(ctx, s.old)
	s.written = err == nil
	return nil, false, err
}
