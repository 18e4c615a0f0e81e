package client

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// patience is how often one request comes back when the API server asks it to, as client-go does.
const patience = 10

// pace lets requests come back later when the API server is too busy for them (API Priority and Fairness, or the limit of requests in
// flight), as often as it asks for that and the time of the request allows. The kit has no limit of its own, so this one must count.
// https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
type pace struct {
	next  http.RoundTripper
	waits *atomic.Int64
}

// RoundTrip sends the request.
func (p *pace) RoundTrip(request *http.Request) (*http.Response, error) {
	for range patience {
		response, err := p.next.RoundTrip(request)
		if err != nil {
			return response, err
		}
		after, busy := tooBusy(request.Method, response)
		again := busy && p.wait(request, after)
		if !again {
			return response, nil
		}
		p.waits.Add(1)
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)) // frees the connection
		_ = response.Body.Close()
		if request, err = repeated(request); err != nil {
			return nil, err
		}
	}
	return p.next.RoundTrip(request)
}

// tooBusy reports whether the server has not even looked at the request, or cannot read yet what is asked for (the list of a custom kind whose
// definition has just changed), and when to ask again. An answer to a write, such as that an eviction would disturb too many Pods, has the same
// code and is a Status; it is for the scenario.
func tooBusy(method string, response *http.Response) (after time.Duration, busy bool) {
	if response.StatusCode != http.StatusTooManyRequests {
		return 0, false
	}
	if method != http.MethodGet && strings.Contains(response.Header.Get("Content-Type"), "json") {
		return 0, false
	}
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	return time.Duration(seconds) * time.Second, err == nil && seconds >= 0
}

// wait waits, unless the request could not be sent after it.
func (p *pace) wait(request *http.Request, after time.Duration) bool {
	ctx := request.Context()
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= after {
		return false
	}
	if request.Body != nil && request.Body != http.NoBody && request.GetBody == nil {
		return false
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// repeated makes the request anew, with its whole body.
func repeated(request *http.Request) (*http.Request, error) {
	again := request.Clone(request.Context())
	if request.GetBody == nil {
		return again, nil
	}
	body, err := request.GetBody()
	again.Body = body
	return again, err
}

// Throttled is how often requests of the cluster's users have waited because the API server asked for it.
func (c *Cluster) Throttled() int64 { return c.waits.Load() }
