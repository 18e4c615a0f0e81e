package rbac

import (
	"fmt"
	"io"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/journal"
)

// Name is that of the roles and bindings.
const Name = "seatrial"

// Roles are the least rights of a run.
type Roles struct{ rights rights }

// Least finds the rights that the calls of behaviours need, and those of the kit that runs them.
func Least(behaviours []journal.Call, o Options) Roles {
	return Roles{collect(append(append([]journal.Call{}, behaviours...), kitCalls(behaviours, o)...), o)}
}

// Write writes the roles as YAML, with bindings to the subject unless it is nil.
func (r Roles) Write(w io.Writer, subject *rbacv1.Subject) error {
	var documents []any
	for _, p := range r.rights.sorted() {
		meta := metav1.ObjectMeta{Name: Name, Namespace: p.namespace}
		found := rules(r.rights[p])
		kind := "Role"
		if p.namespace == "" {
			kind = "ClusterRole"
			documents = append(documents, rbacv1.ClusterRole{TypeMeta: typeOf(kind), ObjectMeta: meta, Rules: found})
		} else {
			documents = append(documents, rbacv1.Role{TypeMeta: typeOf(kind), ObjectMeta: meta, Rules: found})
		}
		if subject == nil {
			continue
		}
		ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: Name}
		if p.namespace == "" {
			documents = append(documents, rbacv1.ClusterRoleBinding{TypeMeta: typeOf("ClusterRoleBinding"), ObjectMeta: meta, RoleRef: ref, Subjects: []rbacv1.Subject{*subject}})
		} else {
			documents = append(documents, rbacv1.RoleBinding{TypeMeta: typeOf("RoleBinding"), ObjectMeta: meta, RoleRef: ref, Subjects: []rbacv1.Subject{*subject}})
		}
	}
	for _, document := range documents {
		text, err := yaml.Marshal(document)
		if err != nil {
			return fmt.Errorf("write roles: %w", err)
		}
		if _, err := fmt.Fprintf(w, "---\n%s", text); err != nil {
			return fmt.Errorf("write roles: %w", err)
		}
	}
	return nil
}

func typeOf(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: kind}
}

// Warnings tells in a line each which of the rights make their bearer mightier than they look.
func (r Roles) Warnings() []string {
	meanings := map[string]string{
		"escalate":    "may give rights that the bearer does not have (verb escalate)",
		"bind":        "may hand out any role (verb bind without a name)",
		"impersonate": "may act as any user, group or ServiceAccount (verb impersonate without a name)",
	}
	var lines []string
	for _, verb := range []string{"impersonate", "escalate", "bind"} {
		where := map[string]bool{}
		for p, all := range r.rights {
			for one := range all {
				if one.verb == verb && one.name == "" {
					where[p.namespace] = true
				}
			}
		}
		switch {
		case where[""]:
			lines = append(lines, meanings[verb]+" everywhere")
		case len(where) > 0:
			lines = append(lines, meanings[verb]+" in its Namespaces")
		}
	}
	return lines
}

// Count tells how many rules there are, and how many of them hold everywhere.
func (r Roles) Count() (all, everywhere int) {
	for p, found := range r.rights {
		n := len(rules(found))
		all += n
		if p.namespace == "" {
			everywhere += n
		}
	}
	return all, everywhere
}

// Subject reads whom to bind: a user, or "namespace/name" of a ServiceAccount.
func Subject(user, account string) (*rbacv1.Subject, error) {
	switch {
	case user != "" && account != "":
		return nil, fmt.Errorf("--user and --service-account exclude each other")
	case user != "":
		return &rbacv1.Subject{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: user}, nil
	case account == "":
		return nil, nil
	}
	namespace, name, ok := strings.Cut(account, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("--service-account %q is not <namespace>/<name>", account)
	}
	return &rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}, nil
}
