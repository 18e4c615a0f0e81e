package apiserver_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

func bind(t *testing.T, client kubernetes.Interface, name, node string) error {
	t.Helper()
	return client.CoreV1().Pods("default").Bind(t.Context(), &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Target: corev1.ObjectReference{Kind: "Node", Name: node},
	}, metav1.CreateOptions{})
}

// running makes a bound, running, ready pod.
func running(t *testing.T, client kubernetes.Interface, name string) *corev1.Pod {
	t.Helper()
	pods := client.CoreV1().Pods("default")
	must[*corev1.Pod](t)(pods.Create(t.Context(), pod(name), metav1.CreateOptions{}))
	if err := bind(t, client, name, "n"); err != nil {
		t.Fatal(err)
	}
	p := must[*corev1.Pod](t)(pods.Get(t.Context(), name, metav1.GetOptions{}))
	p.Status.Phase = corev1.PodRunning
	p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue})
	return must[*corev1.Pod](t)(pods.UpdateStatus(t.Context(), p, metav1.UpdateOptions{}))
}

func TestBindingGivesANodeOnce(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	must[*corev1.Pod](t)(client.CoreV1().Pods("default").Create(t.Context(), pod("p"), metav1.CreateOptions{}))
	if err := bind(t, client, "p", "n"); err != nil {
		t.Fatal(err)
	}
	if err := bind(t, client, "p", "m"); !apierrors.IsConflict(err) {
		t.Errorf("bind again: %v", err)
	}
	p := must[*corev1.Pod](t)(client.CoreV1().Pods("default").Get(t.Context(), "p", metav1.GetOptions{}))
	if p.Spec.NodeName != "n" || p.Status.Conditions[0].Type != corev1.PodScheduled || p.Status.Conditions[0].Status != corev1.ConditionTrue {
		t.Errorf("bound pod: %q, %v", p.Spec.NodeName, p.Status.Conditions)
	}
	list := must[*corev1.PodList](t)(client.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{FieldSelector: "spec.nodeName=n"}))
	if len(list.Items) != 1 {
		t.Errorf("%d pods on the node", len(list.Items))
	}
}

func TestDeleteIsGracefulForRunningPods(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	pods := client.CoreV1().Pods("default")
	running(t, client, "p")
	if err := pods.Delete(t.Context(), "p", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	p := must[*corev1.Pod](t)(pods.Get(t.Context(), "p", metav1.GetOptions{}))
	if p.DeletionTimestamp == nil || *p.DeletionGracePeriodSeconds != 30 {
		t.Errorf("deleted pod: %v, grace %v", p.DeletionTimestamp, p.DeletionGracePeriodSeconds)
	}
	if err := pods.Delete(t.Context(), "p", *metav1.NewDeleteOptions(0)); err != nil {
		t.Fatal(err)
	}
	if _, err := pods.Get(t.Context(), "p", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after a forced delete: %v", err)
	}
}

func TestEvictionAsksTheBudget(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	running(t, client, "p")
	budgets := client.PolicyV1().PodDisruptionBudgets("default")
	b := must[*policyv1.PodDisruptionBudget](t)(budgets.Create(t.Context(), &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "b"},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: new(intstr.FromInt32(1)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "p"}},
		},
	}, metav1.CreateOptions{}))
	evict := func() error { // without the retries that the answer asks for
		return client.CoreV1().RESTClient().Post().MaxRetries(0).Namespace("default").Resource("pods").Name("p").SubResource("eviction").
			Body(&policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "p"}}).Do(t.Context()).Error()
	}
	if err := evict(); !apierrors.IsTooManyRequests(err) || !apierrors.HasStatusCause(err, policyv1.DisruptionBudgetCause) {
		t.Errorf("evict before the budget is computed: %v", err)
	}
	b.Status = policyv1.PodDisruptionBudgetStatus{ObservedGeneration: b.Generation, CurrentHealthy: 1, DesiredHealthy: 1, ExpectedPods: 1}
	b = must[*policyv1.PodDisruptionBudget](t)(budgets.UpdateStatus(t.Context(), b, metav1.UpdateOptions{}))
	if err := evict(); !apierrors.IsTooManyRequests(err) {
		t.Errorf("evict the last allowed pod: %v", err)
	}
	b.Status.DisruptionsAllowed, b.Status.CurrentHealthy = 1, 2
	must[*policyv1.PodDisruptionBudget](t)(budgets.UpdateStatus(t.Context(), b, metav1.UpdateOptions{}))
	if err := evict(); err != nil {
		t.Fatal(err)
	}
	p := must[*corev1.Pod](t)(client.CoreV1().Pods("default").Get(t.Context(), "p", metav1.GetOptions{}))
	if p.DeletionTimestamp == nil {
		t.Error("evicted pod is not being deleted")
	}
	b = must[*policyv1.PodDisruptionBudget](t)(budgets.Get(t.Context(), "b", metav1.GetOptions{}))
	if b.Status.DisruptionsAllowed != 0 || len(b.Status.DisruptedPods) != 1 {
		t.Errorf("budget after the eviction: %v", b.Status)
	}
}

