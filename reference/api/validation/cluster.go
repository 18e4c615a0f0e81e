package validation

import (
	"fmt"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// PodDisruptionBudget checks a disruption budget.
func PodDisruptionBudget(p *policyv1.PodDisruptionBudget) field.ErrorList {
	path, spec := specPath(), &p.Spec
	errs := all(
		freeNamespaced(&p.ObjectMeta, pathName),
		amount(path.Child("minAvailable"), spec.MinAvailable), atMostAll(path.Child("minAvailable"), spec.MinAvailable),
		amount(path.Child("maxUnavailable"), spec.MaxUnavailable), atMostAll(path.Child("maxUnavailable"), spec.MaxUnavailable),
		labelSelector(path.Child("selector"), spec.Selector),
		pointerOneOf(path.Child("unhealthyPodEvictionPolicy"), spec.UnhealthyPodEvictionPolicy, policyv1.AlwaysAllow, policyv1.IfHealthyBudget),
	)
	if spec.MinAvailable != nil && spec.MaxUnavailable != nil {
		errs = append(errs, field.Invalid(path, *spec, "minAvailable and maxUnavailable cannot be both set"))
	}
	return errs
}

// PodDisruptionBudgetUpdate checks an update of a disruption budget.
func PodDisruptionBudgetUpdate(p, old *policyv1.PodDisruptionBudget) field.ErrorList {
	return all(freeMetaUpdate(&p.ObjectMeta, &old.ObjectMeta), PodDisruptionBudget(p))
}

// PodDisruptionBudgetStatusUpdate checks a write of poddisruptionbudgets/status.
func PodDisruptionBudgetStatusUpdate(p, old *policyv1.PodDisruptionBudget) field.ErrorList {
	s, path := &p.Status, statusPath()
	return all(
		freeMetaUpdate(&p.ObjectMeta, &old.ObjectMeta),
		conditions(path.Child("conditions"), s.Conditions),
		atLeastZero(path.Child("disruptionsAllowed"), &s.DisruptionsAllowed),
		atLeastZero(path.Child("currentHealthy"), &s.CurrentHealthy),
		atLeastZero(path.Child("desiredHealthy"), &s.DesiredHealthy),
		atLeastZero(path.Child("expectedPods"), &s.ExpectedPods),
	)
}

// Lease checks a lease.
func Lease(l *coordinationv1.Lease) field.ErrorList {
	path, spec := specPath(), &l.Spec
	errs := freeNamespaced(&l.ObjectMeta, subdomainName)
	if d := spec.LeaseDurationSeconds; d != nil && *d <= 0 {
		errs = append(errs, field.Invalid(path.Child("leaseDurationSeconds"), *d, positive))
	}
	if n := spec.LeaseTransitions; n != nil && *n < 0 {
		errs = append(errs, field.Invalid(path.Child("leaseTransitions"), *n, notNegative))
	}
	return errs
}

// LeaseUpdate checks an update of a lease.
func LeaseUpdate(l, old *coordinationv1.Lease) field.ErrorList {
	return all(freeMetaUpdate(&l.ObjectMeta, &old.ObjectMeta), named(Lease(l)))
}

const systemPriorityPrefix = "system-"

// PriorityClass checks a priority class: only Kubernetes' own are above a billion.
func PriorityClass(c *schedulingv1.PriorityClass) field.ErrorList {
	errs := clusterScoped(&c.ObjectMeta, subdomainName)
	system := isSystemPriority(c)
	if strings.HasPrefix(c.Name, systemPriorityPrefix) && !system {
		errs = append(errs, field.Forbidden(metadataPath().Child("name"), "priority class names with '"+systemPriorityPrefix+"' prefix are reserved for system use only"))
	}
	if !system && c.Value > highestUserPriority {
		errs = append(errs, field.Forbidden(field.NewPath("value"), fmt.Sprintf("maximum allowed value of a user defined priority is %v", highestUserPriority)))
	}
	if policy := c.PreemptionPolicy; policy != nil {
		errs = append(errs, oneOf(field.NewPath("preemptionPolicy"), *policy, corev1.PreemptLowerPriority, corev1.PreemptNever)...)
	}
	return errs
}

// highestUserPriority is the top of what users may give.
const highestUserPriority = 1000000000

func isSystemPriority(c *schedulingv1.PriorityClass) bool {
	values := map[string]int32{"system-cluster-critical": 2 * highestUserPriority, "system-node-critical": 2*highestUserPriority + 1000}
	value, ok := values[c.Name]
	return ok && c.Value == value && !c.GlobalDefault
}

// PriorityClassUpdate checks an update of a priority class: what it gives to pods stays.
func PriorityClassUpdate(c, old *schedulingv1.PriorityClass) field.ErrorList {
	errs := metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	if c.Value != old.Value {
		errs = append(errs, field.Forbidden(field.NewPath("value"), "may not be changed in an update."))
	}
	return append(errs, unchanged(field.NewPath("preemptionPolicy"), c.PreemptionPolicy, old.PreemptionPolicy)...)
}
