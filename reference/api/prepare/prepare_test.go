package prepare

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
)

func TestNamespaceHoldsItsContents(t *testing.T) {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "n"}}
	NamespaceCreate(t.Context(), ns)
	if diff := cmp.Diff([]corev1.FinalizerName{"kubernetes"}, ns.Spec.Finalizers); diff != "" {
		t.Errorf("finalizers: %s", diff)
	}
	if ns.Labels["kubernetes.io/metadata.name"] != "n" || ns.Status.Phase != corev1.NamespaceActive {
		t.Errorf("got %+v", ns)
	}
	changed := ns.DeepCopy()
	changed.Spec.Finalizers = nil
	NamespaceUpdate(changed, ns)
	if diff := cmp.Diff(ns.Spec.Finalizers, changed.Spec.Finalizers); diff != "" {
		t.Errorf("an update changed the finalizers: %s", diff)
	}
}

func TestJobSelectsItsOwnPods(t *testing.T) {
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "j", UID: "u"}}
	JobCreate(t.Context(), job)
	if diff := cmp.Diff(map[string]string{"batch.kubernetes.io/controller-uid": "u"}, job.Spec.Selector.MatchLabels); diff != "" {
		t.Errorf("selector: %s", diff)
	}
	want := map[string]string{"batch.kubernetes.io/controller-uid": "u", "controller-uid": "u", "batch.kubernetes.io/job-name": "j", "job-name": "j"}
	if diff := cmp.Diff(want, job.Spec.Template.Labels); diff != "" {
		t.Errorf("template labels: %s", diff)
	}
	manual := &batchv1.Job{Spec: batchv1.JobSpec{ManualSelector: new(true)}}
	JobCreate(t.Context(), manual)
	if manual.Spec.Selector != nil || manual.Spec.Template.Labels != nil {
		t.Errorf("manual selector was changed: %+v", manual.Spec)
	}
}

func TestGenerationCountsWhatControllersRead(t *testing.T) {
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Generation: 3}}
	annotated := deployment.DeepCopy()
	annotated.Annotations = map[string]string{"a": "b"}
	DeploymentUpdate(annotated, deployment)
	if annotated.Generation != 4 {
		t.Errorf("deployment with a new annotation: generation %d, want 4", annotated.Generation)
	}

	slice := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Generation: 3, ResourceVersion: "1"}}
	for name, test := range map[string]struct {
		change func(*discoveryv1.EndpointSlice)
		want   int64
	}{
		"annotation": {func(s *discoveryv1.EndpointSlice) { s.Annotations = map[string]string{"a": "b"} }, 3},
		"label":      {func(s *discoveryv1.EndpointSlice) { s.Labels = map[string]string{"a": "b"} }, 4},
		"endpoint":   {func(s *discoveryv1.EndpointSlice) { s.Endpoints = make([]discoveryv1.Endpoint, 1) }, 4},
	} {
		changed := slice.DeepCopy()
		test.change(changed)
		EndpointSliceUpdate(changed, slice)
		if changed.Generation != test.want {
			t.Errorf("endpoint slice with a new %s: generation %d, want %d", name, changed.Generation, test.want)
		}
	}

	daemons := &appsv1.DaemonSet{}
	DaemonSetCreate(t.Context(), daemons)
	changed := daemons.DeepCopy()
	changed.Annotations = nil
	changed.Spec.Template.Spec.NodeName = "n"
	DaemonSetUpdate(changed, daemons)
	if got := changed.Annotations["deprecated.daemonset.template.generation"]; got != "2" {
		t.Errorf("template generation %q, want 2", got)
	}
}

