package client

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
)

// OwnNamespace stands for the name of the Namespace that calls are booked for.
const OwnNamespace = "${ns}"

// Recorder books the requests that are made with its context, by whatever user and in whatever way. It may be used by many goroutines.
type Recorder struct {
	mu    sync.Mutex
	calls map[string]*Call
	made  map[string]bool // what was created, see ref
	// tell gets each request at once; nil means that nobody listens.
	tell func(sighting)
}

// sighting is one request with the rights that it implies. Made is what it created.
type sighting struct {
	Calls []Call
	Made  string
}

// NewRecorder returns a recorder that has seen nothing.
func NewRecorder() *Recorder { return &Recorder{calls: map[string]*Call{}, made: map[string]bool{}} }

type recorderKey struct{}

// Record returns a context whose requests the recorder books.
func Record(ctx context.Context, r *Recorder) context.Context {
	return context.WithValue(ctx, recorderKey{}, r)
}

// recorderOf is the recorder of the context, or nil.
func recorderOf(ctx context.Context) *Recorder {
	r, _ := ctx.Value(recorderKey{}).(*Recorder)
	return r
}

func (r *Recorder) add(s sighting) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Made != "" {
		r.made[s.Made] = true
	}
	for _, call := range s.Calls {
		status := call.Status
		call.Count, call.Status = 0, nil
		id := identity(call)
		known := r.calls[id]
		if known == nil {
			known = &call
			r.calls[id] = known
		}
		known.Count++
		for _, code := range status {
			if !slices.Contains(known.Status, code) {
				known.Status = append(known.Status, code)
			}
		}
	}
	if r.tell != nil {
		r.tell(s)
	}
}

func identity(c Call) string {
	return strings.Join([]string{
		c.Template, c.Method, c.Path, c.Group, c.Version, c.Resource, c.Subresource, c.Verb, c.As, c.Namespace, c.Name, strconv.FormatBool(c.Namespaced),
	}, "\x00")
}

// Calls lists what was booked, in a stable order. The Namespace of a call is empty when it is the given one or one that was created
// meanwhile; its name stays only when it is that of an object outside of these which was there before. The given Namespace itself is
// called OwnNamespace.
func (r *Recorder) Calls(namespace string) []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	merged := map[string]*Call{}
	for _, call := range r.calls {
		shown := r.generalize(*call, namespace)
		id := identity(shown)
		known := merged[id]
		if known == nil {
			shown.Status = slices.Clone(shown.Status)
			merged[id] = &shown
			continue
		}
		known.Count += shown.Count
		known.Status = append(known.Status, shown.Status...)
	}
	var list []Call
	for _, call := range merged {
		slices.Sort(call.Status)
		call.Status = slices.Compact(call.Status)
		list = append(list, *call)
	}
	slices.SortFunc(list, func(a, b Call) int { return cmp.Compare(identity(a), identity(b)) })
	return list
}

// generalize leaves out of a call what would be another the next time.
func (r *Recorder) generalize(c Call, own string) Call {
	switch {
	case c.Namespaced && (c.Namespace == own || r.made[ref("", "namespaces", c.Namespace)]):
		c.Namespace, c.Name = "", ""
	case !c.Namespaced && r.isMade(c):
		c.Name = ""
	}
	if own != "" { // users, API groups and paths can have it in their names
		for _, field := range []*string{&c.As, &c.Name, &c.Group, &c.Template, &c.Path} {
			*field = strings.ReplaceAll(*field, own, OwnNamespace)
		}
	}
	return c
}

func (r *Recorder) isMade(c Call) bool {
	for made := range r.made {
		prefix, generated := strings.CutSuffix(made, "*")
		name := ref(c.Group, c.Resource, c.Name)
		if made == name || generated && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// ref names an object outside of Namespaces.
func ref(group, resource, name string) string { return group + "/" + resource + "/" + name }

// recording is the layer of a transport that tells recorders.
type recording struct {
	next http.RoundTripper
	// root is the path of the server's address, as the user of its requests, empty for that of the kubeconfig.
	root, as string
	// fixed is the recorder of requests that carry no context; nil means that of their context.
	fixed *Recorder
}

// RoundTrip sends the request.
func (t *recording) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := t.fixed
	if recorder == nil {
		recorder = recorderOf(request.Context())
	}
	if recorder == nil {
		return t.next.RoundTrip(request)
	}
	response, err := t.next.RoundTrip(request)
	status := 0
	if response != nil {
		status = response.StatusCode
	}
	recorder.add(see(request, t.root, t.as, status))
	return response, err
}

// see makes a sighting of a request and of the code of its answer, 0 when there was none.
func see(request *http.Request, root, as string, status int) sighting {
	call := classify(request.Method, strings.TrimPrefix(request.URL.Path, strings.TrimSuffix(root, "/")), request.URL.Query())
	if status != 0 {
		call.Status = []int{status}
	}
	var object written
	if call.Verb == "create" && !call.Namespaced || call.Group == rbacGroup || call.Resource == "certificatesigningrequests" {
		object = bodyOf(request)
	}
	others := implied(call, request, object, status)
	if call.As = as; as == "" {
		call.As = request.Header.Get("Impersonate-User")
	}
	s := sighting{Calls: []Call{call}, Made: created(call, object, status)}
	for _, other := range others {
		if as == "" && (call.As == "" || other.Verb == "impersonate") {
			s.Calls = append(s.Calls, other)
		}
	}
	return s
}

// created names what the request has made, if that is in no Namespace.
func created(call Call, object written, status int) string {
	name := ref(call.Group, call.Resource, object.Metadata.Name)
	switch {
	case call.Namespaced || call.Subresource != "" || status >= http.StatusBadRequest:
	case call.Verb == "patch" && status == http.StatusCreated:
		return ref(call.Group, call.Resource, call.Name)
	case call.Verb == "create" && object.Metadata.Name != "":
		return name
	case call.Verb == "create" && object.Metadata.GenerateName != "":
		return name + object.Metadata.GenerateName + "*"
	}
	return ""
}

// wire adds the recording layer to a configuration. It sees requests as they are sent, with what tells whose they are.
func wire(config *rest.Config, as string, fixed *Recorder) (*rest.Config, error) {
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	wired := rest.CopyConfig(config)
	wired.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return &recording{next: next, root: base.Path, as: as, fixed: fixed}
	})
	return wired, nil
}
