package claim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func pod(name, app string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": app}}}
}

func TestDecide(t *testing.T) {
	leavingOrphan := pod("leaving-orphan", "web")
	leavingOrphan.DeletionTimestamp = new(metav1.Now())
	controlled := []*corev1.Pod{pod("mine", "web"), pod("relabelled", "other")}
	orphans := []*corev1.Pod{pod("orphan", "web"), pod("stranger", "other"), leavingOrphan}
	names := func(pods []*corev1.Pod) (out []string) {
		for _, p := range pods {
			out = append(out, p.Name)
		}
		return out
	}
	for _, tt := range []struct {
		name                 string
		owner                corev1.Pod
		keep, adopt, release []string
	}{
		{"owner stays", corev1.Pod{}, []string{"mine"}, []string{"orphan"}, []string{"relabelled"}},
		{"owner is being deleted", corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: new(metav1.Now())}}, []string{"mine"}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Owner{Object: &tt.owner, Selector: labels.SelectorFromSet(labels.Set{"app": "web"})}
			d := decide(o, controlled, orphans)
			got := [][]string{names(d.keep), names(d.adopt), names(d.release)}
			if diff := cmp.Diff([][]string{tt.keep, tt.adopt, tt.release}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
