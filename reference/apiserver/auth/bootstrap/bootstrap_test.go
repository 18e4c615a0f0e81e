package bootstrap_test

import (
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/component-helpers/auth/rbac/validation"

	"github.com/seatrial/seatrial/reference/apiserver/auth/bootstrap"
)

func policy(t *testing.T) *bootstrap.Policy {
	t.Helper()
	p, err := bootstrap.Default()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func rules(t *testing.T, p *bootstrap.Policy, name string) []rbacv1.PolicyRule {
	t.Helper()
	for _, r := range p.ClusterRoles {
		if r.Name == name {
			return r.Rules
		}
	}
	t.Fatalf("no cluster role %q", name)
	return nil
}

func TestPolicyHasTheInventoryOfUpstream(t *testing.T) {
	// An upstream v1.36 API server has 69, 50, 7 and 7; system:controllers, system:host-ports and system:dns (twice) are ours.
	p := policy(t)
	if got := []int{len(p.ClusterRoles), len(p.ClusterRoleBindings), len(p.Roles), len(p.RoleBindings)}; !slices.Equal(got, []int{72, 53, 8, 8}) {
		t.Errorf("got %v cluster roles, cluster role bindings, roles, role bindings", got)
	}
	seen := map[string]bool{}
	for _, r := range p.ClusterRoles {
		if seen[r.Name] {
			t.Errorf("%q is there twice", r.Name)
		}
		seen[r.Name] = true
		if len(r.Rules) == 0 {
			t.Errorf("%q has no rules", r.Name)
		}
		if r.Labels["kubernetes.io/bootstrapping"] != "rbac-defaults" {
			t.Errorf("%q lacks the bootstrapping label", r.Name)
		}
	}
	for _, b := range p.ClusterRoleBindings {
		if !seen[b.RoleRef.Name] {
			t.Errorf("binding %q names an unknown role", b.Name)
		}
	}
}

func TestViewIsPartOfEditAndEditOfAdmin(t *testing.T) {
	p := policy(t)
	view, edit, admin := rules(t, p, "view"), rules(t, p, "edit"), rules(t, p, "admin")
	if ok, missing := validation.Covers(edit, view); !ok {
		t.Errorf("edit lacks %v", missing)
	}
	if ok, missing := validation.Covers(admin, edit); !ok {
		t.Errorf("admin lacks %v", missing)
	}
	secrets := []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"secrets"}}}
	roles := []rbacv1.PolicyRule{{Verbs: []string{"create"}, APIGroups: []string{rbacv1.GroupName}, Resources: []string{"roles"}}}
	if ok, _ := validation.Covers(view, secrets); ok {
		t.Error("view can read secrets")
	}
	if ok, _ := validation.Covers(edit, roles); ok {
		t.Error("edit can make roles")
	}
	if ok, _ := validation.Covers(admin, roles); !ok {
		t.Error("admin cannot make roles")
	}
}

func TestControllersCoverEachController(t *testing.T) {
	p := policy(t)
	own := rules(t, p, "system:controllers")
	for _, r := range p.ClusterRoles {
		// Metrics come from other API servers, which authorize by themselves, through the star rule.
		if !strings.HasPrefix(r.Name, "system:controller:") {
			continue
		}
		if ok, missing := validation.Covers(own, r.Rules); !ok {
			t.Errorf("%s has more: %v", r.Name, missing)
		}
	}
}

func TestEnsureWritesEverythingOnce(t *testing.T) {
	client := fake.NewClientset()
	if err := bootstrap.Ensure(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	all, err := client.RbacV1().ClusterRoles().List(t.Context(), metav1.ListOptions{})
	if err != nil || len(all.Items) != 72 {
		t.Fatalf("%d cluster roles, %v; want 72", len(all.Items), err)
	}
	client.ClearActions()
	if err := bootstrap.Ensure(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	for _, a := range client.Actions() {
		if a.GetVerb() != "list" {
			t.Errorf("the second run did %s %s", a.GetVerb(), a.GetResource().Resource)
		}
	}
}

func TestEnsureRepairsButKeepsAdditions(t *testing.T) {
	client := fake.NewClientset()
	extra := rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{"example.com"}, Resources: []string{"toys"}}
	roles, bindings := client.RbacV1().ClusterRoles(), client.RbacV1().ClusterRoleBindings()
	mine := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "system:kube-dns"}, Rules: []rbacv1.PolicyRule{extra}}
	protected := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "system:discovery", Annotations: map[string]string{rbacv1.AutoUpdateAnnotationKey: "false"}}}
	for _, r := range []*rbacv1.ClusterRole{mine, protected} {
		if _, err := roles.Create(t.Context(), r, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := bootstrap.Ensure(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	got, err := roles.Get(t.Context(), "system:kube-dns", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if ok, missing := validation.Covers(got.Rules, append(rules(t, policy(t), "system:kube-dns"), extra)); !ok {
		t.Errorf("missing after repair: %v", missing)
	}
	if got, _ := roles.Get(t.Context(), "system:discovery", metav1.GetOptions{}); len(got.Rules) != 0 {
		t.Error("a protected role was changed")
	}
	// Removed subjects come back.
	b, err := bindings.Get(t.Context(), "system:node-proxier", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b.Subjects = nil
	if _, err := bindings.Update(t.Context(), b, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := bootstrap.Ensure(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if b, _ := bindings.Get(t.Context(), "system:node-proxier", metav1.GetOptions{}); len(b.Subjects) != 1 {
		t.Errorf("subjects %v, want system:kube-proxy", b.Subjects)
	}
}
