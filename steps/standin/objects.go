package standin

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// object serves one object.
func (s *Server) object(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	object, ok := s.objects[r.URL.Path]
	if !ok {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, fmt.Sprintf("%q not found", r.URL.Path))
		return
	}
	body, _ := io.ReadAll(r.Body)
	var change map[string]any
	_ = json.Unmarshal(body, &change)
	switch r.Method {
	case http.MethodPatch:
		merge(object, change)
		s.note("MODIFIED", r.URL.Path, object)
	case http.MethodPut:
		change["metadata"] = object["metadata"]
		s.objects[r.URL.Path] = change
		object = change
		s.note("MODIFIED", r.URL.Path, object)
	case http.MethodDelete:
		s.delete(r.URL.Path)
	}
	reply(w, http.StatusOK, object)
}

// delete removes the object, and with a Namespace all that is in it.
func (s *Server) delete(path string) {
	for inner, object := range s.objects {
		if inner == path || strings.HasPrefix(inner, path+"/") {
			delete(s.objects, inner)
			s.note("DELETED", inner, object)
		}
	}
}

// merge applies a merge patch.
func merge(object, change map[string]any) {
	for key, value := range change {
		inner, isMap := value.(map[string]any)
		switch {
		case value == nil:
			delete(object, key)
		case isMap:
			old, ok := object[key].(map[string]any)
			if !ok {
				old = map[string]any{}
				object[key] = old
			}
			merge(old, inner)
		default:
			object[key] = value
		}
	}
}

// note keeps a change for the watches and wakes them. The lock is held.
func (s *Server) note(kind, path string, object map[string]any) {
	s.version++
	object["metadata"].(map[string]any)["resourceVersion"] = strconv.Itoa(s.version)
	text, _ := json.Marshal(object)
	s.log = append(s.log, event{s.version, kind, path, text})
	close(s.changed)
	s.changed = make(chan struct{})
}

// collection serves the objects of a kind, in one namespace or in all.
func (s *Server) collection(w http.ResponseWriter, r *http.Request, kind metav1.APIResource) {
	switch {
	case r.Method == http.MethodPost:
		s.create(w, r, kind)
	case r.URL.Query().Get("watch") == "true":
		s.watch(w, r, kind)
	default:
		s.list(w, r, kind)
	}
}

func (s *Server) create(w http.ResponseWriter, r *http.Request, kind metav1.APIResource) {
	var object map[string]any
	if err := json.NewDecoder(r.Body).Decode(&object); err != nil {
		fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	metadata := object["metadata"].(map[string]any)
	path := r.URL.Path + "/" + metadata["name"].(string)
	if _, exists := s.objects[path]; exists {
		fail(w, http.StatusConflict, metav1.StatusReasonAlreadyExists, fmt.Sprintf("%s %q already exists", kind.Name, metadata["name"]))
		return
	}
	if s.Created != nil {
		s.Created(kind.Name, object)
	}
	if r.URL.Query().Get("dryRun") == "" {
		s.objects[path] = object
		s.note("ADDED", path, object)
	}
	reply(w, http.StatusCreated, object)
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, kind metav1.APIResource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := []map[string]any{}
	for path, object := range s.objects {
		if belongs(path, r.URL.Path, kind) && selected(object, r) {
			items = append(items, object)
		}
	}
	reply(w, http.StatusOK, map[string]any{
		"kind": kind.Kind + "List", "apiVersion": "v1", "metadata": map[string]any{"resourceVersion": strconv.Itoa(s.version)}, "items": items,
	})
}

// belongs reports whether an object is in the collection; a collection without a namespace holds the objects of all namespaces.
func belongs(object, collection string, kind metav1.APIResource) bool {
	dir := object[:strings.LastIndexByte(object, '/')]
	return dir == collection || (collection == "/api/v1/"+kind.Name && strings.HasSuffix(dir, "/"+kind.Name))
}

func selected(object map[string]any, r *http.Request) bool {
	metadata := object["metadata"].(map[string]any)
	set := labels.Set{}
	own, _ := metadata["labels"].(map[string]any)
	for key, value := range own {
		set[key] = value.(string)
	}
	selector, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil || !selector.Matches(set) {
		return false
	}
	name, ok := strings.CutPrefix(r.URL.Query().Get("fieldSelector"), "metadata.name=")
	return !ok || name == metadata["name"]
}

func (s *Server) watch(w http.ResponseWriter, r *http.Request, kind metav1.APIResource) {
	from, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	w.Header().Set("Content-Type", "application/json")
	flusher := w.(http.Flusher)
	flusher.Flush()
	for {
		s.mu.Lock()
		log, changed := slices.Clone(s.log), s.changed
		s.mu.Unlock()
		for _, e := range log {
			var object map[string]any
			_ = json.Unmarshal(e.object, &object)
			if e.version <= from || !belongs(e.path, r.URL.Path, kind) || !selected(object, r) {
				continue
			}
			from = e.version
			_ = json.NewEncoder(w).Encode(map[string]any{"type": e.kind, "object": e.object})
		}
		flusher.Flush()
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