func TestVolumeNotesWhenItsPhaseChanged(t *testing.T) {
	past := metav1.Unix(1, 0)
	old := &corev1.PersistentVolume{Status: corev1.PersistentVolumeStatus{Phase: corev1.VolumeAvailable, LastPhaseTransitionTime: &past}}
	bound := old.DeepCopy()
	bound.Status.Phase = corev1.VolumeBound
	PersistentVolumeStatusUpdate(bound, old)
	if !bound.Status.LastPhaseTransitionTime.After(past.Time) {
		t.Errorf("time %v was not moved", bound.Status.LastPhaseTransitionTime)
	}
	same := &corev1.PersistentVolume{Status: corev1.PersistentVolumeStatus{Phase: corev1.VolumeAvailable}}
	PersistentVolumeStatusUpdate(same, old)
	if !same.Status.LastPhaseTransitionTime.Equal(&past) {
		t.Errorf("time %v, want %v", same.Status.LastPhaseTransitionTime, past)
	}
}

func TestCertificateRequestNamesItsMaker(t *testing.T) {
	ctx := request.WithUser(t.Context(), &user.DefaultInfo{Name: "jane", UID: "1", Groups: []string{"dev"}, Extra: map[string][]string{"k": {"v"}}})
	csr := &certificatesv1.CertificateSigningRequest{Spec: certificatesv1.CertificateSigningRequestSpec{SignerName: "s", Username: "root", Groups: []string{"system:masters"}}}
	CertificateCreate(ctx, csr)
	want := certificatesv1.CertificateSigningRequestSpec{SignerName: "s", Username: "jane", UID: "1", Groups: []string{"dev"}, Extra: map[string]certificatesv1.ExtraValue{"k": {"v"}}}
	if diff := cmp.Diff(want, csr.Spec); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOnlyApprovalChangesTheVerdict(t *testing.T) {
	type condition = certificatesv1.CertificateSigningRequestCondition
	past := metav1.Unix(1, 0)
	old := &certificatesv1.CertificateSigningRequest{Status: certificatesv1.CertificateSigningRequestStatus{
		Conditions: []condition{{Type: certificatesv1.CertificateApproved, Status: "True", LastUpdateTime: past, LastTransitionTime: past}},
	}}
	signed := old.DeepCopy()
	signed.Status.Certificate = []byte("pem")
	signed.Status.Conditions = []condition{
		{Type: certificatesv1.CertificateApproved, Status: "False", Reason: "Forged"}, {Type: certificatesv1.CertificateFailed, Status: "True"},
	}
	CertificateStatusUpdate(signed, old)
	if len(signed.Status.Conditions) != 2 || signed.Status.Conditions[0] != old.Status.Conditions[0] || signed.Status.Conditions[1].Type != "Failed" ||
		signed.Status.Conditions[1].LastUpdateTime.IsZero() {
		t.Errorf("status: %+v", signed.Status)
	}
	approved := old.DeepCopy()
	approved.Status.Certificate = []byte("forged")
	approved.Status.Conditions = []condition{{Type: certificatesv1.CertificateApproved, Status: "True"}}
	CertificateApproval(approved, old)
	if approved.Status.Certificate != nil || !approved.Status.Conditions[0].LastTransitionTime.Equal(&past) {
		t.Errorf("approval: %+v", approved.Status)
	}
}

func TestDataSourcesAgree(t *testing.T) {
	source := &corev1.TypedLocalObjectReference{Kind: "PersistentVolumeClaim", Name: "a"}
	claim := &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{DataSource: source}}
	PersistentVolumeClaimCreate(t.Context(), claim)
	if diff := cmp.Diff(&corev1.TypedObjectReference{Kind: "PersistentVolumeClaim", Name: "a"}, claim.Spec.DataSourceRef); diff != "" {
		t.Errorf("dataSourceRef: %s", diff)
	}
	foreign := &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{
		DataSourceRef: &corev1.TypedObjectReference{Kind: "PersistentVolumeClaim", Name: "a", Namespace: new("other")},
	}}
	PersistentVolumeClaimCreate(t.Context(), foreign)
	if foreign.Spec.DataSource != nil {
		t.Errorf("dataSource %v of another namespace", foreign.Spec.DataSource)
	}
}
