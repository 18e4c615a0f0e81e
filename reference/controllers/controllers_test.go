package controllers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// cluster is an API server with all controllers.
type cluster struct {
	*testing.T
	config  *rest.Config
	client  kubernetes.Interface
	dynamic dynamic.Interface
}

var namespaces atomic.Int64

func start(t *testing.T) cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("starts an API server")
	}
	server := apiservertest.Run(t, apiserver.Options{})
	config := server.ClientConfig("kubernetes-admin", "system:masters")
	c, err := New(Options{
		Config: server.ClientConfig("system:kube-controller-manager"), RootCA: []byte("CA"), PodCIDR: netip.MustParsePrefix("10.244.0.0/16"),
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return cluster{T: t, config: config, client: kubernetes.NewForConfigOrDie(config), dynamic: dynamic.NewForConfigOrDie(config)}
}

// eventually waits until check returns nil.
func (c cluster) eventually(what string, check func() error) {
	c.Helper()
	var last error
	began := time.Now()
	err := wait.PollUntilContextTimeout(c.Context(), 10*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		last = check()
		return last == nil, nil
	})
	if err != nil {
		c.Fatalf("%s: %v", what, last)
	}
	c.Logf("%s after %v", what, time.Since(began).Round(time.Millisecond))
}

func (c cluster) namespace() string {
	c.Helper()
	name := fmt.Sprintf("test-%d", namespaces.Add(1))
	if _, err := c.client.CoreV1().Namespaces().Create(c.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
		c.Fatal(err)
	}
	c.eventually("default service account and root CA exist", func() error {
		_, err := c.client.CoreV1().ServiceAccounts(name).Get(c.Context(), "default", metav1.GetOptions{})
		_, err2 := c.client.CoreV1().ConfigMaps(name).Get(c.Context(), "kube-root-ca.crt", metav1.GetOptions{})
		return errors.Join(err, err2)
	})
	return name
}

func webServer(name string, replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "registry.k8s.io/pause:3.10"}}},
			},
		},
	}
}

