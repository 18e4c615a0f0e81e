package quota_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func claim(change func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{
		StorageClassName: new("fast"), Resources: corev1.VolumeResourceRequirements{Requests: list("storage", "2Gi")},
	}}
	change(c)
	return c
}

func TestClaimsInScopeOfTheirVolumeAttributesClass(t *testing.T) {
	none := claim(func(*corev1.PersistentVolumeClaim) {})
	wants := claim(func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeAttributesClassName = new("gold") })
	has := claim(func(c *corev1.PersistentVolumeClaim) {
		c.Spec.VolumeAttributesClassName, c.Status.CurrentVolumeAttributesClassName = new("silver"), new("gold")
	})
	gets := claim(func(c *corev1.PersistentVolumeClaim) {
		c.Status.ModifyVolumeStatus = &corev1.ModifyVolumeStatus{TargetVolumeAttributesClassName: "gold"}
	})
	silver := claim(func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeAttributesClassName = new("silver") })
	scope := func(op corev1.ScopeSelectorOperator, values ...string) corev1.ScopedResourceSelectorRequirement {
		return corev1.ScopedResourceSelectorRequirement{ScopeName: corev1.ResourceQuotaScopeVolumeAttributesClass, Operator: op, Values: values}
	}
	tests := map[string]struct {
		scope   corev1.ScopedResourceSelectorRequirement
		in, out []*corev1.PersistentVolumeClaim
	}{
		"In":           {scope(corev1.ScopeSelectorOpIn, "gold"), []*corev1.PersistentVolumeClaim{wants, has, gets}, []*corev1.PersistentVolumeClaim{none, silver}},
		"NotIn":        {scope(corev1.ScopeSelectorOpNotIn, "gold"), []*corev1.PersistentVolumeClaim{none, silver}, []*corev1.PersistentVolumeClaim{wants, gets}},
		"Exists":       {scope(corev1.ScopeSelectorOpExists), []*corev1.PersistentVolumeClaim{wants, has, gets, silver}, []*corev1.PersistentVolumeClaim{none}},
		"DoesNotExist": {scope(corev1.ScopeSelectorOpDoesNotExist), []*corev1.PersistentVolumeClaim{none}, []*corev1.PersistentVolumeClaim{wants, has, gets}},
	}
	e := evaluator(t, "persistentvolumeclaims")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			q := &corev1.ResourceQuota{
				Spec:   corev1.ResourceQuotaSpec{ScopeSelector: &corev1.ScopeSelector{MatchExpressions: []corev1.ScopedResourceSelectorRequirement{tt.scope}}},
				Status: corev1.ResourceQuotaStatus{Hard: list("requests.storage", "1Gi")},
			}
			for i, c := range tt.in {
				if ok, err := e.Matches(q, c); err != nil || !ok {
					t.Errorf("in scope %d: got %v %v", i, ok, err)
				}
			}
			for i, c := range tt.out {
				if ok, err := e.Matches(q, c); err != nil || ok {
					t.Errorf("out of scope %d: got %v %v", i, ok, err)
				}
			}
		})
	}
}

// "For storage quota, the larger value from allocatedResources and
// PVC.spec.resources is used" (API reference, PersistentVolumeClaimStatus).
func TestClaimUsesWhatIsAllocated(t *testing.T) {
	for allocated, want := range map[string]string{"1Gi": "2Gi", "3Gi": "3Gi"} {
		used, err := evaluator(t, "persistentvolumeclaims").Usage(claim(func(c *corev1.PersistentVolumeClaim) { c.Status.AllocatedResources = list("storage", allocated) }))
		if err != nil {
			t.Fatal(err)
		}
		got := text(used)
		if got["requests.storage"] != want || got["fast.storageclass.storage.k8s.io/requests.storage"] != want {
			t.Errorf("allocated %s: got %v, want %s", allocated, got, want)
		}
	}
}
