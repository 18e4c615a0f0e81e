package openapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// filter takes out of the documents what is not served.
type filter struct {
	served func(schema.GroupVersionResource) bool
	// kept are the paths of groups and of versions below which something is served.
	kept map[string]bool
}

// newFilter reads from the document of version 2 what there is.
func newFilter(v2 []byte, served func(schema.GroupVersionResource) bool) (*filter, error) {
	_, paths, err := open(v2)
	if err != nil {
		return nil, err
	}
	f := &filter{served: served, kept: map[string]bool{}}
	for path := range paths {
		if gvr, ok := resourceOf(path); ok && served(gvr) {
			f.kept["/apis/"+gvr.Group+"/"], f.kept["/apis/"+gvr.Group+"/"+gvr.Version+"/"] = true, true
			if gvr.Group == "" {
				f.kept["/api/"], f.kept["/api/"+gvr.Version+"/"] = true, true
			}
		}
	}
	return f, nil
}

// keeps reports whether a path stays.
func (f *filter) keeps(path string) bool {
	if gvr, ok := resourceOf(path); ok {
		return f.served(gvr)
	}
	if path == "/apis/" || !strings.HasPrefix(path, "/api") {
		return true
	}
	return f.kept[path]
}

// resourceOf is the resource that a path of a document is about.
func resourceOf(path string) (schema.GroupVersionResource, bool) {
	var gvr schema.GroupVersionResource
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2:
		gvr.Version, parts = parts[1], parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		gvr.Group, gvr.Version, parts = parts[1], parts[2], parts[3:]
	default:
		return gvr, false
	}
	if parts[0] == "watch" && len(parts) > 1 {
		parts = parts[1:]
	}
	// Below {name} of a namespace there is a resource in it, or a part of the namespace itself.
	if parts[0] == "namespaces" && len(parts) > 2 && parts[1] == "{namespace}" {
		parts = parts[2:]
	}
	gvr.Resource = parts[0]
	return gvr, true
}

// reduce returns the document without what does not stay; nil when nothing
// of it stays. Without a change it returns the document itself.
func (f *filter) reduce(zipped []byte) ([]byte, error) {
	doc, paths, err := open(zipped)
	if err != nil {
		return nil, err
	}
	before := len(paths)
	maps.DeleteFunc(paths, func(path string, _ json.RawMessage) bool { return !f.keeps(path) })
	switch len(paths) {
	case before:
		return zipped, nil
	case 0:
		return nil, nil
	}
	if doc["paths"], err = json.Marshal(paths); err != nil {
		return nil, fmt.Errorf("reduce OpenAPI document: %w", err)
	}
	if err := dropTypes(doc); err != nil {
		return nil, fmt.Errorf("reduce OpenAPI document: %w", err)
	}
	return pack(doc)
}

// dropTypes drops the definitions that nothing leads to any more.
func dropTypes(doc map[string]json.RawMessage) error {
	if doc["definitions"] != nil {
		reduced, err := used(doc["definitions"], doc["paths"])
		doc["definitions"] = reduced
		return err
	}
	var components map[string]json.RawMessage
	if err := json.Unmarshal(doc["components"], &components); err != nil || components["schemas"] == nil {
		return err
	}
	var err error
	if components["schemas"], err = used(components["schemas"], doc["paths"]); err != nil {
		return err
	}
	doc["components"], err = json.Marshal(components)
	return err
}

// reference is a pointer to a definition in a document of either version.
var reference = regexp.MustCompile(`"#/(?:definitions|components/schemas)/([^"]+)"`)

// used are the definitions that the roots lead to.
func used(definitions json.RawMessage, roots []byte) (json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(definitions, &all); err != nil {
		return nil, err
	}
	kept := map[string]json.RawMessage{}
	for next := [][]byte{roots}; len(next) > 0; {
		body := next[0]
		next = next[1:]
		for _, m := range reference.FindAllSubmatch(body, -1) {
			name := string(m[1])
			if _, known := kept[name]; !known && all[name] != nil {
				kept[name] = all[name]
				next = append(next, all[name])
			}
		}
	}
	return json.Marshal(kept)
}

func open(zipped []byte) (doc, paths map[string]json.RawMessage, err error) {
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, nil, fmt.Errorf("read OpenAPI document: %w", err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		return nil, nil, fmt.Errorf("read OpenAPI document: %w", err)
	}
	if err := json.Unmarshal(plain, &doc); err != nil {
		return nil, nil, fmt.Errorf("read OpenAPI document: %w", err)
	}
	if err := json.Unmarshal(doc["paths"], &paths); err != nil {
		return nil, nil, fmt.Errorf("read paths of OpenAPI document: %w", err)
	}
	return doc, paths, nil
}

func pack(doc map[string]json.RawMessage) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if err := json.NewEncoder(z).Encode(doc); err != nil {
		return nil, fmt.Errorf("pack OpenAPI document: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack OpenAPI document: %w", err)
	}
	return out.Bytes(), nil
}
