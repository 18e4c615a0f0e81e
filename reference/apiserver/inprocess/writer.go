package inprocess

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// responseWriter is the handler's end of a call.
type responseWriter struct {
	header   http.Header
	snapshot http.Header // header as it was when the status was written
	body     *pipe
	status   chan int
	once     sync.Once
}

func (w *responseWriter) Header() http.Header { return w.header }

func (w *responseWriter) WriteHeader(code int) {
	if code < http.StatusOK && code != http.StatusSwitchingProtocols {
		return // informational responses have no reader here
	}
	w.once.Do(func() {
		w.snapshot = w.header.Clone()
		w.status <- code
	})
}

func (w *responseWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Flush sends the headers; written bytes are never held back.
func (w *responseWriter) Flush() { w.WriteHeader(http.StatusOK) }

// SetReadDeadline and SetWriteDeadline exist for http.ResponseController: there is no connection to guard.
func (w *responseWriter) SetReadDeadline(time.Time) error  { return nil }
func (w *responseWriter) SetWriteDeadline(time.Time) error { return nil }

// CloseNotify exists for the library, which asks for the deprecated
// http.CloseNotifier before it streams. The context of the request is what ends.
func (w *responseWriter) CloseNotify() <-chan bool { return nil }

// serve runs the handler to its end. A handler that panics breaks its response
// off, as a server would break the connection.
func (w *responseWriter) serve(h http.Handler, r *http.Request) {
	defer func() {
		if recover() != nil {
			w.body.closeWrite(io.ErrUnexpectedEOF)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusOK)
		w.body.closeWrite(io.EOF)
	}()
	h.ServeHTTP(w, r)
}
