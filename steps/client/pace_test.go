package client

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// busy refuses so many requests before it answers with their bodies.
type busy struct {
	refusals    int
	contentType string
	bodies      []string
}

func (b *busy) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	b.bodies = append(b.bodies, string(body))
	response := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("fine"))}
	if len(b.bodies) <= b.refusals {
		response.StatusCode = http.StatusTooManyRequests
		response.Header.Set("Content-Type", b.contentType)
		response.Header.Set("Retry-After", "2")
	}
	return response, nil
}

func TestABusyServerIsAskedAgainWhenItSays(t *testing.T) {
	for name, c := range map[string]struct {
		server busy
		method string
		limit  time.Duration
		code   int
		took   time.Duration
		asked  int
	}{
		"not busy":             {busy{}, http.MethodPost, time.Minute, http.StatusOK, 0, 1},
		"busy twice":           {busy{refusals: 2, contentType: "text/plain; charset=utf-8"}, http.MethodPost, time.Minute, http.StatusOK, 4 * time.Second, 3},
		"busy for ever":        {busy{refusals: 99, contentType: "text/plain"}, http.MethodPost, time.Minute, http.StatusTooManyRequests, 20 * time.Second, 11},
		"no time left":         {busy{refusals: 99, contentType: "text/plain"}, http.MethodPost, 5 * time.Second, http.StatusTooManyRequests, 4 * time.Second, 3},
		"nothing to read yet":  {busy{refusals: 1, contentType: "application/json"}, http.MethodGet, time.Minute, http.StatusOK, 2 * time.Second, 2},
		"a refusal of the API": {busy{refusals: 1, contentType: "application/json"}, http.MethodPost, time.Minute, http.StatusTooManyRequests, 0, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), c.limit)
			defer cancel()
			request, err := http.NewRequestWithContext(ctx, c.method, "http://server", strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			var waits atomic.Int64
			start := time.Now()
			response, err := (&pace{next: &c.server, waits: &waits}).RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != c.code || time.Since(start) != c.took || len(c.server.bodies) != c.asked || int(waits.Load()) != c.asked-1 {
				t.Errorf("%s: %d after %v, %d requests, %d waits", name, response.StatusCode, time.Since(start), len(c.server.bodies), waits.Load())
			}
			for _, body := range c.server.bodies {
				if body != "body" {
					t.Errorf("%s: sent %q", name, body)
				}
			}
		})
	}
}
