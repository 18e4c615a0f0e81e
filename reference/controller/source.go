package controller

import "sync"

// Source hands keys to a controller that no watch of it maps to. Adding never blocks.
type Source struct {
	mu   sync.Mutex
	keys []Key
	wake chan struct{}
}

// NewSource returns a source without keys.
func NewSource() *Source { return &Source{wake: make(chan struct{}, 1)} }

// Add asks for the reconciliation of the keys.
func (s *Source) Add(keys ...Key) {
	if len(keys) == 0 {
		return
	}
	s.mu.Lock()
	s.keys = append(s.keys, keys...)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it will be read anyway
	}
}

func (s *Source) take() []Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := s.keys
	s.keys = nil
	return keys
}
