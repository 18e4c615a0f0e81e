package garbage

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestDecide(t *testing.T) {
	const foreground, background = metav1.DeletePropagationForeground, metav1.DeletePropagationBackground
	for _, tt := range []struct {
		name       string
		owners     []ownerState
		dependents bool
		want       action
		keep       int
		policy     metav1.DeletionPropagation
	}{
		{"no owner", nil, false, nothing, 0, ""},
		{"owner exists", []ownerState{solid}, false, nothing, 0, ""},
		{"owner has gone", []ownerState{gone}, false, remove, 0, background},
		{"one of two owners has gone", []ownerState{gone, solid}, false, detach, 1, ""},
		{"one of two owners waits", []ownerState{waiting, solid}, false, detach, 1, ""},
		{"owner waits", []ownerState{waiting}, false, remove, 0, background},
		{"owner waits for a chain", []ownerState{waiting}, true, remove, 0, foreground},
		{"owner has gone above a chain", []ownerState{gone}, true, remove, 0, background},
		{"owner of a kind that is not served", []ownerState{gone, unknown}, false, retry, 0, ""},
		{"namespaced owner of a cluster-wide object", []ownerState{gone, unreachable}, false, nothing, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var owners []owner
			for _, s := range tt.owners {
				owners = append(owners, owner{state: s})
			}
			d := decide(owners, tt.dependents)
			if d.action != tt.want || len(d.keep) != tt.keep || d.policy != tt.policy {
				t.Errorf("decide = %+v; want action %d, keep %d, policy %q", d, tt.want, tt.keep, tt.policy)
			}
		})
	}
}
