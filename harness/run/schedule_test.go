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
	for word := range strings.FieldsSeq(text) {
		id, tags, _ := strings.Cut(word, "@")
		s := spec.Scenario{ID: id}
		for tag := range strings.SplitSeq(tags, "@") {
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
	rounds  int
	turns   map[string]int
}

func newRecorder() *recorder {
	return &recorder{running: map[string]bool{}, turns: map[string]int{}, beside: map[string][]string{}}
}

func (r *recorder) do(s spec.Scenario) (again bool) {
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
	r.turns[s.ID]++
	again = r.turns[s.ID] < r.rounds
	r.mu.Unlock()
	return again
}

func TestScheduleKeepsExclusiveScenariosApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		start := time.Now()
		never := scheduler{parallel: 8, do: r.do}.run(t.Context(), scenarios("alone@exclusive:cluster a@exclusive:x b@exclusive:x c d e@exclusive:y"))
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

func TestScheduleKeepsToItsNumberAndOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		scheduler{parallel: 2, do: r.do}.run(t.Context(), scenarios("a b c d e"))
		if r.most != 2 {
			t.Errorf("%d ran side by side, want 2", r.most)
		}
		if first := slices.Sorted(slices.Values(r.order[:2])); !slices.Equal(first, []string{"a", "b"}) {
			t.Errorf("began with %v", first)
		}
	})
}

func TestWhatRunsAgainStarvesNobodyAndKeepsItsLocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := newRecorder()
		r.rounds = forever
		never := scheduler{parallel: 2, do: r.do}.run(ctx, scenarios("a b alone@exclusive:cluster x@exclusive:x"))
		if len(never) != 4 || len(r.beside["alone"]) > 0 || slices.Contains(r.beside["x"], "x") {
			t.Errorf("never %v, side by side %v", names(never), r.beside)
		}
		for id, turns := range r.turns {
			if turns < 15 {
				t.Errorf("%s had %d turns in a minute: %v", id, turns, r.turns)
			}
		}
	})
}

func TestScheduleTellsWhatComesNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		scheduler{parallel: 1, do: newRecorder().do, soon: func(next []spec.Scenario) { told = append(told, names(next)) }}.run(t.Context(), scenarios("a b c"))
		if !slices.Equal(told, []string{"b c", "c", ""}) {
			t.Errorf("told %q", told)
		}
	})
}

func TestScheduleStopsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		r := newRecorder()
		never := scheduler{parallel: 1, do: r.do}.run(ctx, scenarios("a b c d e"))
		if len(r.order) != 2 || len(never) != 3 || len(r.running) != 0 {
			t.Errorf("ran %v, never %d, still running %v", r.order, len(never), r.running)
		}
	})
}