func (c cluster) pods(namespace string, want int) func() error {
	return func() error {
		list, err := c.client.CoreV1().Pods(namespace).List(c.Context(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		if len(list.Items) != want {
			return fmt.Errorf("%d pods, want %d", len(list.Items), want)
		}
		return nil
	}
}

func (c cluster) deploy(namespace, name string, replicas int32) {
	c.Helper()
	if _, err := c.client.AppsV1().Deployments(namespace).Create(c.Context(), webServer(name, replicas), metav1.CreateOptions{}); err != nil {
		c.Fatal(err)
	}
	c.eventually("pods of the deployment exist", c.pods(namespace, int(replicas)))
	c.eventually("status of the deployment is observed", func() error {
		d, err := c.client.AppsV1().Deployments(namespace).Get(c.Context(), name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if d.Status.UpdatedReplicas != replicas || d.Status.ObservedGeneration != d.Generation {
			return fmt.Errorf("generation %d, status %+v", d.Generation, d.Status)
		}
		return nil
	})
}

func TestCluster(t *testing.T) {
	c := start(t)
	t.Run("deployment is scaled", c.deploymentIsScaled)
	t.Run("namespace with content is deleted", c.namespaceIsDeleted)
	t.Run("background deletion removes dependents", c.backgroundDeletion)
	t.Run("foreground deletion removes dependents first", c.foregroundDeletion)
	t.Run("orphan deletion keeps dependents", c.orphanDeletion)
	t.Run("custom resource owns", c.customOwner)
	t.Run("job counts its pods", c.jobCounts)
	t.Run("admission policy is type checked", c.policyIsChecked)
	t.Run("autoscaler says that there are no metrics", c.autoscalerNeedsMetrics)
	t.Run("claim is bound to a volume", c.claimIsBound)
	t.Run("circle of owners is no obstacle", c.circle)
}

func (c cluster) deploymentIsScaled(t *testing.T) {
	c.T = t
	ns := c.namespace()
	c.deploy(ns, "web", 3)
	patch := []byte(`{"spec":{"replicas":5}}`)
	if _, err := c.client.AppsV1().Deployments(ns).Patch(t.Context(), "web", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	c.eventually("5 pods", c.pods(ns, 5))
}

func (c cluster) jobCounts(t *testing.T) {
	c.T = t
	ns := c.namespace()
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "job"},
		Spec:       batchv1.JobSpec{Completions: new(int32(2)), Parallelism: new(int32(2)), Template: webServer("job", 1).Spec.Template},
	}
	job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	if _, err := c.client.BatchV1().Jobs(ns).Create(t.Context(), job, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.eventually("pods of the job exist", c.pods(ns, 2))
	list, err := c.client.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range list.Items {
		pod.Status.Phase = corev1.PodSucceeded
		if _, err := c.client.CoreV1().Pods(ns).UpdateStatus(t.Context(), &pod, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	c.eventually("job is complete", func() error {
		job, err := c.client.BatchV1().Jobs(ns).Get(t.Context(), "job", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if job.Status.Succeeded != 2 || job.Status.CompletionTime == nil {
			return fmt.Errorf("status %+v", job.Status)
		}
		return nil
	})
}

func (c cluster) policyIsChecked(t *testing.T) {
	c.T = t
	policies := c.client.AdmissionregistrationV1().ValidatingAdmissionPolicies()
	_, err := policies.Create(t.Context(), &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "check"},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
				Operations: []admissionregistrationv1.OperationType{"*"}, Rule: admissionregistrationv1.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"v1"}, Resources: []string{"deployments"}},
			}}}},
			Validations: []admissionregistrationv1.Validation{{Expression: "object.spec.replicas > 1"}, {Expression: "object.spec.nosuchfield > 1"}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.eventually("the wrong expression is named", func() error {
		p, err := policies.Get(t.Context(), "check", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if s := p.Status.TypeChecking; s == nil || len(s.ExpressionWarnings) != 1 || s.ExpressionWarnings[0].FieldRef != "spec.validations[1].expression" {
			return fmt.Errorf("status %+v", p.Status)
		}
		return nil
	})
}

func (c cluster) autoscalerNeedsMetrics(t *testing.T) {
	c.T = t
	ns := c.namespace()
	c.deploy(ns, "web", 1)
	hpas := c.client.AutoscalingV2().HorizontalPodAutoscalers(ns)
	_, err := hpas.Create(t.Context(), &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}, MaxReplicas: 3,
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.eventually("the condition ScalingActive is false", func() error {
		hpa, err := hpas.Get(t.Context(), "web", metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, cond := range hpa.Status.Conditions {
			if cond.Type == autoscalingv2.ScalingActive && cond.Reason == "FailedGetResourceMetric" {
				return nil
			}
		}
		return fmt.Errorf("status %+v", hpa.Status)
	})
}

func (c cluster) claimIsBound(t *testing.T) {
	c.T = t
	ns := c.namespace()
	size := corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	modes := []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	_, err := c.client.CoreV1().PersistentVolumes().Create(t.Context(), &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: ns},
		Spec: corev1.PersistentVolumeSpec{
			Capacity: size, AccessModes: modes, StorageClassName: "by-hand",
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/nowhere"}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	claims := c.client.CoreV1().PersistentVolumeClaims(ns)
	_, err = claims.Create(t.Context(), &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{
			StorageClassName: new("by-hand"), AccessModes: modes, Resources: corev1.VolumeResourceRequirements{Requests: size},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.eventually("claim and volume are bound", func() error {
		claim, err := claims.Get(t.Context(), "data", metav1.GetOptions{})
		pv, err2 := c.client.CoreV1().PersistentVolumes().Get(t.Context(), ns, metav1.GetOptions{})
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if claim.Status.Phase != corev1.ClaimBound || pv.Status.Phase != corev1.VolumeBound {
			return fmt.Errorf("claim %s, volume %s", claim.Status.Phase, pv.Status.Phase)
		}
		return nil
	})
	if err := claims.Delete(t.Context(), "data", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	c.eventually("volume is released", func() error {
		pv, err := c.client.CoreV1().PersistentVolumes().Get(t.Context(), ns, metav1.GetOptions{})
		if err == nil && pv.Status.Phase != corev1.VolumeReleased {
			err = fmt.Errorf("phase %s", pv.Status.Phase)
		}
		return err
	})
}
