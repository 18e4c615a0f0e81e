package pods_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func cpu(text string) corev1.ResourceRequirements {
	list := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(text), corev1.ResourceMemory: resource.MustParse("64Mi")}
	return corev1.ResourceRequirements{Requests: list, Limits: list.DeepCopy()}
}

func condition(pod *corev1.Pod, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		if pod.Status.Conditions[i].Type == kind {
			return &pod.Status.Conditions[i]
		}
	}
	return nil
}

func resizeRig(t *testing.T, r *rig) {
	t.Helper()
	r.node.Status.Allocatable = corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("1Gi"), corev1.ResourcePods: resource.MustParse("10"),
	}
	r.create(newPod("web", func(pod *corev1.Pod) { pod.Spec.Containers[0].Resources = cpu("500m") }))
	r.expectPhase("web", corev1.PodRunning)
}

func (r *rig) resize(name string, resources corev1.ResourceRequirements) *corev1.Pod {
	r.t.Helper()
	pod := r.get(name).DeepCopy()
	pod.Spec.Containers[0].Resources = resources
	r.update(pod)
	return r.get(name)
}

// Resources change in place: the container is not restarted.
func TestResizeUpdatesTheRunningContainer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		resizeRig(t, r)
		pod := r.resize("web", cpu("1"))
		state := pod.Status.ContainerStatuses[0]
		if got := state.Resources.Limits.Cpu().String(); got != "1" || state.AllocatedResources.Cpu().String() != "1" {
			t.Errorf("cpu in force = %s, allocated %v; want 1\n%s", got, state.AllocatedResources, r.dialogue())
		}
		if state.RestartCount != 0 || !strings.Contains(r.dialogue(), "UpdateContainerResources main") {
			t.Errorf("restarts = %d, calls:\n%s", state.RestartCount, r.dialogue())
		}
		if condition(pod, corev1.PodResizeInProgress) != nil || condition(pod, corev1.PodResizePending) != nil {
			t.Errorf("conditions = %+v; want no resize in them", pod.Status.Conditions)
		}
	})
}

func TestResizeRestartsWhereThePolicyWantsIt(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.node.Status.Allocatable = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("1Gi")}
		r.create(newPod("web", func(pod *corev1.Pod) {
			pod.Spec.Containers[0].Resources = cpu("500m")
			pod.Spec.Containers[0].ResizePolicy = []corev1.ContainerResizePolicy{{ResourceName: corev1.ResourceCPU, RestartPolicy: corev1.RestartContainer}}
		}))
		r.resize("web", cpu("1"))
		time.Sleep(time.Second)
		state := r.get("web").Status.ContainerStatuses[0]
		if state.RestartCount != 1 || state.Resources.Limits.Cpu().String() != "1" {
			t.Errorf("status = %+v; want one restart and 1 cpu", state)
		}
	})
}

func TestResizeWaitsForRoom(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		resizeRig(t, r)
		r.create(newPod("other", func(pod *corev1.Pod) { pod.Spec.Containers[0].Resources = cpu("1") }))
		pod := r.resize("web", cpu("1500m"))
		if pending := condition(pod, corev1.PodResizePending); pending == nil || pending.Reason != corev1.PodReasonDeferred {
			t.Fatalf("condition = %+v; want Deferred", pending)
		}
		if got := pod.Status.ContainerStatuses[0].AllocatedResources.Cpu().String(); got != "500m" {
			t.Errorf("allocated = %s; want 500m", got)
		}
		r.remove("other", 30)
		pod = r.get("web")
		if condition(pod, corev1.PodResizePending) != nil || pod.Status.ContainerStatuses[0].AllocatedResources.Cpu().String() != "1500m" {
			t.Errorf("status after room came = %+v", pod.Status)
		}
		pod = r.resize("web", cpu("3"))
		if pending := condition(pod, corev1.PodResizePending); pending == nil || pending.Reason != corev1.PodReasonInfeasible {
			t.Errorf("condition = %+v; want Infeasible", pending)
		}
	})
}

func TestPodWithoutRoomIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		resizeRig(t, r)
		r.create(newPod("big", func(pod *corev1.Pod) { pod.Spec.Containers[0].Resources = cpu("1900m") }))
		pod := r.expectPhase("big", corev1.PodFailed)
		if pod.Status.Reason != "OutOfcpu" || !strings.Contains(pod.Status.Message, "Node didn't have enough resource: cpu, requested: 1900, used: 500, capacity: 2000") {
			t.Errorf("reason = %q, message = %q", pod.Status.Reason, pod.Status.Message)
		}
		if strings.Contains(r.dialogue(), "RunPodSandbox big") {
			t.Error("a refused pod was started")
		}
	})
}