func TestEphemeralContainersAreOnlyAdded(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	pods := client.CoreV1().Pods("default")
	p := running(t, client, "p")
	p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "e", Image: "image"}}}
	p.Spec.Containers[0].Image = "ignored"
	p = must[*corev1.Pod](t)(pods.UpdateEphemeralContainers(t.Context(), "p", p, metav1.UpdateOptions{}))
	if len(p.Spec.EphemeralContainers) != 1 || p.Spec.Containers[0].Image != "image" || p.Generation != 2 {
		t.Errorf("got %v, image %q, generation %d", p.Spec.EphemeralContainers, p.Spec.Containers[0].Image, p.Generation)
	}
	p.Spec.EphemeralContainers[0].Image = "other"
	if _, err := pods.UpdateEphemeralContainers(t.Context(), "p", p, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("change of an ephemeral container: %v", err)
	}
	p.Spec.EphemeralContainers = nil
	if _, err := pods.UpdateEphemeralContainers(t.Context(), "p", p, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("removal of an ephemeral container: %v", err)
	}
}

func TestConnectNeedsANode(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	pods := client.CoreV1().Pods("default")
	must[*corev1.Pod](t)(pods.Create(t.Context(), pod("p"), metav1.CreateOptions{}))
	exec := client.CoreV1().RESTClient().Post().Namespace("default").Resource("pods").Name("p").SubResource("exec").Param("command", "x").Do(t.Context())
	if err := exec.Error(); !apierrors.IsBadRequest(err) {
		t.Errorf("exec in a pod without a node: %v", err)
	}
	if _, err := pods.GetLogs("p", &corev1.PodLogOptions{Container: "x"}).DoRaw(t.Context()); !apierrors.IsBadRequest(err) {
		t.Errorf("log of an unknown container: %v", err)
	}
	if raw, err := pods.GetLogs("p", &corev1.PodLogOptions{}).DoRaw(t.Context()); err != nil || len(raw) != 0 {
		t.Errorf("log of a pod without a node: %q, %v", raw, err)
	}
}

func TestResizeOfARunningPod(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	pods := client.CoreV1().Pods("default")
	limited := pod("p")
	limited.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")}
	must[*corev1.Pod](t)(pods.Create(t.Context(), limited, metav1.CreateOptions{}))
	must[*corev1.Node](t)(client.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}, metav1.CreateOptions{}))
	if err := bind(t, client, "p", "n"); err != nil {
		t.Fatal(err)
	}
	patch := func(sub string) (*corev1.Pod, error) {
		body := []byte(`{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"200m"}}}]}}`)
		return pods.Patch(t.Context(), "p", types.StrategicMergePatchType, body, metav1.PatchOptions{}, sub)
	}
	if _, err := patch(""); !apierrors.IsInvalid(err) {
		t.Errorf("resources changed without /resize: %v", err)
	}
	p := must[*corev1.Pod](t)(patch("resize"))
	if cpu := p.Spec.Containers[0].Resources.Requests.Cpu(); cpu.String() != "200m" || p.Generation != 2 || p.Spec.NodeName != "n" {
		t.Errorf("resized pod has %s, generation %d", cpu, p.Generation)
	}
}
