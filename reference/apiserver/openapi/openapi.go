// Package openapi serves the OpenAPI documents of the built-in resources, which
// are the same at every start and therefore made at build time.
//
// The documents of custom resources and of extension API servers are made by
// the libraries at run time; the aggregator merges them with these.
package openapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

//go:generate go tool -modfile=tools/go.mod openapi-gen --go-header-file /dev/null --report-filename /dev/null --output-dir definitions --output-pkg github.com/seatrial/seatrial/reference/apiserver/openapi/definitions --output-file definitions.go k8s.io/api/core/v1 k8s.io/api/admissionregistration/v1 k8s.io/api/apps/v1 k8s.io/api/authentication/v1 k8s.io/api/authorization/v1 k8s.io/api/autoscaling/v2 k8s.io/api/autoscaling/v1 k8s.io/api/batch/v1 k8s.io/api/certificates/v1 k8s.io/api/coordination/v1 k8s.io/api/discovery/v1 k8s.io/api/events/v1 k8s.io/api/flowcontrol/v1 k8s.io/api/networking/v1 k8s.io/api/node/v1 k8s.io/api/policy/v1 k8s.io/api/rbac/v1 k8s.io/api/resource/v1 k8s.io/api/scheduling/v1 k8s.io/api/storage/v1 k8s.io/apimachinery/pkg/apis/meta/v1 k8s.io/apimachinery/pkg/api/resource k8s.io/apimachinery/pkg/runtime k8s.io/apimachinery/pkg/version k8s.io/apimachinery/pkg/util/intstr
//go:generate go run -tags generate ./generate

//go:embed all:static
var static embed.FS

// The files below static, all compressed.
const (
	v2File    = "static/v2.json.gz"
	typesFile = "static/types.gob.gz"
	v3Dir     = "static/v3"
	suffix    = ".json.gz"
)

// Mux is where the documents are served.
type Mux interface {
	Handle(path string, h http.Handler)
	UnlistedHandle(path string, h http.Handler)
}

// Install serves /openapi/v2, /openapi/v3 and the documents below it. With
// served, they are without the resources that it denies; making them so takes
// some 0.2 s.
func Install(mux Mux, served func(schema.GroupVersionResource) bool) error {
	v2, err := static.ReadFile(v2File)
	if err != nil {
		return fmt.Errorf("serve OpenAPI: %w", err)
	}
	reduce := func(zipped []byte) ([]byte, error) { return zipped, nil }
	if served != nil {
		f, err := newFilter(v2, served)
		if err != nil {
			return fmt.Errorf("serve OpenAPI: %w", err)
		}
		reduce = f.reduce
	}
	if v2, err = reduce(v2); err != nil {
		return fmt.Errorf("serve OpenAPI: %w", err)
	}
	mux.Handle("/openapi/v2", newDocument(v2))
	index := map[string]any{}
	err = fs.WalkDir(static, v3Dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		zipped, err := static.ReadFile(file)
		if err != nil {
			return err
		}
		if zipped, err = reduce(zipped); err != nil || zipped == nil {
			return err
		}
		doc := newDocument(zipped)
		path := strings.TrimSuffix(strings.TrimPrefix(file, v3Dir+"/"), suffix)
		doc.url = "/openapi/v3/" + path
		index[path] = map[string]string{"serverRelativeURL": doc.url + "?hash=" + doc.hash}
		mux.UnlistedHandle(doc.url, doc)
		return nil
	})
	if err != nil {
		return fmt.Errorf("serve OpenAPI: %w", err)
	}
	return installIndex(mux, index)
}

func installIndex(mux Mux, paths map[string]any) error {
	body, err := json.Marshal(map[string]any{"paths": paths})
	if err != nil {
		return err
	}
	tag := fmt.Sprintf("%q", hashOf(body))
	mux.Handle("/openapi/v3", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", tag)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // the client has gone
	}))
	return nil
}

// document is one compressed JSON document.
type document struct {
	zipped []byte
	hash   string
	url    string // empty: the URL carries no hash, and there is no other form than JSON
	binary func() ([]byte, error)
}

func newDocument(zipped []byte) *document {
	return &document{zipped: zipped, hash: hashOf(zipped), binary: sync.OnceValues(func() ([]byte, error) { return protobuf(zipped) })}
}

func hashOf(b []byte) string { return fmt.Sprintf("%X", sha256.Sum256(b)) }

// ServeHTTP implements http.Handler. A URL with the hash of the document may be
// cached for ever; one with another hash leads to the right one.
func (d *document) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	form := d.negotiate(r)
	if form == "" {
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	header := w.Header()
	header.Set("ETag", fmt.Sprintf("%q", d.hash))
	header.Set("Vary", "Accept, Accept-Encoding")
	if asked := r.URL.Query().Get("hash"); asked != "" && d.url != "" {
		if asked != d.hash {
			http.Redirect(w, r, d.url+"?hash="+d.hash, http.StatusMovedPermanently)
			return
		}
		header.Set("Cache-Control", "public, immutable")
		header.Set("Expires", time.Now().AddDate(1, 0, 0).UTC().Format(http.TimeFormat))
	}
	if strings.Contains(r.Header.Get("If-None-Match"), d.hash) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", form)
	if form != jsonForm {
		d.serveProtobuf(w)
		return
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		_, _ = w.Write(d.zipped) // the client has gone
		return
	}
	z, err := gzip.NewReader(bytes.NewReader(d.zipped))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = io.Copy(w, z) //nolint:gosec // our own document
}
