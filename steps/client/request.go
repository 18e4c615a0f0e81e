package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// maxBody bounds how much of an answer is read.
const maxBody = 32 << 20

// Request is one call of the API.
type Request struct {
	Method string
	// Path may carry a query, as in "/api/v1/pods?limit=1".
	Path        string
	Query       url.Values
	Body        []byte
	ContentType string
	Accept      string
}

// Answer is what the API server said.
type Answer struct {
	Code     int
	Body     []byte
	Warnings []string
	Header   http.Header
	// Object is the body when it is JSON, else nil.
	Object any
}

// Send makes the request. The error tells that there was no answer; a refusal is an answer.
func (u *User) Send(ctx context.Context, r Request) (Answer, error) {
	request, err := u.request(ctx, r)
	if err != nil {
		return Answer{}, err
	}
	response, err := u.http.Do(request)
	if err != nil {
		return Answer{}, noAnswer(r, err)
	}
	answer, err := read(response)
	if err != nil {
		return Answer{}, noAnswer(r, err)
	}
	return answer, nil
}

// read takes the whole answer and closes it.
func read(response *http.Response) (Answer, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Code: response.StatusCode, Body: body, Warnings: response.Header.Values("Warning"), Header: response.Header}
	// The index of OpenAPI is JSON that is called plain text.
	if strings.Contains(response.Header.Get("Content-Type"), "json") || bytes.HasPrefix(body, []byte("{")) {
		_ = json.Unmarshal(body, &answer.Object) // not JSON after all: Object stays nil, Body tells
	}
	return answer, nil
}

// NoAnswer tells that a request got no answer, or not a whole one.
type NoAnswer struct {
	Method, Path string
	Cause        error
}

func (e *NoAnswer) Error() string { return fmt.Sprintf("send %s %s: %v", e.Method, e.Path, e.Cause) }

// Unwrap gives the cause.
func (e *NoAnswer) Unwrap() error { return e.Cause }

// noAnswer drops what the HTTP client repeats of the request.
func noAnswer(r Request, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return &NoAnswer{Method: r.Method, Path: r.Path, Cause: err}
}

func (u *User) request(ctx context.Context, r Request) (*http.Request, error) {
	relative, err := url.Parse(r.Path)
	if err != nil {
		return nil, fmt.Errorf("send %s %s: %w", r.Method, r.Path, err)
	}
	target := *u.base
	target.Path = strings.TrimSuffix(u.base.Path, "/") + "/" + strings.TrimPrefix(relative.Path, "/")
	query := relative.Query()
	maps.Copy(query, r.Query)
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, r.Method, target.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("send %s %s: %w", r.Method, r.Path, err)
	}
	request.Header.Set("Accept", first(r.Accept, "application/json, */*"))
	if len(r.Body) > 0 {
		request.Header.Set("Content-Type", first(r.ContentType, "application/json"))
	}
	return request, nil
}

// Refused reports whether the API server did not do what it was asked.
func (a Answer) Refused() bool { return a.Code >= http.StatusBadRequest }

// Status returns the Status object that comes with a refusal; one without has the code and the body as its message.
func (a Answer) Status() metav1.Status {
	var status metav1.Status
	if err := json.Unmarshal(a.Body, &status); err != nil || status.Kind != "Status" {
		return metav1.Status{Code: int32(a.Code), Message: strings.TrimSpace(string(a.Body))} //nolint:gosec // an HTTP status code
	}
	return status
}

// String tells the outcome in one line.
func (a Answer) String() string {
	if !a.Refused() {
		return fmt.Sprintf("accepted with %d %s", a.Code, http.StatusText(a.Code))
	}
	status := a.Status()
	reason := first(string(status.Reason), http.StatusText(a.Code))
	text := fmt.Sprintf("refused with %d %s: %.600s", a.Code, reason, status.Message)
	if after := a.Header.Get("Retry-After"); after != "" {
		text += " (retry after " + after + " s)"
	}
	return text
}

func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
