package admission_test

import (
	"context"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// TestServer proves on one server that the chain is in its way.
func TestServer(t *testing.T) {
	c, err := kubernetes.NewForConfig(apiservertest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	namespace(t, c, "blue", nil)
	t.Run("a pod gets its token volume, priority and tolerations", func(t *testing.T) {
		p, err := c.CoreV1().Pods("blue").Create(t.Context(), pod("plain"), metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Spec.ServiceAccountName != "default" || len(p.Spec.Volumes) != 1 || p.Spec.Priority == nil || len(p.Spec.Tolerations) != 2 {
			t.Errorf("got %+v", p.Spec)
		}
	})
	t.Run("no pod without its namespace", func(t *testing.T) {
		_, err := c.CoreV1().Pods("nowhere").Create(t.Context(), pod("p"), metav1.CreateOptions{})
		if !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), `namespaces "nowhere" not found`) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("immortal namespaces stay", func(t *testing.T) {
		err := c.CoreV1().Namespaces().Delete(t.Context(), "default", metav1.DeleteOptions{})
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "this namespace may not be deleted") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("pod security", func(t *testing.T) {
		namespace(t, c, "strict", map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
		_, err := c.CoreV1().Pods("strict").Create(t.Context(), pod("p"), metav1.CreateOptions{})
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `violates PodSecurity "restricted:latest"`) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a validating admission policy", func(t *testing.T) { policyDenies(t, c) })
	t.Run("a mutating admission policy", func(t *testing.T) { policyMutates(t, c) })
	t.Run("webhooks", func(t *testing.T) { webhooks(t, c) })
	t.Run("the rules of webhooks", func(t *testing.T) { webhookRules(t, c) })
	t.Run("a quota", func(t *testing.T) { quotaLimits(t, c) })
}

func pod(name string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}}}
}

// namespace makes a namespace and its default service account, which in a
// whole cluster is the work of a controller.
func namespace(t *testing.T, c kubernetes.Interface, name string, labels map[string]string) {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	if _, err := c.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	if _, err := c.CoreV1().ServiceAccounts(name).Create(t.Context(), sa, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// eventually repeats a request until it gives what is wanted: policies reach
// the plugins through informers.
func eventually(t *testing.T, request func() (bool, error)) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) {
		var done bool
		done, last = request()
		return done, nil
	})
	if err != nil {
		t.Errorf("last: %v", last)
	}
}

func rules(resource string) *admissionregistrationv1.MatchResources {
	return &admissionregistrationv1.MatchResources{
		NamespaceSelector: &metav1.LabelSelector{}, ObjectSelector: &metav1.LabelSelector{}, MatchPolicy: new(admissionregistrationv1.Equivalent),
		ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
			Operations: []admissionregistrationv1.OperationType{"CREATE"},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{resource}, Scope: new(admissionregistrationv1.AllScopes)},
		}}},
	}
}

func policyDenies(t *testing.T, c kubernetes.Interface) {
	api := c.AdmissionregistrationV1()
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: "no-bad"}, Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
		FailurePolicy: new(admissionregistrationv1.Fail), MatchConstraints: rules("configmaps"),
		Validations: []admissionregistrationv1.Validation{{Expression: "!object.metadata.name.startsWith('bad')", Message: "bad names are refused"}},
	}}
	if _, err := api.ValidatingAdmissionPolicies().Create(t.Context(), policy, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: "no-bad"}, Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
		PolicyName: "no-bad", ValidationActions: []admissionregistrationv1.ValidationAction{"Deny"},
	}}
	if _, err := api.ValidatingAdmissionPolicyBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, error) {
		cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "bad-"}}
		_, err := c.CoreV1().ConfigMaps("blue").Create(t.Context(), cm, metav1.CreateOptions{})
		return err != nil && strings.Contains(err.Error(), "ValidatingAdmissionPolicy 'no-bad' with binding 'no-bad' denied request: bad names are refused"), err
	})
	good := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "good"}}
	if _, err := c.CoreV1().ConfigMaps("blue").Create(t.Context(), good, metav1.CreateOptions{}); err != nil {
		t.Error(err)
	}
}

func policyMutates(t *testing.T, c kubernetes.Interface) {
	api := c.AdmissionregistrationV1()
	policy := &admissionregistrationv1.MutatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: "stamp"}, Spec: admissionregistrationv1.MutatingAdmissionPolicySpec{
		FailurePolicy: new(admissionregistrationv1.Fail), MatchConstraints: rules("secrets"), ReinvocationPolicy: admissionregistrationv1.NeverReinvocationPolicy,
		Mutations: []admissionregistrationv1.Mutation{{PatchType: admissionregistrationv1.PatchTypeJSONPatch, JSONPatch: &admissionregistrationv1.JSONPatch{
			Expression: `[JSONPatch{op: "add", path: "/metadata/labels", value: {"stamped": "yes"}}]`,
		}}},
	}}
	if _, err := api.MutatingAdmissionPolicies().Create(t.Context(), policy, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &admissionregistrationv1.MutatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: "stamp"}, Spec: admissionregistrationv1.MutatingAdmissionPolicyBindingSpec{PolicyName: "stamp"}}
	if _, err := api.MutatingAdmissionPolicyBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, error) {
		s, err := c.CoreV1().Secrets("blue").Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{GenerateName: "s-"}}, metav1.CreateOptions{})
		return err == nil && s.Labels["stamped"] == "yes", err
	})
}

func quotaLimits(t *testing.T, c kubernetes.Interface) {
	namespace(t, c, "small", nil)
	hard := corev1.ResourceList{"pods": resource.MustParse("1"), "count/configmaps": resource.MustParse("0")}
	q := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "q"}, Spec: corev1.ResourceQuotaSpec{Hard: hard}}
	q, err := c.CoreV1().ResourceQuotas("small").Create(t.Context(), q, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	q.Status = corev1.ResourceQuotaStatus{Hard: hard, Used: corev1.ResourceList{"pods": resource.MustParse("0"), "count/configmaps": resource.MustParse("0")}}
	if _, err := c.CoreV1().ResourceQuotas("small").UpdateStatus(t.Context(), q, metav1.UpdateOptions{}); err != nil { // a controller's work
		t.Fatal(err)
	}
	eventually(t, func() (bool, error) {
		cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "c-"}}
		_, err := c.CoreV1().ConfigMaps("small").Create(t.Context(), cm, metav1.CreateOptions{})
		return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=0, limited: count/configmaps=0"), err
	})
	if _, err := c.CoreV1().Pods("small").Create(t.Context(), pod("first"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = c.CoreV1().Pods("small").Create(t.Context(), pod("second"), metav1.CreateOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1") {
		t.Errorf("got %v", err)
	}
}
