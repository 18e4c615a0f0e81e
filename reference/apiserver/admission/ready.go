package admission

import (
	"time"

	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/tools/cache"
)

// readyTimeout is how long a request waits for the informers of a plugin.
const readyTimeout = 10 * time.Second

// handler is admission.Handler for plugins that read from informers. It waits
// for them without polling.
type handler struct {
	*admission.Handler
	informers []cache.SharedIndexInformer
}

func newHandler(operations []admission.Operation, informers ...cache.SharedIndexInformer) handler {
	return handler{admission.NewHandler(operations...), informers}
}

// WaitForReady reports whether the informers have synced in time.
func (h handler) WaitForReady() bool {
	var timeout <-chan time.Time
	for _, i := range h.informers {
		done := i.HasSyncedChecker().Done()
		select {
		case <-done:
			continue
		default:
		}
		if timeout == nil {
			timer := time.NewTimer(readyTimeout)
			defer timer.Stop()
			timeout = timer.C
		}
		select {
		case <-done:
		case <-timeout:
			return false
		}
	}
	return true
}
