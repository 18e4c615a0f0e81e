package apiserver_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

func pod(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "image"}}},
	}
}

func deployment(name string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "image"}}},
			},
		},
	}
}

// must fails the test on an error and returns the value.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestPatchTypes(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	deployments := client.AppsV1().Deployments("default")
	must[*appsv1.Deployment](t)(deployments.Create(t.Context(), deployment("web"), metav1.CreateOptions{}))
	for _, c := range []struct {
		kind  types.PatchType
		patch string
		check func(*appsv1.Deployment) bool
	}{
		{types.JSONPatchType, `[{"op":"replace","path":"/spec/replicas","value":3}]`, func(d *appsv1.Deployment) bool { return *d.Spec.Replicas == 3 }},
		{types.MergePatchType, `{"metadata":{"labels":{"a":"b"}}}`, func(d *appsv1.Deployment) bool { return d.Labels["a"] == "b" }},
		{types.StrategicMergePatchType, `{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"other"}]}}}}`, func(d *appsv1.Deployment) bool {
			return len(d.Spec.Template.Spec.Containers) == 1 && d.Spec.Template.Spec.Containers[0].Image == "other"
		}},
	} {
		d := must[*appsv1.Deployment](t)(deployments.Patch(t.Context(), "web", c.kind, []byte(c.patch), metav1.PatchOptions{}))
		if !c.check(d) {
			t.Errorf("%s did not apply: %v", c.kind, d.Spec)
		}
	}
	d := must[*appsv1.Deployment](t)(deployments.Get(t.Context(), "web", metav1.GetOptions{}))
	if d.Generation != 3 {
		t.Errorf("generation is %d after two changes of the spec and one of labels", d.Generation)
	}
}

func TestServerSideApply(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	deployments := client.AppsV1().Deployments("default")
	web := appsapply.Deployment("web", "default").WithSpec(appsapply.DeploymentSpec().WithReplicas(2).
		WithSelector(metaapply.LabelSelector().WithMatchLabels(map[string]string{"a": "b"})).
		WithTemplate(coreapply.PodTemplateSpec().WithLabels(map[string]string{"a": "b"}).
			WithSpec(coreapply.PodSpec().WithContainers(coreapply.Container().WithName("c").WithImage("image")))))
	must[*appsv1.Deployment](t)(deployments.Apply(t.Context(), web, metav1.ApplyOptions{FieldManager: "one"}))

	web.Spec.WithReplicas(5)
	_, err := deployments.Apply(t.Context(), web, metav1.ApplyOptions{FieldManager: "two"})
	if !apierrors.IsConflict(err) {
		t.Fatalf("apply of a field that another manager owns: %v", err)
	}
	d := must[*appsv1.Deployment](t)(deployments.Apply(t.Context(), web, metav1.ApplyOptions{FieldManager: "two", Force: true}))
	if *d.Spec.Replicas != 5 {
		t.Errorf("forced apply left %d replicas", *d.Spec.Replicas)
	}
	// "one" gave up the field by not owning it any more; applying without it must not remove it.
	web.Spec.Replicas = nil
	d = must[*appsv1.Deployment](t)(deployments.Apply(t.Context(), web, metav1.ApplyOptions{FieldManager: "one"}))
	if *d.Spec.Replicas != 5 {
		t.Errorf("apply by the other manager left %d replicas", *d.Spec.Replicas)
	}
	status := appsapply.Deployment("web", "default").WithStatus(appsapply.DeploymentStatus().WithReplicas(5))
	d = must[*appsv1.Deployment](t)(deployments.ApplyStatus(t.Context(), status, metav1.ApplyOptions{FieldManager: "three"}))
	if d.Status.Replicas != 5 || *d.Spec.Replicas != 5 {
		t.Errorf("apply of status gave %v", d.Status)
	}
}

func TestStatusAndSpecAreWrittenApart(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	deployments := client.AppsV1().Deployments("default")
	d := deployment("web")
	d.Status.Replicas = 7
	d = must[*appsv1.Deployment](t)(deployments.Create(t.Context(), d, metav1.CreateOptions{}))
	if d.Status.Replicas != 0 {
		t.Error("create wrote status")
	}
	d.Status.Replicas, d.Spec.Replicas = 7, new(int32(9))
	d = must[*appsv1.Deployment](t)(deployments.UpdateStatus(t.Context(), d, metav1.UpdateOptions{}))
	if d.Status.Replicas != 7 || *d.Spec.Replicas != 1 || d.Generation != 1 {
		t.Errorf("after a status update: %v, %d replicas, generation %d", d.Status, *d.Spec.Replicas, d.Generation)
	}
	d.Status.Replicas, d.Spec.Replicas = 0, new(int32(9))
	d = must[*appsv1.Deployment](t)(deployments.Update(t.Context(), d, metav1.UpdateOptions{}))
	if d.Status.Replicas != 7 || *d.Spec.Replicas != 9 || d.Generation != 2 {
		t.Errorf("after an update: %v, %d replicas, generation %d", d.Status, *d.Spec.Replicas, d.Generation)
	}
}

