package node_test

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/client-go/kubernetes/fake"
	ktesting "k8s.io/client-go/testing"

	"github.com/seatrial/seatrial/reference/apiserver/auth/node"
)

func objects() []runtime.Object {
	local := func(n string) corev1.LocalObjectReference { return corev1.LocalObjectReference{Name: n} }
	return []runtime.Object{
		&corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "blue", Name: "web"},
			Spec: corev1.PodSpec{
				NodeName: "n1", ServiceAccountName: "bot", ImagePullSecrets: []corev1.LocalObjectReference{local("pull")},
				Volumes: []corev1.Volume{
					{Name: "a", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "vol"}}},
					{Name: "b", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
						{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: local("kube-root-ca.crt")}},
					}}}},
					{Name: "data", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "claim"}}},
					{Name: "tmp", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}},
				},
				InitContainers: []corev1.Container{{EnvFrom: []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: local("init-env")}}}}},
				Containers: []corev1.Container{{Env: []corev1.EnvVar{
					{ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: local("env")}}},
				}}},
			},
		},
		&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "blue", Name: "other"}, Spec: corev1.PodSpec{
			NodeName: "n2", ImagePullSecrets: []corev1.LocalObjectReference{local("theirs")},
		}},
		&corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pv"}, Spec: corev1.PersistentVolumeSpec{ClaimRef: &corev1.ObjectReference{Namespace: "blue", Name: "claim"}}},
		&corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "free"}},
		&storagev1.VolumeAttachment{ObjectMeta: metav1.ObjectMeta{Name: "va"}, Spec: storagev1.VolumeAttachmentSpec{NodeName: "n2"}},
	}
}

// start runs an authorizer until the test ends. The fake client ignores field
// selectors, so a reactor stands in for spec.nodeName.
func start(t *testing.T) *node.Authorizer {
	t.Helper()
	client := fake.NewClientset(objects()...)
	client.PrependReactor("list", "pods", func(a ktesting.Action) (bool, runtime.Object, error) {
		on, ok := a.(ktesting.ListAction).GetListRestrictions().Fields.RequiresExactMatch("spec.nodeName")
		if !ok {
			return false, nil, nil
		}
		list := &corev1.PodList{}
		for _, o := range objects() {
			if p, is := o.(*corev1.Pod); is && p.Spec.NodeName == on {
				list.Items = append(list.Items, *p)
			}
		}
		return true, list, nil
	})
	z, err := node.New(client)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- z.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return z
}

func TestNodeSeesWhatItsPodsReferTo(t *testing.T) {
	z := start(t)
	tests := []struct {
		verb, ns, group, resource, name string
		allow                           bool
	}{
		{"get", "blue", "", "secrets", "vol", true},
		{"watch", "blue", "", "secrets", "pull", true},
		{"get", "blue", "", "secrets", "init-env", true},
		{"get", "blue", "", "secrets", "theirs", false},
		{"get", "red", "", "secrets", "vol", false},
		{"list", "blue", "", "secrets", "", false},
		{"update", "blue", "", "secrets", "vol", false},
		{"get", "blue", "", "configmaps", "kube-root-ca.crt", true},
		{"get", "blue", "", "configmaps", "env", true},
		{"get", "blue", "", "configmaps", "vol", false},
		{"get", "blue", "", "persistentvolumeclaims", "claim", true},
		{"get", "blue", "", "persistentvolumeclaims", "web-tmp", true},
		{"get", "blue", "", "persistentvolumeclaims", "other", false},
		{"get", "", "", "persistentvolumes", "pv", true},
		{"get", "", "", "persistentvolumes", "free", false},
		{"get", "", "", "persistentvolumes", "missing", false},
		{"create", "blue", "", "serviceaccounts/token", "bot", true},
		{"create", "blue", "", "serviceaccounts/token", "default", false},
		{"get", "", "storage.k8s.io", "volumeattachments", "va", false},
		{"get", "", "", "nodes", "n1", true},
		{"get", "", "", "nodes", "n2", false},
		{"list", "", "", "nodes", "", false},
		{"create", "", "", "nodes", "", true},
		{"patch", "", "", "nodes/status", "n1", true},
		{"get", "blue", "", "pods", "web", true},
		{"get", "blue", "", "pods", "other", false},
		{"list", "", "", "pods", "", false},
		{"patch", "blue", "", "pods/status", "web", true},
		{"delete", "blue", "", "pods", "web", true},
		{"create", "blue", "", "pods/exec", "web", false},
		{"list", "", "", "services", "", true},
		{"create", "blue", "", "events", "", true},
		{"get", "kube-node-lease", "coordination.k8s.io", "leases", "n1", true},
		{"create", "kube-node-lease", "coordination.k8s.io", "leases", "", true},
		{"update", "kube-node-lease", "coordination.k8s.io", "leases", "n2", false},
		{"get", "kube-system", "coordination.k8s.io", "leases", "n1", false},
		{"get", "", "storage.k8s.io", "csinodes", "n1", true},
		{"get", "", "storage.k8s.io", "csinodes", "n2", false},
		{"get", "", "apps", "deployments", "x", false},
	}
	for _, tt := range tests {
		a := authorizer.AttributesRecord{
			User: &user.DefaultInfo{Name: "system:node:n1", Groups: []string{"system:nodes"}},
			Verb: tt.verb, Namespace: tt.ns, APIGroup: tt.group, Name: tt.name, ResourceRequest: true,
		}
		a.Resource, a.Subresource, _ = strings.Cut(tt.resource, "/")
		d, why, err := z.Authorize(t.Context(), a)
		if err != nil || (d == authorizer.DecisionAllow) != tt.allow {
			t.Errorf("%s %s %s/%s: got %v %q %v", tt.verb, tt.resource, tt.ns, tt.name, d, why, err)
		}
	}
}

func TestNodeListsItsOwnPods(t *testing.T) {
	z := start(t)
	for name, want := range map[string]authorizer.Decision{"n1": authorizer.DecisionAllow, "n2": authorizer.DecisionNoOpinion} {
		d, _, err := z.Authorize(t.Context(), authorizer.AttributesRecord{
			User: &user.DefaultInfo{Name: "system:node:n1", Groups: []string{"system:nodes"}},
			Verb: "watch", Resource: "pods", ResourceRequest: true,
			FieldSelectorRequirements: fields.OneTermEqualSelector("spec.nodeName", name).Requirements(),
		})
		if err != nil || d != want {
			t.Errorf("pods of %s: got %v %v, want %v", name, d, err, want)
		}
	}
}

func TestOthersAreNotNodes(t *testing.T) {
	z := start(t)
	for _, u := range []*user.DefaultInfo{
		{Name: "system:node:n1"},
		{Name: "jane", Groups: []string{"system:nodes"}},
		{Name: "system:serviceaccount:blue:bot", Groups: []string{"system:serviceaccounts"}},
	} {
		d, _, err := z.Authorize(t.Context(), authorizer.AttributesRecord{User: u, Verb: "list", Resource: "services", ResourceRequest: true})
		if err != nil || d != authorizer.DecisionNoOpinion {
			t.Errorf("%s: got %v %v", u.Name, d, err)
		}
	}
}
