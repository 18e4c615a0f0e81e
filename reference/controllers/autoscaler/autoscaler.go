// Package autoscaler sets the size of workloads by their metrics, as HorizontalPodAutoscalers say.
package autoscaler

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	autoscalinglisters "k8s.io/client-go/listers/autoscaling/v2"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/scales"
)

// interval is the time between two looks at the metrics of a workload.
const interval = 15 * time.Second

// New declares the controller.
func New(env controller.Env, sizes scales.Client, metrics Metrics) (controller.Controller, error) {
	hpas, pods := env.Informers.Autoscaling().V2().HorizontalPodAutoscalers(), env.Informers.Core().V1().Pods()
	r := &reconciler{
		client: env.Client, events: env.Recorder("horizontal-pod-autoscaler"), writes: controller.NewWrites(), memories: map[controller.Key]*memory{},
		scales: sizes, metrics: metrics, hpas: hpas.Lister(), informer: hpas.Informer(), pods: pods.Lister(),
	}
	return controller.Controller{
		Name: "horizontal-pod-autoscaler",
		Watches: []controller.Watch{
			{Informer: r.informer, Matters: specChanged},
			{Informer: pods.Informer(), Keys: func(any) []controller.Key { return nil }},
		},
		Reconcile: r.reconcile,
		Workers:   4,
		Writes:    r.writes,
	}, nil
}

func specChanged(old, obj any) bool {
	a, okA := old.(*autoscalingv2.HorizontalPodAutoscaler)
	b, okB := obj.(*autoscalingv2.HorizontalPodAutoscaler)
	return !okA || !okB || !equality.Semantic.DeepEqual(a.Spec, b.Spec)
}

type reconciler struct {
	client   kubernetes.Interface
	events   record.EventRecorder
	writes   *controller.Writes
	scales   scales.Client
	metrics  Metrics
	hpas     autoscalinglisters.HorizontalPodAutoscalerLister
	informer cache.SharedIndexInformer
	pods     corelisters.PodLister

	mu       sync.Mutex
	memories map[controller.Key]*memory
}

func (r *reconciler) memory(key controller.Key) *memory {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.memories[key] == nil {
		r.memories[key] = &memory{}
	}
	return r.memories[key]
}

func (r *reconciler) forget(key controller.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.memories, key)
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	hpa, err := r.hpas.HorizontalPodAutoscalers(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		r.forget(key)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	next := hpa.DeepCopy()
	next.Status.ObservedGeneration = &hpa.Generation
	failure := r.scale(ctx, key, next)
	if failure != nil {
		r.events.Event(hpa, corev1.EventTypeWarning, reasonOf(failure), failure.Error())
	}
	return interval, r.report(ctx, key, hpa, next)
}

// scale brings the workload to its size and notes in the status what was seen and done.
func (r *reconciler) scale(ctx context.Context, key controller.Key, hpa *autoscalingv2.HorizontalPodAutoscaler) error {
	ref := hpa.Spec.ScaleTargetRef
	target := scales.Target{GroupKind: schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind).GroupKind(), Namespace: hpa.Namespace, Name: ref.Name}
	size, err := r.scales.Get(ctx, target)
	if err != nil {
		setCondition(hpa, autoscalingv2.AbleToScale, corev1.ConditionFalse, "FailedGetScale", fmt.Sprintf("the HPA controller was unable to get the target's current scale: %v", err))
		return failed("FailedGetScale", err)
	}
	setCondition(hpa, autoscalingv2.AbleToScale, corev1.ConditionTrue, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
	hpa.Status.CurrentReplicas = size.Status.Replicas
	want, why, err := r.wanted(ctx, key, hpa, size)
	if want != size.Spec.Replicas {
		if err := r.scales.Set(ctx, target, want); err != nil {
			setCondition(hpa, autoscalingv2.AbleToScale, corev1.ConditionFalse, "FailedUpdateScale", fmt.Sprintf("the HPA controller was unable to update the target scale: %v", err))
			return failed("FailedRescale", err)
		}
		setCondition(hpa, autoscalingv2.AbleToScale, corev1.ConditionTrue, "SucceededRescale", fmt.Sprintf("the HPA controller was able to update the target scale to %d", want))
		r.events.Eventf(hpa, corev1.EventTypeNormal, "SuccessfulRescale", "New size: %d; reason: %s", want, why)
		r.memory(key).scaled(want-size.Spec.Replicas, time.Now())
		hpa.Status.LastScaleTime = new(metav1.Now())
	}
	hpa.Status.DesiredReplicas = want
	return err
}

