package policystatus

import (
	"testing"
	"testing/synctest"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

// checker warns about every expression that is not "true".
type checker struct{}

func (checker) Check(p *admissionregistrationv1.ValidatingAdmissionPolicy) (warnings []admissionregistrationv1.ExpressionWarning) {
	for _, v := range p.Spec.Validations {
		if v.Expression != "true" {
			warnings = append(warnings, admissionregistrationv1.ExpressionWarning{FieldRef: "spec.validations[0].expression", Warning: "undefined field"})
		}
	}
	return warnings
}

func TestEachGenerationIsCheckedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(&admissionregistrationv1.ValidatingAdmissionPolicy{
			ObjectMeta: metav1.ObjectMeta{Name: "p"},
			Spec:       admissionregistrationv1.ValidatingAdmissionPolicySpec{Validations: []admissionregistrationv1.Validation{{Expression: "object.no.such"}}},
		})
		b := controllertest.Start(t, client, func(env controller.Env) (controller.Controller, error) { return New(env, checker{}) })
		policies := client.AdmissionregistrationV1().ValidatingAdmissionPolicies()
		p, err := policies.Get(t.Context(), "p", metav1.GetOptions{})
		if err != nil || p.Status.TypeChecking == nil || len(p.Status.TypeChecking.ExpressionWarnings) != 1 || p.Status.ObservedGeneration != 1 {
			t.Fatalf("status %+v, err %v", p.Status, err)
		}
		b.Steady()
		p.Spec.Validations[0].Expression = "true"
		if _, err := policies.Update(t.Context(), p, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if p, _ = policies.Get(t.Context(), "p", metav1.GetOptions{}); len(p.Status.TypeChecking.ExpressionWarnings) != 0 || p.Status.ObservedGeneration != 2 {
			t.Errorf("after a change: %+v", p.Status)
		}
		b.Steady()
	})
}
