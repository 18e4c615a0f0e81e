package openapi

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"

	"github.com/munnerz/goautoneg"
	"k8s.io/kube-openapi/pkg/handler3"
)

// The media types of a document of version 3.
const (
	jsonForm        = "application/json"
	protobufForm    = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf"
	oldProtobufForm = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"
)

// negotiate returns the media type of the answer, or nothing.
func (d *document) negotiate(r *http.Request) string {
	accept := r.Header.Get("Accept")
	if accept == "" {
		return jsonForm
	}
	for _, clause := range goautoneg.ParseAccept(accept) {
		if clause.Type != "application" && clause.Type != "*" {
			continue
		}
		switch asked := "application/" + clause.SubType; {
		case clause.SubType == "*" || asked == jsonForm:
			return jsonForm
		case d.url != "" && (asked == protobufForm || asked == oldProtobufForm):
			return protobufForm
		}
	}
	return ""
}

// serveProtobuf makes the binary form when it is asked for the first time: it
// takes some 0.1 s, which no start should pay for.
func (d *document) serveProtobuf(w http.ResponseWriter) {
	body, err := d.binary()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(body) // the client has gone
}

func protobuf(zipped []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, fmt.Errorf("read OpenAPI document: %w", err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("read OpenAPI document: %w", err)
	}
	body, err := handler3.ToV3ProtoBinary(plain)
	if err != nil {
		return nil, fmt.Errorf("write OpenAPI document as protobuf: %w", err)
	}
	return body, nil
}
