// Package inprocess lets clients in the API server's own process call its
// handler without TCP, TLS and HTTP framing.
package inprocess

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// Host is what a rest.Config that uses a Transport names as its server. It is
// never dialled.
const Host = "http://in-process"

// Transport is an http.RoundTripper that calls a handler. Requests made before
// Serve wait for it. Responses stream: a watch delivers each event as it is
// written, and closing the body or ending the context ends the handler's context.
type Transport struct {
	ready   chan struct{}
	once    sync.Once
	handler http.Handler

	closed    chan struct{}
	closeOnce sync.Once
}

// ErrClosed is the error of requests after Close.
var ErrClosed = errors.New("server is closed")

// NewTransport makes a transport whose handler is set later by Serve.
func NewTransport() *Transport {
	return &Transport{ready: make(chan struct{}), closed: make(chan struct{})}
}

// Close makes all further requests fail. Those under way go on.
func (t *Transport) Close() { t.closeOnce.Do(func() { close(t.closed) }) }

// Serve sets the handler, once.
func (t *Transport) Serve(h http.Handler) {
	t.once.Do(func() {
		t.handler = h
		close(t.ready)
	})
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.wait(r.Context()); err != nil {
		closeBody(r)
		return nil, err
	}
	// The handler must not see the values of the caller's context: a handler
	// that calls its own server would pass on its user and its audit event.
	ctx, cancel := context.WithCancel(context.Background())
	body := newPipe()
	stop := context.AfterFunc(r.Context(), func() {
		cancel()
		body.closeRead(r.Context().Err())
	})
	w := &responseWriter{header: http.Header{}, body: body, status: make(chan int, 1)}
	go func() {
		defer closeBody(r)
		w.serve(t.handler, serverRequest(ctx, r))
		stop()
		cancel()
	}()
	select {
	case code := <-w.status:
		return response(r, code, w.snapshot, &responseBody{body, cancel}), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (t *Transport) wait(ctx context.Context) error {
	select {
	case <-t.closed: // also when it is ready
		return ErrClosed
	default:
	}
	select {
	case <-t.ready:
		return nil
	case <-t.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serverRequest is r as a server would have read it from an HTTP/2 connection.
func serverRequest(ctx context.Context, r *http.Request) *http.Request {
	s := r.Clone(ctx)
	s.RequestURI = r.URL.RequestURI()
	s.RemoteAddr = "127.0.0.1:0"
	s.Proto, s.ProtoMajor, s.ProtoMinor = "HTTP/2.0", 2, 0
	if s.Host == "" {
		s.Host = r.URL.Host
	}
	if s.Body == nil {
		s.Body = http.NoBody
	}
	return s
}

func response(r *http.Request, code int, header http.Header, body *responseBody) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", code, http.StatusText(code)), StatusCode: code,
		Proto: "HTTP/2.0", ProtoMajor: 2,
		Header: header, Body: body, ContentLength: -1, Request: r,
	}
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

type responseBody struct {
	*pipe
	cancel context.CancelFunc
}

// Close ends the request, as closing a connection would.
func (b *responseBody) Close() error {
	b.cancel()
	b.closeRead(http.ErrBodyReadAfterClose)
	return nil
}
