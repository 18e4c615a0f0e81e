package apiserver_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

func TestNamespaceTerminatesUntilItIsFinalized(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	spaces := client.CoreV1().Namespaces()
	n := must[*corev1.Namespace](t)(spaces.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "n"}}, metav1.CreateOptions{}))
	if n.Status.Phase != corev1.NamespaceActive || len(n.Spec.Finalizers) != 1 {
		t.Errorf("new namespace: %v %v", n.Spec, n.Status)
	}
	for range 2 { // deleting again changes nothing
		if err := spaces.Delete(t.Context(), "n", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	n = must[*corev1.Namespace](t)(spaces.Get(t.Context(), "n", metav1.GetOptions{}))
	if n.Status.Phase != corev1.NamespaceTerminating || n.DeletionTimestamp == nil {
		t.Errorf("deleted namespace: %v %v", n.DeletionTimestamp, n.Status)
	}
	n.Spec.Finalizers = nil
	must[*corev1.Namespace](t)(spaces.Finalize(t.Context(), n, metav1.UpdateOptions{}))
	if _, err := spaces.Get(t.Context(), "n", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("finalized namespace: %v", err)
	}
}

func TestUpdateCannotRemoveTheFinalizer(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	n := must[*corev1.Namespace](t)(client.CoreV1().Namespaces().Get(t.Context(), "default", metav1.GetOptions{}))
	n.Spec.Finalizers = nil
	n = must[*corev1.Namespace](t)(client.CoreV1().Namespaces().Update(t.Context(), n, metav1.UpdateOptions{}))
	if len(n.Spec.Finalizers) != 1 {
		t.Error("an update removed the finalizer")
	}
}
