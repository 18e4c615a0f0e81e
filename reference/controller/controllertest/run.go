package controllertest

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
)

// Bench is a running controller in a bubble of fake time.
type Bench struct {
	testing.TB
	Ctx    context.Context
	Client *fake.Clientset
	Env    controller.Env
	Events *record.FakeRecorder
	ended  []func() error
}

// Start runs the controller that build declares until the test ends. It must be called inside synctest.Test.
func Start(t testing.TB, client *fake.Clientset, build func(controller.Env) (controller.Controller, error)) *Bench {
	t.Helper()
	b := NewBench(t, client)
	c, err := build(b.Env)
	if err != nil {
		t.Fatal(err)
	}
	b.Run(c)
	return b
}

// NewBench prepares what a controller is built from.
func NewBench(t testing.TB, client *fake.Clientset) *Bench {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	events := record.NewFakeRecorder(1000)
	b := &Bench{TB: t, Ctx: ctx, Client: client, Events: events}
	b.Env = controller.Env{
		Client:    client,
		Informers: controller.NewInformers(client),
		Recorder:  func(string) record.EventRecorder { return events },
		Log:       slog.New(slog.NewTextHandler(logWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	t.Cleanup(func() {
		cancel()
		for _, ended := range b.ended {
			if err := ended(); err != nil {
				b.Error(err)
			}
		}
		b.Env.Informers.Shutdown()
	})
	return b
}

// Run starts informers and controllers, and waits until they are idle.
func (b *Bench) Run(controllers ...controller.Controller) {
	b.Helper()
	b.Env.Informers.StartWithContext(b.Ctx)
	for _, c := range controllers {
		done := make(chan error, 1)
		go func() { done <- c.Run(b.Ctx, b.Env.Log) }()
		b.ended = append(b.ended, func() error { return <-done })
	}
	b.Settle(time.Second)
}

// Settle lets d of fake time pass and waits until nothing moves.
func (b *Bench) Settle(d time.Duration) {
	b.Helper()
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

// Steady fails the test if the controller writes anything during the next minute.
func (b *Bench) Steady() {
	b.Helper()
	b.Settle(time.Minute)
	b.Client.ClearActions()
	b.Settle(time.Minute)
	for _, a := range b.Client.Actions() {
		switch a.GetVerb() {
		case "get", "list", "watch":
		default:
			b.Errorf("not steady: %s %s %s/%s", a.GetVerb(), a.GetResource().Resource, a.GetNamespace(), a.GetSubresource())
		}
	}
}

// Reasons returns and forgets the events recorded so far.
func (b *Bench) Reasons() []string {
	var reasons []string
	for {
		select {
		case e := <-b.Events.Events:
			reasons = append(reasons, e)
		default:
			return reasons
		}
	}
}

// Pods returns the pods of the namespace.
func (b *Bench) Pods(namespace string) []corev1.Pod {
	b.Helper()
	list, err := b.Client.CoreV1().Pods(namespace).List(b.Ctx, metav1.ListOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return list.Items
}

// MakeReady reports every pod of the namespace as running and ready, as a kubelet does.
func (b *Bench) MakeReady(namespace string) {
	b.Helper()
	for _, pod := range b.Pods(namespace) {
		if pod.Status.Phase == corev1.PodRunning || pod.DeletionTimestamp != nil {
			continue
		}
		pod.Status = corev1.PodStatus{
			Phase: corev1.PodRunning,
			Conditions: []corev1.PodCondition{{
				Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(time.Now()),
			}},
		}
		if _, err := b.Client.CoreV1().Pods(namespace).UpdateStatus(b.Ctx, &pod, metav1.UpdateOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.Settle(time.Second)
}

type logWriter struct{ t testing.TB }

// Write logs one line to the test.
func (w logWriter) Write(line []byte) (int, error) {
	w.t.Log(string(line))
	return len(line), nil
}
