package pods

import (
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// subscriptions tell readers of logs of changes of pods.
type subscriptions struct {
	mu    sync.Mutex
	byPod map[types.UID][]chan struct{}
}

// Subscribe returns a channel that gets a value when the pod may have changed, until cancel is called.
func (p *Pods) Subscribe(uid types.UID) (changed <-chan struct{}, cancel func()) {
	s := &p.subscriptions
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byPod == nil {
		s.byPod = map[types.UID][]chan struct{}{}
	}
	s.byPod[uid] = append(s.byPod[uid], c)
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.byPod[uid] = slices.DeleteFunc(s.byPod[uid], func(other chan struct{}) bool { return other == c })
		if len(s.byPod[uid]) == 0 {
			delete(s.byPod, uid)
		}
	}
}

func (s *subscriptions) tell(uid types.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.byPod[uid] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
