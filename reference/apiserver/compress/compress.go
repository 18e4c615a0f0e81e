// Package compress sends long lists compressed, by the rules of k8s.io/apiserver
// and with a compressor that takes less than half the CPU time.
package compress

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"

	"github.com/emicklei/go-restful/v3"
	"github.com/klauspost/compress/gzip"
	"k8s.io/apiserver/pkg/endpoints/request"
)

const (
	// threshold is the longest answer that is not compressed, in bytes.
	threshold = 128 << 10
	// streamStart is the longest first write of an answer that comes in pieces:
	// the brace of JSON, or the four bytes that begin protobuf.
	streamStart = 4

	acceptEncoding = "Accept-Encoding"
)

// Lists is a filter that compresses the answers to lists for clients that
// accept gzip. Other requests may be streams, or compressed by who answers them.
func Lists() restful.FilterFunction {
	compressors := &sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		if err != nil {
			panic(err) // the level exists
		}
		return w
	}}
	blocks := newBlocks()
	return func(req *restful.Request, resp *restful.Response, chain *restful.FilterChain) {
		info, ok := request.RequestInfoFrom(req.Request.Context())
		if !ok || info.Verb != "list" || !acceptsGzip(req.Request.Header.Get(acceptEncoding)) {
			chain.ProcessFilter(req, resp)
			return
		}
		// The library compresses for whom it sees accept it.
		r := *req.Request
		r.Header = maps.Clone(r.Header)
		r.Header.Del(acceptEncoding)
		req.Request = &r
		w := &writer{ResponseWriter: resp.ResponseWriter, status: http.StatusOK, compressors: compressors, blocks: blocks}
		defer w.settle() // also after a panic
		resp.ResponseWriter = w
		chain.ProcessFilter(req, resp)
		w.end() // not after a panic: then the answer must stay broken off
	}
}

// acceptsGzip reads the header as the library does, which looks at no weights.
func acceptsGzip(header string) bool {
	for encoding := range strings.SplitSeq(header, ",") {
		if strings.TrimSpace(encoding) == "gzip" {
			return true
		}
	}
	return false
}

// writer holds the answer back until it is known whether it is long.
type writer struct {
	http.ResponseWriter
	compressors, blocks *sync.Pool

	status  int
	held    []byte
	out     io.Writer // nil while the answer is held back
	gzip    *gzip.Writer
	pipe    *pipe // to gzip
	waiting bool  // the answer comes in pieces
}

// WriteHeader implements http.ResponseWriter. The header is sent with the first bytes.
func (w *writer) WriteHeader(status int) { w.status = status }

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	if w.out != nil {
		return w.out.Write(p)
	}
	if !w.waiting && len(p) > streamStart {
		w.begin(len(p))
		return w.out.Write(p)
	}
	w.waiting = true
	w.held = append(w.held, p...)
	if len(w.held) <= threshold {
		return len(p), nil
	}
	return len(p), w.release()
}

// begin sends the header of an answer whose first bytes are that many.
func (w *writer) begin(length int) {
	w.out = w.ResponseWriter
	if length > threshold {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Add("Vary", acceptEncoding)
		w.gzip = w.compressors.Get().(*gzip.Writer)
		w.gzip.Reset(w.ResponseWriter)
		w.pipe = newPipe(w.gzip, w.blocks)
		w.out = w.pipe
	}
	w.ResponseWriter.WriteHeader(w.status)
}

// release sends what was held back.
func (w *writer) release() error {
	w.begin(len(w.held))
	_, err := w.out.Write(w.held)
	w.held = nil
	return err
}

// end sends the rest. A client that has gone needs none.
func (w *writer) end() {
	if w.out == nil {
		_ = w.release()
	}
	if w.gzip != nil && w.pipe.Close() == nil {
		_ = w.gzip.Close()
	}
}

// settle returns when nothing writes to the client any more.
func (w *writer) settle() {
	if w.gzip == nil {
		return
	}
	_ = w.pipe.Close()
	w.gzip.Reset(nil)
	w.compressors.Put(w.gzip)
}
