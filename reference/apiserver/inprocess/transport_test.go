package inprocess

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func client(h http.HandlerFunc) *http.Client {
	t := NewTransport()
	t.Serve(h)
	return &http.Client{Transport: t}
}

func TestTransportAnswersLikeAServer(t *testing.T) {
	c := client(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Query", r.URL.RawQuery)
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "1")
		_, _ = w.Write(append(b, '!'))
	})
	r, err := c.Post(Host+"/a?b=c", "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	if r.StatusCode != http.StatusTeapot || string(b) != "hello!" || r.Header.Get("X-Query") != "b=c" {
		t.Errorf("got %d %q %v", r.StatusCode, b, r.Header)
	}
	if r.Header.Get("X-Late") != "" {
		t.Error("a header set after the status was sent")
	}
}

func TestTransportStreamsAndEndsWithItsCaller(t *testing.T) {
	ended := make(chan struct{})
	c := client(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first\n")
		<-r.Context().Done()
		close(ended)
	})
	r, err := c.Get(Host)
	if err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(r.Body).ReadString('\n'); line != "first\n" {
		t.Fatalf("read %q", line)
	}
	r.Body.Close()
	<-ended
}

func TestTransportReadsEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := client(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, Host, nil)
	r, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := r.Body.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("read after cancel: %v", err)
	}
}

func TestTransportWaitsForItsHandler(t *testing.T) {
	tr := NewTransport()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, Host, nil)
	if _, err := tr.RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("without a handler: %v", err)
	}
}

func TestTransportHidesTheCallersContext(t *testing.T) {
	type key struct{}
	c := client(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(key{}) != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	req, _ := http.NewRequestWithContext(context.WithValue(t.Context(), key{}, 1), http.MethodGet, Host, nil)
	r, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Error("the handler saw a value of the caller's context")
	}
}

func TestTransportBreaksOffWhenTheHandlerPanics(t *testing.T) {
	c := client(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "x")
		panic(http.ErrAbortHandler)
	})
	r, err := c.Get(Host)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if b, err := io.ReadAll(r.Body); !errors.Is(err, io.ErrUnexpectedEOF) || string(b) != "x" {
		t.Errorf("read %q, %v", b, err)
	}
}

func TestTransportRefusesRequestsAfterClose(t *testing.T) {
	tr := NewTransport()
	tr.Serve(http.NotFoundHandler())
	tr.Close()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, Host, nil)
	if _, err := tr.RoundTrip(req); !errors.Is(err, ErrClosed) {
		t.Errorf("after close: %v", err)
	}
}
