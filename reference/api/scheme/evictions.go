package scheme

import (
	policyv1 "k8s.io/api/policy/v1"
	policyv1beta1 "k8s.io/api/policy/v1beta1"
	"k8s.io/apimachinery/pkg/runtime"
)

// addEvictions lets old clients ask for an eviction in words of policy/v1beta1,
// the one kind of that version which is still read.
// Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/#eviction-v122
func addEvictions(s *runtime.Scheme) {
	s.AddKnownTypes(policyv1beta1.SchemeGroupVersion, &policyv1beta1.Eviction{})
	addConversions(s,
		func(in *policyv1beta1.Eviction, out *policyv1.Eviction) error {
			*out = policyv1.Eviction{ObjectMeta: in.ObjectMeta, DeleteOptions: in.DeleteOptions}
			return nil
		},
		func(in *policyv1.Eviction, out *policyv1beta1.Eviction) error {
			*out = policyv1beta1.Eviction{ObjectMeta: in.ObjectMeta, DeleteOptions: in.DeleteOptions}
			return nil
		})
}
