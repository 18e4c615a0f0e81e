package pods

import "context"

// gate tells whether an operation runs, of which there is one at a time. It is guarded by worker.mu.
type gate struct{ done chan struct{} }

func (g *gate) busy() bool { return g.done != nil }

func (g *gate) enter() { g.done = make(chan struct{}) }

func (g *gate) leave() {
	close(g.done)
	g.done = nil
}

// idle waits until no operation of the gate runs.
func (w *worker) idle(ctx context.Context, g *gate) error {
	for {
		w.mu.Lock()
		done := g.done
		w.mu.Unlock()
		if done == nil {
			return nil
		}
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