func TestScale(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	deployments := client.AppsV1().Deployments("default")
	must[*appsv1.Deployment](t)(deployments.Create(t.Context(), deployment("web"), metav1.CreateOptions{}))
	scale, err := deployments.GetScale(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if scale.Spec.Replicas != 1 || scale.Status.Selector != "app=web" {
		t.Errorf("scale is %v, %v", scale.Spec, scale.Status)
	}
	scale.Spec.Replicas = 4
	if scale, err = deployments.UpdateScale(t.Context(), "web", scale, metav1.UpdateOptions{}); err != nil || scale.Spec.Replicas != 4 {
		t.Fatalf("update scale: %v, %v", scale, err)
	}
	d := must[*appsv1.Deployment](t)(deployments.Get(t.Context(), "web", metav1.GetOptions{}))
	if *d.Spec.Replicas != 4 || d.Generation != 2 {
		t.Errorf("deployment has %d replicas, generation %d", *d.Spec.Replicas, d.Generation)
	}
	scale.Spec.Replicas = -1
	if _, err := deployments.UpdateScale(t.Context(), "web", scale, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("scale to -1: %v", err)
	}
}

func TestListsAreChunkedAndSelected(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	pods := client.CoreV1().Pods("default")
	for i := range 5 {
		must[*corev1.Pod](t)(pods.Create(t.Context(), pod(fmt.Sprintf("p%d", i)), metav1.CreateOptions{}))
	}
	first := must[*corev1.PodList](t)(pods.List(t.Context(), metav1.ListOptions{Limit: 2}))
	if len(first.Items) != 2 || first.Continue == "" || *first.RemainingItemCount != 3 {
		t.Errorf("first chunk has %d items, continue %q", len(first.Items), first.Continue)
	}
	rest := must[*corev1.PodList](t)(pods.List(t.Context(), metav1.ListOptions{Continue: first.Continue}))
	if len(rest.Items) != 3 || rest.ResourceVersion != first.ResourceVersion {
		t.Errorf("rest has %d items of version %s, want those of %s", len(rest.Items), rest.ResourceVersion, first.ResourceVersion)
	}
	for selector, want := range map[string]int{"spec.nodeName=": 5, "spec.nodeName=x": 0, "metadata.name=p1": 1, "status.phase=Pending": 5} {
		list := must[*corev1.PodList](t)(pods.List(t.Context(), metav1.ListOptions{FieldSelector: selector}))
		if len(list.Items) != want {
			t.Errorf("%s selects %d pods", selector, len(list.Items))
		}
	}
	if _, err := pods.List(t.Context(), metav1.ListOptions{FieldSelector: "spec.x=y"}); !apierrors.IsBadRequest(err) {
		t.Errorf("list by an unknown field: %v", err)
	}
	if err := pods.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "app in (p1,p2)"}); err != nil {
		t.Fatal(err)
	}
	if list := must[*corev1.PodList](t)(pods.List(t.Context(), metav1.ListOptions{})); len(list.Items) != 3 {
		t.Errorf("%d pods are left", len(list.Items))
	}
}

func TestWatchStreamsInitialEventsAndChanges(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	maps := client.CoreV1().ConfigMaps("default")
	must[*corev1.ConfigMap](t)(maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, metav1.CreateOptions{}))
	w, err := maps.Watch(t.Context(), metav1.ListOptions{
		SendInitialEvents: new(true), AllowWatchBookmarks: true, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	next := func() watch.Event {
		select {
		case e := <-w.ResultChan():
			return e
		case <-time.After(20 * time.Second):
			t.Fatal("no event")
			return watch.Event{}
		}
	}
	if e := next(); e.Type != watch.Added || e.Object.(*corev1.ConfigMap).Name != "a" {
		t.Fatalf("first event: %v", e)
	}
	if e := next(); e.Type != watch.Bookmark || e.Object.(*corev1.ConfigMap).Annotations[metav1.InitialEventsAnnotationKey] != "true" {
		t.Fatalf("second event: %v", e)
	}
	if err := maps.Delete(t.Context(), "a", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if e := next(); e.Type != watch.Deleted {
		t.Fatalf("third event: %v", e)
	}
}

func TestTableAndPartialMetadata(t *testing.T) {
	config := apiservertest.Start(t)
	client := kubernetes.NewForConfigOrDie(config)
	must[*corev1.Pod](t)(client.CoreV1().Pods("default").Create(t.Context(), pod("p"), metav1.CreateOptions{}))
	raw, err := client.CoreV1().RESTClient().Get().Namespace("default").Resource("pods").
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var table metav1.Table
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	if table.Kind != "Table" || len(table.Rows) != 1 || table.Rows[0].Cells[0] != "p" {
		t.Errorf("got %s", raw)
	}
	meta := metadata.NewForConfigOrDie(config)
	m, err := meta.Resource(corev1.SchemeGroupVersion.WithResource("pods")).Namespace("default").Get(t.Context(), "p", metav1.GetOptions{})
	if err != nil || m.Name != "p" {
		t.Errorf("metadata: %v, %v", m, err)
	}
}

func TestDryRunStoresNothing(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	pods := client.CoreV1().Pods("default")
	p := must[*corev1.Pod](t)(pods.Create(t.Context(), pod("p"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}))
	if p.UID == "" {
		t.Error("dry run gave no UID")
	}
	if _, err := pods.Get(t.Context(), "p", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after a dry run: %v", err)
	}
}

func TestStrictFieldValidation(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	body := []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"bogus":1}`)
	err := client.CoreV1().RESTClient().Post().Namespace("default").Resource("configmaps").Param("fieldValidation", "Strict").
		SetHeader("Content-Type", "application/json").Body(body).Do(t.Context()).Error()
	if !apierrors.IsBadRequest(err) {
		t.Errorf("unknown field in strict mode: %v", err)
	}
}

func TestSecondVersionsReadTheSameObjects(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	event := &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: "e"},
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: "default", Name: "p"}, Reason: "R", Message: "hello",
	}
	must[*corev1.Event](t)(client.CoreV1().Events("default").Create(t.Context(), event, metav1.CreateOptions{}))
	e, err := client.EventsV1().Events("default").Get(t.Context(), "e", metav1.GetOptions{})
	if err != nil || e.Note != "hello" || e.Regarding.Name != "p" {
		t.Errorf("event as events.k8s.io: %v, %v", e, err)
	}
}
