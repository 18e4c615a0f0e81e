package admission_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

const configuration = `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: EventRateLimit
  configuration:
    apiVersion: eventratelimit.admission.k8s.io/v1alpha1
    kind: Configuration
    limits: [{type: Namespace, qps: 1, burst: 1}]
- name: PodNodeSelector
  path: selectors.yaml
- name: PodTolerationRestriction
  configuration:
    apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1
    kind: Configuration
    default: [{key: all, operator: Exists}]
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: baseline}
    exemptions: {namespaces: [free]}
`

// TestSwitches proves on one server that flags and configuration reach the plugins.
func TestSwitches(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"admission.yaml": configuration, "selectors.yaml": "podNodeSelectorPluginConfig: {clusterDefaultNodeSelector: region=west}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := apiservertest.Run(t, apiserver.Options{
		AdmissionFile: filepath.Join(dir, "admission.yaml"),
		EnableAdmission: []string{
			"EventRateLimit", "PodNodeSelector", "PodTolerationRestriction", "OwnerReferencesPermissionEnforcement", "AlwaysPullImages",
			"NamespaceAutoProvision", "NamespaceExists", "LimitPodHardAntiAffinityTopology", "DenyServiceExternalIPs", "ExtendedResourceToleration",
		},
		DisableAdmission: []string{"ServiceAccount", "DefaultTolerationSeconds"},
	})
	c, err := kubernetes.NewForConfig(server.ClientConfig("kubernetes-admin", "system:masters"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a pod in a namespace that is not there", func(t *testing.T) {
		p := pod("p")
		p.Spec.Containers[0].ImagePullPolicy = corev1.PullNever
		p, err := c.CoreV1().Pods("new").Create(t.Context(), p, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s := p.Spec
		if s.NodeSelector["region"] != "west" || len(s.Tolerations) != 1 || s.Tolerations[0].Key != "all" || len(s.Volumes) != 0 || s.Containers[0].ImagePullPolicy != corev1.PullAlways {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("a dry run there", func(t *testing.T) {
		_, err := c.CoreV1().Pods("dry").Create(t.Context(), pod("p"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if !apierrors.IsNotFound(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("pod security by default, but for exemptions", func(t *testing.T) {
		p := pod("privileged")
		p.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{Privileged: new(true)}
		_, err := c.CoreV1().Pods("new").Create(t.Context(), p, metav1.CreateOptions{})
		if err == nil || !strings.Contains(err.Error(), `violates PodSecurity "baseline:latest"`) {
			t.Errorf("got %v", err)
		}
		if _, err := c.CoreV1().Pods("free").Create(t.Context(), p, metav1.CreateOptions{}); err != nil {
			t.Error(err)
		}
	})
	t.Run("tolerations conflict as an internal error", func(t *testing.T) {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "tight", Annotations: map[string]string{
			"scheduler.alpha.kubernetes.io/tolerationsWhitelist": `[{"key":"x","operator":"Exists"}]`,
		}}}
		if _, err := c.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		_, err := c.CoreV1().Pods("tight").Create(t.Context(), pod("p"), metav1.CreateOptions{})
		if s, ok := errors.AsType[*apierrors.StatusError](err); !ok || s.ErrStatus.Code != 500 || s.ErrStatus.Message != "pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("events are limited", func(t *testing.T) { eventsAreLimited(t, c) })
	t.Run("owners", func(t *testing.T) {
		owner := []metav1.OwnerReference{{APIVersion: "v1", Kind: "Zork", Name: "o", UID: "u", BlockOwnerDeletion: new(true)}}
		cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c", OwnerReferences: owner}}
		if _, err := c.CoreV1().ConfigMaps("new").Create(t.Context(), cm, metav1.CreateOptions{}); err != nil {
			t.Errorf("who may do everything may not block: %v", err)
		}
	})
}

func eventsAreLimited(t *testing.T, c kubernetes.Interface) {
	event := func() *corev1.Event {
		return &corev1.Event{ObjectMeta: metav1.ObjectMeta{GenerateName: "e"}, InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: "new", Name: "x"}}
	}
	var err error
	for range 50 { // more than a second's worth, however slow the machine
		if _, err = c.CoreV1().Events("new").Create(t.Context(), event(), metav1.CreateOptions{}); err != nil {
			break
		}
	}
	if !apierrors.IsTooManyRequests(err) || err.Error() != "Too many requests: limit reached on type Namespace for key new" {
		t.Errorf("got %v", err)
	}
}
