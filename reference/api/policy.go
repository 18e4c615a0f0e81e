package api

import (
	policyv1 "k8s.io/api/policy/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// policyResources are the rows of policy/v1.
func policyResources() []Resource {
	return []Resource{
		row[policyv1.PodDisruptionBudget, policyv1.PodDisruptionBudgetList](Resource{
			Served: in(policyv1.SchemeGroupVersion), Plural: "poddisruptionbudgets", Short: names("pdb"), Status: true,
			ConditionalUpdate: true,
			Columns:           columns.PodDisruptionBudget(),
		}, hooks[policyv1.PodDisruptionBudget]{
			validate: validation.PodDisruptionBudget, validateUpdate: validation.PodDisruptionBudgetUpdate, validateStatus: validation.PodDisruptionBudgetStatusUpdate,
		}),
	}
}
