package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
)

// usage is what a cluster costs that has nothing to do, and how fast it starts pods.
type usage struct {
	rss  int64   // bytes of the process
	cpu  float64 // share of one core
	pods []time.Duration
}

func (b bencher) use(ctx context.Context) (usage, error) {
	i, err := b.launch(ctx)
	var u usage
	if err == nil {
		u, err = b.measure(ctx, i)
	}
	err = errors.Join(err, b.remove(context.WithoutCancel(ctx)))
	if err == nil {
		_ = i.cmd.Wait() // it was ended by remove
	}
	return u, err
}

func (b bencher) measure(ctx context.Context, i *instance) (u usage, err error) {
	if err := wait(ctx, b.idle); err != nil { // what the start left to do
		return u, err
	}
	before, err := cpuTime(i.cmd.Process.Pid)
	if err != nil {
		return u, err
	}
	if err := wait(ctx, b.idle); err != nil {
		return u, err
	}
	after, err := cpuTime(i.cmd.Process.Pid)
	if err != nil {
		return u, err
	}
	u.cpu = float64(after-before) / float64(b.idle)
	if u.rss, err = residentBytes(i.cmd.Process.Pid); err != nil {
		return u, err
	}
	for n := range b.pods {
		took, err := runPod(ctx, i.client, fmt.Sprintf("pod-%d", n))
		if err != nil {
			return u, err
		}
		u.pods = append(u.pods, took)
	}
	return u, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// runPod creates a pod, waits until it is Running, deletes it, and returns how long it took to run.
func runPod(ctx context.Context, client kubernetes.Interface, name string) (time.Duration, error) {
	pods := client.CoreV1().Pods(metav1.NamespaceDefault)
	watch, err := pods.Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String()})
	if err != nil {
		return 0, fmt.Errorf("watch pod %q: %w", name, err)
	}
	defer watch.Stop()
	began := time.Now()
	_, err = pods.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: new(int64(0)),
			Containers: []corev1.Container{{
				Name: "main", Image: "registry.k8s.io/pause:3.10.2", ImagePullPolicy: corev1.PullIfNotPresent,
			}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return 0, fmt.Errorf("create pod %q: %w", name, err)
	}
	for event := range watch.ResultChan() {
		if pod, ok := event.Object.(*corev1.Pod); ok && pod.Status.Phase == corev1.PodRunning {
			took := time.Since(began)
			return took, pods.Delete(ctx, name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})
		}
	}
	return 0, fmt.Errorf("wait for pod %q: the watch ended", name)
}

// cpuTime is the user and system time of a process so far.
func cpuTime(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	parts := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	const user, system, tick = 11, 12, time.Second / 100 // positions behind the name; proc_pid_stat(5)
	var ticks int64
	for _, part := range []int{user, system} {
		n, err := strconv.ParseInt(parts[part], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read CPU time: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// residentBytes is the memory of a process that is in RAM.
func residentBytes(pid int) (int64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("read memory: the kernel does not tell VmRSS")
}
