//go:build linux

package apiserver_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/clientcmd"

	reference "github.com/seatrial/seatrial/reference/command"
)

// programVariable makes this test program the reference itself, with its
// arguments, so that the process that is killed is the real one.
const programVariable = "SEATRIAL_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		// os.Exit would end the race detector first, which crashes while goroutines of the libraries still run.
		syscall.Exit(reference.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// process is the API server on its own etcd member as a process.
type process struct {
	dir  string
	port int
	cmd  *exec.Cmd
}

// start runs the process until it answers, and returns a client.
func (p *process) start(t *testing.T) kubernetes.Interface {
	t.Helper()
	log := must[*os.File](t)(os.OpenFile(filepath.Join(p.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600))
	defer func() { _ = log.Close() }()
	p.cmd = exec.Command(os.Args[0], "apiserver", "--data-dir", filepath.Join(p.dir, "etcd"), "--cert-dir", filepath.Join(p.dir, "pki"),
		"--secure-port", strconv.Itoa(p.port), "--advertise-address", "192.0.2.1", "--etcd-compaction-interval", "100ms")
	p.cmd.Env = append(os.Environ(), programVariable+"=1")
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var client kubernetes.Interface
	ready := func(ctx context.Context) (bool, error) {
		config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(p.dir, "pki.kubeconfig"))
		if err != nil {
			return false, nil // it is not written yet
		}
		config.QPS = -1
		client = kubernetes.NewForConfigOrDie(config)
		return client.CoreV1().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error() == nil, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, ready); err != nil {
		text, _ := os.ReadFile(log.Name())
		t.Fatalf("the process does not get ready: %v\n%s", err, text)
	}
	return client
}

// end sends a signal and waits for the end of the process.
func (p *process) end(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return err
	}
	return p.cmd.Wait()
}

// writer is one client. It knows what the server has acknowledged of its objects.
type writer struct {
	maps   typedcorev1.ConfigMapInterface
	name   string
	random *rand.Rand

	acknowledged map[string]string // object to value; absent means deleted, or never made
	unknown      map[string]bool   // objects whose last write got no answer
	count        func()            // is called for each acknowledged write
}

// write creates, updates and deletes its objects until the server is gone.
func (w *writer) write(ctx context.Context) {
	for ctx.Err() == nil {
		name := fmt.Sprintf("%s-%d", w.name, w.random.IntN(40))
		if w.unknown[name] {
			continue
		}
		value := strconv.Itoa(w.random.Int())
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"value": value}}
		_, exists := w.acknowledged[name]
		var err error
		switch {
		case !exists:
			_, err = w.maps.Create(ctx, object, metav1.CreateOptions{})
		case w.random.IntN(4) == 0:
			err = w.maps.Delete(ctx, name, metav1.DeleteOptions{})
			value = ""
		default:
			_, err = w.maps.Update(ctx, object, metav1.UpdateOptions{})
		}
		switch {
		case err != nil:
			w.unknown[name] = true
			if answered := apierrors.APIStatus(nil); !errors.As(err, &answered) {
				return // the server is gone
			}
		case value == "":
			delete(w.acknowledged, name)
			w.count()
		default:
			w.acknowledged[name] = value
			w.count()
		}
	}
}

// settle forgets what is not known, after the comparison.
func (w *writer) settle(have map[string]string) {
	for name := range w.unknown {
		delete(w.acknowledged, name)
		if value, ok := have[name]; ok {
			w.acknowledged[name] = value
		}
	}
	clear(w.unknown)
}

// interrupted is the number of acknowledged writes of a round after which the process ends.
const interrupted = 1000

// Writes of eight clients are under way when the process ends; every write that
// was acknowledged is there after the restart, and nothing is there that was
// acknowledged to be deleted. Old versions are compacted all the while.
//
// The member syncs its log to the disk before it answers (etcd's default; no
// flag of the reference turns it off), so the same holds for a power failure as
// far as the disk keeps its promise. That part cannot be shown here: a killed
// process leaves the page cache in place.
func TestAcknowledgedWritesOutliveTheProcess(t *testing.T) {
	t.Parallel()
	listener := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	p := &process{dir: t.TempDir(), port: listener.Addr().(*net.TCPAddr).Port}
	_ = listener.Close()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	writers := make([]*writer, 8)
	for i := range writers {
		writers[i] = &writer{name: fmt.Sprintf("w%d", i), random: rand.New(rand.NewPCG(4, uint64(i))), acknowledged: map[string]string{}, unknown: map[string]bool{}}
	}
	for round, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL, 0} {
		client := p.start(t)
		compare(t, client, writers)
		if signal == 0 {
			wantCompacted(t, client)
			_ = p.end(syscall.SIGTERM)
			return
		}
		var acknowledged atomic.Int64
		count := func() {
			if acknowledged.Add(1) == interrupted {
				_ = p.cmd.Process.Signal(signal)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		hung := context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })
		var writing sync.WaitGroup
		for _, w := range writers {
			w.count, w.maps = count, client.CoreV1().ConfigMaps("default")
			writing.Go(func() { w.write(ctx) })
		}
		err := p.cmd.Wait()
		hung()
		cancel()
		writing.Wait()
		if signal == syscall.SIGTERM && err != nil {
			text, _ := os.ReadFile(filepath.Join(p.dir, "log"))
			t.Errorf("the process does not end well: %v\n%s", err, text[max(0, len(text)-16<<10):])
		}
		t.Logf("round %d: %d writes acknowledged, then %s", round, acknowledged.Load(), signal)
	}
}

// wantCompacted sees that old versions are forgotten.
func wantCompacted(t *testing.T, client kubernetes.Interface) {
	t.Helper()
	old := metav1.ListOptions{ResourceVersion: "2", ResourceVersionMatch: metav1.ResourceVersionMatchExact}
	expired := func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().ConfigMaps("default").List(ctx, old)
		if err != nil && !apierrors.IsResourceExpired(err) {
			return false, err
		}
		return err != nil, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 30*time.Second, true, expired); err != nil {
		t.Errorf("the first version can still be read: %v", err)
	}
}

// compare holds the objects against what was acknowledged.
func compare(t *testing.T, client kubernetes.Interface, writers []*writer) {
	t.Helper()
	have := map[string]string{}
	for _, m := range must[*corev1.ConfigMapList](t)(client.CoreV1().ConfigMaps("default").List(t.Context(), metav1.ListOptions{})).Items {
		if value, ok := m.Data["value"]; ok {
			have[m.Name] = value
		}
	}
	known, lost := map[string]bool{}, 0
	for _, w := range writers {
		for name := range w.unknown {
			known[name] = true
		}
		for _, name := range slices.Sorted(maps.Keys(w.acknowledged)) {
			known[name] = true
			if w.unknown[name] || have[name] == w.acknowledged[name] {
				continue
			}
			lost++
			t.Errorf("%s is %q, acknowledged was %q", name, have[name], w.acknowledged[name])
		}
		w.settle(have)
	}
	for name := range have {
		if !known[name] {
			t.Errorf("%s is there, its deletion was acknowledged", name)
		}
	}
	if lost > 0 {
		t.Fatalf("%d acknowledged writes are lost", lost)
	}
}
