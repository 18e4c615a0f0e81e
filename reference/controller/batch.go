package controller

import (
	"errors"
	"sync"
)

// SlowStart calls do n times in batches of 1, 2, 4 and so on, and stops after
// the first batch with an error. A quota that refuses all of 500 creations is
// asked once, not 500 times. It returns how many calls went well.
func SlowStart(n int, do func(i int) error) (int, error) {
	done := 0
	for size, i := 1, 0; i < n; size *= 2 {
		size = min(size, n-i)
		ok, err := Each(size, func(j int) error { return do(i + j) })
		done += ok
		if err != nil {
			return done, err
		}
		i += size
	}
	return done, nil
}

// parallel bounds the calls that Each has under way.
const parallel = 16

// Each calls do n times, up to 16 at once. It returns how many went well, and the errors joined.
func Each(n int, do func(i int) error) (int, error) {
	errs := make([]error, n)
	slots := make(chan struct{}, parallel)
	var wg sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = do(i)
		})
	}
	wg.Wait()
	ok := 0
	for _, err := range errs {
		if err == nil {
			ok++
		}
	}
	return ok, errors.Join(errs...)
}
