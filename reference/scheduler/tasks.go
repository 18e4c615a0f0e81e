package scheduler

import "sync"

// maxTasks bounds the requests under way, so that a slow API server slows
// the loop down.
const maxTasks = 64

// tasks runs functions beside the loop, a bounded number at a time.
type tasks struct {
	slots chan struct{}
	group sync.WaitGroup
}

func newTasks(limit int) *tasks { return &tasks{slots: make(chan struct{}, limit)} }

// run starts f when a slot is free.
func (t *tasks) run(f func()) {
	t.slots <- struct{}{}
	t.group.Go(func() {
		defer func() { <-t.slots }()
		f()
	})
}

func (t *tasks) wait() { t.group.Wait() }
