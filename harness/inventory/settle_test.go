package inventory_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seatrial/seatrial/harness/inventory"
)

const onItsWay = `
clusterroles:
- {metadata: {name: held, uid: x, creationTimestamp: '{now}', deletionTimestamp: '{now}', labels: {seatrial.dev/run: ` + run + `}}}
`

func TestWhatIsOnItsWayIsWaitedFor(t *testing.T) {
	first := take(t, &store{objects: world(t, before)})
	s := &store{objects: world(t, strings.Replace(before, "clusterroles:\n", strings.TrimPrefix(onItsWay, "\n"), 1))}
	lists := 0
	s.answer = func(_ http.ResponseWriter, _ *http.Request, plural string) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if plural == "clusterroles" {
			if lists++; lists == 2 {
				s.objects[plural] = s.objects[plural][1:]
			}
		}
		return false
	}
	after, err := inventory.TakeSettled(t.Context(), open(t, s), run, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if left := lines(inventory.Compare(first, after, run).Left); left != "" {
		t.Errorf("left: %s", left)
	}
}

func TestWhatStaysOnItsWayIsTold(t *testing.T) {
	s := &store{objects: world(t, onItsWay+"namespaces:\n- {metadata: {name: seatrial-ab12-3, uid: u, deletionTimestamp: '{now}', labels: {seatrial.dev/run: "+run+"}}}\n")}
	begin := time.Now()
	after, err := inventory.TakeSettled(t.Context(), open(t, s), run, 1500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if left := lines(inventory.Compare(inventory.Snapshot{}, after, run).Left); !strings.Contains(left, "held [] is being deleted and not yet gone") {
		t.Errorf("left: %q", left)
	}
	if took := time.Since(begin); took < time.Second {
		t.Errorf("it was not waited for: %s", took)
	}
}

func TestNamespacesAreNotWaitedFor(t *testing.T) {
	s := &store{objects: world(t, "namespaces:\n- {metadata: {name: seatrial-ab12-3, uid: u, deletionTimestamp: '{now}', labels: {seatrial.dev/run: "+run+"}}}\n"+
		"clusterroles:\n- {metadata: {name: other, uid: v, deletionTimestamp: '{now}', labels: {seatrial.dev/run: other}}}\n")}
	begin := time.Now()
	if _, err := inventory.TakeSettled(t.Context(), open(t, s), run, 20*time.Second); err != nil || time.Since(begin) > 10*time.Second {
		t.Errorf("%v after %s", err, time.Since(begin))
	}
}

func TestAClusterThatCannotBeSeenIsAnError(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := inventory.TakeSettled(ended, open(t, &store{}), run, time.Second); err == nil {
		t.Error("no error")
	}
}
