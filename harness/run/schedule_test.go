package run

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seatrial/seatrial/harness/spec"
)

func scenarios(text string) []spec.Scenario {
	var list []spec.Scenario
	for _, word := range strings.Fields(text) {
		id, tags, _ := strings.Cut(word, "@")
		s := spec.Scenario{ID: id}
		for _, tag := range strings.Split(tags, "@") {
			s.Tags = append(s.Tags, "@"+tag)
		}
		list = append(list, s)
	}
	return list
}

// recorder notes which scenarios run side by side; each takes a second.
type recorder struct {
	mu      sync.Mutex
	running map[string]bool
	beside  map[string][]string
	order   []string
	most    int
}

func newRecorder() *recorder {
	return &recorder{running: map[string]bool{}, beside: map[string][]string{}}
}

func (r *recorder) do(s spec.Scenario) {
	r.mu.Lock()
	r.order = append(r.order, s.ID)
	for other := range r.running {
		r.beside[s.ID] = append(r.beside[s.ID], other)
		r.beside[other] = append(r.beside[other], s.ID)
	}
	r.running[s.ID] = true
	r.most = max(r.most, len(r.running))
	r.mu.Unlock()
	time.Sleep(time.Second)
	r.mu.Lock()
	delete(r.running, s.ID)
	r.mu.Unlock()
}

func TestScheduleKeepsExclusiveScenariosApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		start := time.Now()
		never := schedule(t.Context(), scenarios("alone@exclusive:cluster a@exclusive:x b@exclusive:x c d e@exclusive:y"), 8, r.do)
		if len(never) > 0 || len(r.order) != 6 {
			t.Fatalf("ran %v, never %v", r.order, never)
		}
		if slices.Contains(r.beside["a"], "b") {
			t.Error("a and b are exclusive for the same thing and ran side by side")
		}
		if !slices.Contains(r.beside["a"], "e") || !slices.Contains(r.beside["c"], "d") {
			t.Errorf("nothing keeps these apart: %v", r.beside)
		}
		if len(r.beside["alone"]) > 0 {
			t.Errorf("beside the one that runs alone: %v", r.beside["alone"])
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v, want 3s", took)
		}
	})
}

func TestScheduleKeepsToItsNumberAndStartsSlowOnesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		schedule(t.Context(), scenarios("a b c d@slow e"), 2, r.do)
		if r.most != 2 {
			t.Errorf("%d ran side by side, want 2", r.most)
		}
		if !slices.Contains(r.order[:2], "d") {
			t.Errorf("the slow one is not among the first: %v", r.order)
		}
	})
}

func TestScheduleStopsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		r := newRecorder()
		never := schedule(ctx, scenarios("a b c d e"), 1, r.do)
		if len(r.order) != 2 || len(never) != 3 || len(r.running) != 0 {
			t.Errorf("ran %v, never %d, still running %v", r.order, len(never), r.running)
		}
	})
}
