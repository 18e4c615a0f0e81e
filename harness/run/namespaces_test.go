package run

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/standin"
)

// rooms are Namespaces in a server that notes what is asked of it, and may refuse.
func rooms(t *testing.T, refuse func(number int) bool) (*namespaces, *standin.Server, func() int) {
	t.Helper()
	server := standin.Start(t)
	var mu sync.Mutex
	asked := 0
	server.Refuse = func(r *http.Request) *metav1.Status {
		mu.Lock()
		defer mu.Unlock()
		if r.Method != http.MethodPost {
			return nil
		}
		if asked++; refuse != nil && refuse(asked) {
			return standin.Status(http.StatusForbidden, metav1.StatusReasonForbidden, "no room")
		}
		return nil
	}
	cluster, err := client.Open(server.Config(), client.Images{})
	if err != nil {
		t.Fatal(err)
	}
	return newNamespaces(cluster, client.NewRecorder(), "20260102-150405-c0de", 0), server, func() int {
		mu.Lock()
		defer mu.Unlock()
		return asked
	}
}

func TestNamespacesAreMadeAheadOfNeed(t *testing.T) {
	n, server, asked := rooms(t, nil)
	n.prepare([]string{"a", "b[x]"})
	n.prepare([]string{"b[x]", "c"})
	n.working.Wait()
	if asked() != 3 {
		t.Errorf("%d requests, want 3", asked())
	}
	name, err := n.take(t.Context(), "b[x]")
	if err != nil || asked() != 3 {
		t.Errorf("%v after %d requests", err, asked())
	}
	cluster := n.cluster
	answer, err := cluster.Send(t.Context(), client.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/" + name})
	if err != nil || !strings.Contains(string(answer.Body), `"seatrial.dev/run":"20260102-150405-c0de","seatrial.dev/scenario":"b_x"`) {
		t.Errorf("%s %v", answer.Body, err)
	}
	n.release(name)
	n.drop()
	if left := append(server.Objects(), n.remaining()...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if left := n.await(t.Context(), leave); left != nil {
		t.Errorf("left: %v", left)
	}
}

func TestNoMoreThanAFewNamespacesAreMadeAhead(t *testing.T) {
	n, _, asked := rooms(t, nil)
	many := strings.Split(strings.Repeat("x", 3*ahead), "")
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	n.prepare(many)
	n.prepare(many[ahead:])
	n.working.Wait()
	if asked() != ahead {
		t.Errorf("made %d, want %d", asked(), ahead)
	}
}

func TestWhatFailedAheadOfNeedIsTriedWhenItIsNeeded(t *testing.T) {
	n, _, _ := rooms(t, func(number int) bool { return number == 1 })
	n.prepare([]string{"a"})
	n.working.Wait()
	if name, err := n.take(t.Context(), "a"); err != nil || name != "seatrial-c0de-2" {
		t.Errorf("%s, %v", name, err)
	}
	if got := n.remaining(); !slices.Equal(got, []string{"seatrial-c0de-2"}) {
		t.Errorf("remaining %v", got)
	}
}

func TestAScenarioWithoutANamespaceIsBlocked(t *testing.T) {
	n, _, _ := rooms(t, func(int) bool { return true })
	_, err := n.take(t.Context(), "a")
	var blocked *steps.Blocked
	if !errors.As(err, &blocked) || !strings.Contains(err.Error(), `make namespace "seatrial-c0de-1": refused with 403 Forbidden: no room`) {
		t.Errorf("got %v", err)
	}
}

func TestAnInterruptedScenarioLeavesItsNamespaceToTheEnd(t *testing.T) {
	n, server, _ := rooms(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.take(ctx, "a"); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	n.drop()
	if left := server.Objects(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestANamespaceThatDoesNotGoIsHelpedAndTold(t *testing.T) {
	n, server, _ := rooms(t, nil)
	name, err := n.take(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	// A Pod that waits for a kubelet there is not; the stand-in has no kubelets at all, and does not empty Namespaces before it deletes them.
	body := `{"metadata":{"namespace":"` + name + `","name":"placed","deletionTimestamp":"2026-01-02T15:04:05Z"},"spec":{"nodeName":"nowhere"}}`
	answer, err := n.cluster.Send(t.Context(), client.Request{Method: http.MethodPost, Path: "/api/v1/namespaces/" + name + "/pods", Body: []byte(body)})
	if err != nil || answer.Refused() {
		t.Fatal(answer, err)
	}
	left := n.await(t.Context(), 200*time.Millisecond)
	if len(left) != 1 || !strings.Contains(left[0], name) {
		t.Errorf("left %q", left)
	}
	if there := server.Objects(); !slices.Equal(there, []string{"/api/v1/namespaces/" + name}) {
		t.Errorf("there are %v", there)
	}
}

func TestAResumedRunHasNamesOfItsOwn(t *testing.T) {
	if n := newNamespaces(nil, client.NewRecorder(), "20260102-150405-c0de", 2); n.prefix != "seatrial-c0de-r2-" {
		t.Errorf("got %s", n.prefix)
	}
}

func TestRemainsTellWhatToRemoveAndHow(t *testing.T) {
	var r Remains
	if r.Text() != "" {
		t.Errorf("nothing was made: %q", r.Text())
	}
	r.At(" --kubeconfig kc")
	r.begin("id", "reports/runs/id", func() []string { return []string{"a", "b", "c", "d", "e"} })
	for _, want := range []string{"5 Namespaces", "a, b, c and 2 more", "seatrial cleanup --run id --kubeconfig kc", "seatrial run --resume --from reports/runs/id --kubeconfig kc"} {
		if !strings.Contains(r.Text(), want) {
			t.Errorf("%q lacks %q", r.Text(), want)
		}
	}
	r.end()
	if r.Text() != "" {
		t.Errorf("it has ended: %q", r.Text())
	}
}