// wanted is the size that the workload should have, with the reason for a change.
func (r *reconciler) wanted(ctx context.Context, key controller.Key, hpa *autoscalingv2.HorizontalPodAutoscaler, size *autoscalingv1.Scale) (want int32, why string, err error) {
	least, now := int32(1), size.Spec.Replicas
	if hpa.Spec.MinReplicas != nil {
		least = *hpa.Spec.MinReplicas
	}
	switch {
	case now == 0 && least != 0:
		setCondition(hpa, autoscalingv2.ScalingActive, corev1.ConditionFalse, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
		return 0, "", nil
	case now > hpa.Spec.MaxReplicas:
		return hpa.Spec.MaxReplicas, "Current number of replicas above Spec.MaxReplicas", nil
	case now < least:
		return least, "Current number of replicas below Spec.MinReplicas", nil
	}
	pods, err := r.podsOf(hpa.Namespace, size.Status.Selector)
	if err != nil {
		setCondition(hpa, autoscalingv2.ScalingActive, corev1.ConditionFalse, "InvalidSelector", err.Error())
		return now, "", failed("InvalidSelector", err)
	}
	proposal, err := r.propose(ctx, hpa, size, pods)
	if proposal.metric == "" {
		return now, "", err
	}
	b := behaviorOf(hpa)
	limited := r.memory(key).limit(b, now, proposal.replicas, least, hpa.Spec.MaxReplicas, time.Now())
	setCondition(hpa, autoscalingv2.AbleToScale, corev1.ConditionTrue, limited.able, limited.ableMessage)
	setCondition(hpa, autoscalingv2.ScalingLimited, limited.status(), limited.reason, limited.message)
	why = proposal.metric + " above target"
	if limited.replicas < now {
		why = "All metrics below target"
	}
	return limited.replicas, why, err
}

func (r *reconciler) podsOf(namespace, selector string) ([]*corev1.Pod, error) {
	if selector == "" {
		return nil, errors.New("the HPA target's scale is missing a selector")
	}
	s, err := labels.Parse(selector)
	if err != nil {
		return nil, fmt.Errorf("couldn't convert selector into a corresponding internal selector object: %w", err)
	}
	return r.pods.Pods(namespace).List(s)
}

func (r *reconciler) report(ctx context.Context, key controller.Key, hpa, next *autoscalingv2.HorizontalPodAutoscaler) error {
	if equality.Semantic.DeepEqual(hpa.Status, next.Status) {
		return nil
	}
	saved, err := r.client.AutoscalingV2().HorizontalPodAutoscalers(key.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("update status: %w", err)
	}
	r.writes.Saved(key, r.informer, saved)
	return nil
}

func setCondition(hpa *autoscalingv2.HorizontalPodAutoscaler, t autoscalingv2.HorizontalPodAutoscalerConditionType, status corev1.ConditionStatus, reason, message string) {
	for i := range hpa.Status.Conditions {
		c := &hpa.Status.Conditions[i]
		if c.Type == t {
			if c.Status != status {
				c.LastTransitionTime = metav1.Now()
			}
			c.Status, c.Reason, c.Message = status, reason, message
			return
		}
	}
	hpa.Status.Conditions = append(hpa.Status.Conditions, autoscalingv2.HorizontalPodAutoscalerCondition{
		Type: t, Status: status, Reason: reason, Message: message, LastTransitionTime: metav1.Now(),
	})
}
