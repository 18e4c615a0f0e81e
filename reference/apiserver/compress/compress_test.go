package compress

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/emicklei/go-restful/v3"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// answer sends a request through the filter to a handler that writes the pieces.
func answer(verb, accepts string, status int, pieces ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/api/v1/configmaps", nil)
	r = r.WithContext(request.WithRequestInfo(r.Context(), &request.RequestInfo{Verb: verb}))
	if accepts != "" {
		r.Header.Set("Accept-Encoding", accepts)
	}
	recorder := httptest.NewRecorder()
	chain := &restful.FilterChain{Target: func(req *restful.Request, resp *restful.Response) {
		resp.Header().Set("X-Accepts", req.Request.Header.Get("Accept-Encoding"))
		resp.ResponseWriter.WriteHeader(status)
		for _, piece := range pieces {
			_, _ = io.WriteString(resp.ResponseWriter, piece)
		}
	}}
	Lists()(restful.NewRequest(r), restful.NewResponse(recorder), chain)
	return recorder
}

func TestListsAreCompressedAsTheLibraryDoes(t *testing.T) {
	long, short := strings.Repeat("x", threshold+1), strings.Repeat("x", threshold)
	tests := map[string]struct {
		verb, accepts string
		pieces        []string
		want          bool
	}{
		"long":                           {"list", "gzip", []string{long}, true},
		"long, among other encodings":    {"list", "br, gzip", []string{long}, true},
		"short":                          {"list", "gzip", []string{short}, false},
		"empty":                          {"list", "gzip", nil, false},
		"long in pieces, JSON":           {"list", "gzip", []string{"{", short, "}"}, true},
		"long in pieces, protobuf":       {"list", "gzip", []string{"k8s\x00", short}, true},
		"short in pieces":                {"list", "gzip", []string{"{", "}"}, false},
		"long, begun with a short piece": {"list", "gzip", []string{"{...}", long}, false},
		"not accepted":                   {"list", "", []string{long}, false},
		"another encoding":               {"list", "deflate", []string{long}, false},
		"not a list":                     {"get", "gzip", []string{long}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := answer(tt.verb, tt.accepts, http.StatusAccepted, tt.pieces...)
			if got.Code != http.StatusAccepted {
				t.Errorf("status %d; want that of the handler", got.Code)
			}
			body := io.Reader(got.Body)
			compressed := got.Header().Get("Content-Encoding") == "gzip"
			if compressed != tt.want || (got.Header().Get("Vary") == "Accept-Encoding") != tt.want {
				t.Fatalf("compressed: %v, header %v; want %v", compressed, got.Header(), tt.want)
			}
			if compressed {
				var err error
				if body, err = gzip.NewReader(got.Body); err != nil {
					t.Fatal(err)
				}
			}
			text, err := io.ReadAll(body)
			if err != nil || string(text) != strings.Join(tt.pieces, "") {
				t.Errorf("%d bytes arrive, %v", len(text), err)
			}
			if tt.verb == "list" && tt.accepts == "gzip" && got.Header().Get("X-Accepts") != "" {
				t.Error("the handler would compress again")
			}
		})
	}
}

func TestBrokenAnswerIsNotEnded(t *testing.T) {
	recorder := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	r = r.WithContext(request.WithRequestInfo(r.Context(), &request.RequestInfo{Verb: "list"}))
	chain := &restful.FilterChain{Target: func(_ *restful.Request, resp *restful.Response) {
		_, _ = io.WriteString(resp.ResponseWriter, strings.Repeat("x", threshold+1))
		panic(http.ErrAbortHandler)
	}}
	func() {
		defer func() { _ = recover() }()
		Lists()(restful.NewRequest(r), restful.NewResponse(recorder), chain)
	}()
	z, err := gzip.NewReader(bytes.NewReader(recorder.Body.Bytes()))
	if err == nil {
		_, err = io.ReadAll(z)
	}
	if err == nil {
		t.Error("the answer of a handler that broke off looks whole")
	}
}
