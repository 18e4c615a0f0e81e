package aggregation

import (
	"testing"
	"testing/synctest"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func role(name, label, resource string) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{label: "true"}},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{resource}, Verbs: []string{"get"}}},
	}
}

func TestAggregateFollowsTheRolesItSelects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sum := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "sum"}, AggregationRule: &rbacv1.AggregationRule{
			ClusterRoleSelectors: []metav1.LabelSelector{{MatchLabels: map[string]string{"to-sum": "true"}}},
		}}
		client := controllertest.NewClient(sum, role("b", "to-sum", "pods"), role("a", "to-sum", "services"), role("twice", "to-sum", "pods"), role("other", "x", "secrets"))
		b := controllertest.Start(t, client, New)
		resources := func() (out string) {
			got, err := client.RbacV1().ClusterRoles().Get(t.Context(), "sum", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range got.Rules {
				out += r.Resources[0] + " "
			}
			return out
		}
		if got := resources(); got != "services pods " {
			t.Errorf("rules for %q", got)
		}
		if _, err := client.RbacV1().ClusterRoles().Create(t.Context(), role("c", "to-sum", "nodes"), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if got := resources(); got != "services pods nodes " {
			t.Errorf("after a role came: rules for %q", got)
		}
		b.Steady()
	})
}
