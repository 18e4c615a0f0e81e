package queue

import (
	"bufio"
	cmp2 "cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

var rewrite = flag.Bool("rewrite", false, "write the answers into the dialogues")

// dialogue is a queue that is told what to do line by line.
type dialogue struct {
	clock   *clocktesting.FakeClock
	queue   *Queue
	flights map[string]Flight
}

// TestDialogues plays testdata/*.txt: a line that begins with "> " is said to
// the queue, and the lines after it are the answer.
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("dialogues %v, error %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("dialogue (-want +got):\n%s", diff)
			}
		})
	}
}

func play(t *testing.T, script string) string {
	t.Helper()
	d := &dialogue{clock: clocktesting.NewFakeClock(time.Unix(0, 0)), flights: map[string]Flight{}}
	// In dialogues, a plugin is helped by the event of its name.
	d.queue = New(d.clock, func(by []string, event plugin.Event, _ *snapshot.Pod) bool {
		return len(by) == 0 || slices.Contains(by, string(event.Kind))
	})
	var out strings.Builder
	lines := bufio.NewScanner(strings.NewReader(script))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "> "):
			fmt.Fprintln(&out, line)
			if answer := d.say(t, strings.Fields(line[2:])); answer != "" {
				fmt.Fprintln(&out, answer)
			}
		case line == "" || strings.HasPrefix(line, "#"):
			fmt.Fprintln(&out, line)
		}
	}
	return out.String()
}

// say carries out one line and returns the answer.
func (d *dialogue) say(t *testing.T, words []string) string {
	t.Helper()
	switch verb, args := words[0], words[1:]; verb {
	case "add":
		d.queue.Add(newPod(t, args))
	case "update":
		d.queue.Update(newPod(t, args))
	case "delete":
		d.queue.Delete(types.UID(args[0]))
	case "pop":
		flight, wait := d.queue.tryPop()
		switch {
		case flight.Pod != nil:
			d.flights[flight.Pod.Name] = flight
			return fmt.Sprintf("%s attempt %d", flight.Pod.Name, flight.Attempts)
		case wait > 0:
			return fmt.Sprintf("nothing for %v", wait)
		default:
			return "nothing"
		}
	case "refused":
		d.queue.Refused(d.flights[args[0]], args[1:])
	case "failed":
		d.queue.Failed(d.flights[args[0]])
	case "placed":
		d.queue.Placed(d.flights[args[0]])
	case "done":
		d.queue.Done(d.flights[args[0]])
	case "wake":
		d.queue.Wake(plugin.Event{Kind: plugin.EventKind(args[0])})
	case "wait":
		step, err := time.ParseDuration(args[0])
		if err != nil {
			t.Fatal(err)
		}
		d.clock.Step(step)
	case "show":
		counts := d.queue.Len()
		var parts []string
		for _, state := range slices.Sorted(maps.Keys(counts)) {
			parts = append(parts, fmt.Sprintf("%s %d", state, counts[state]))
		}
		return cmp2.Or(strings.Join(parts, ", "), "empty")
	default:
		t.Fatalf("the queue does not understand %q", verb)
	}
	return ""
}

// newPod takes a name and any of priority=N, label=L, status=S and gated.
func newPod(t *testing.T, words []string) *snapshot.Pod {
	t.Helper()
	object := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: words[0], UID: types.UID(words[0])}}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "priority":
			n, err := strconv.ParseInt(value, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			object.Spec.Priority = new(int32(n))
		case "label":
			object.Labels = map[string]string{"label": value}
		case "status":
			object.Status.Message = value
		case "gated":
			object.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "gate"}}
		default:
			t.Fatalf("a pod has no %q", word)
		}
	}
	pod, err := snapshot.NewPod(object)
	if err != nil {
		t.Fatal(err)
	}
	return pod
}
