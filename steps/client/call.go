package client

import (
	"net/http"
	"net/url"
	"strings"
)

// Call is one kind of request, in the words of RBAC. A request that is about no resource has a Path instead.
type Call struct {
	// Method and Template are the operation as OpenAPI knows it: "GET", "/api/v1/namespaces/{namespace}/pods/{name}/log". Both are empty
	// for a right that a request needs besides the one it is about, such as to bind the role that a new RoleBinding names.
	Method   string
	Template string
	// Verb is that of RBAC: get, list, watch, create, update, patch, delete, deletecollection, bind, escalate, impersonate, approve, sign.
	Verb        string
	Group       string
	Version     string
	Resource    string
	Subresource string
	Path        string
	Namespaced  bool
	Namespace   string
	Name        string
	As          string
	Count       int
	Status      []int
}

// classify says what a request is about. The path begins behind the address of the server.
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
func classify(method, path string, query url.Values) Call {
	call := Call{Method: method, Verb: strings.ToLower(method)}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var rest []string
	switch {
	case parts[0] == "api" && len(parts) > 2:
		call.Version, rest = parts[1], parts[2:]
		call.Template = "/api/" + call.Version
	case parts[0] == "apis" && len(parts) > 3:
		call.Group, call.Version, rest = parts[1], parts[2], parts[3:]
		call.Template = "/apis/" + call.Group + "/" + call.Version
	default:
		call.Path = "/" + strings.Join(parts, "/")
		call.Template = call.Path
		return call
	}
	if rest[0] == "watch" && len(rest) > 1 { // deprecated, and still served
		call.Template += "/watch"
		rest = rest[1:]
		call.Verb = "watch"
	}
	return call.resource(method, rest, query)
}

// resource reads what stands behind the version in the path.
func (c Call) resource(method string, rest []string, query url.Values) Call {
	if rest[0] == "namespaces" && len(rest) > 2 && !isNamespacePart(rest[2]) {
		c.Namespaced, c.Namespace = true, rest[1]
		c.Template += "/namespaces/{namespace}"
		rest = rest[2:]
	}
	c.Resource = rest[0]
	c.Template += "/" + c.Resource
	if len(rest) > 1 {
		c.Name = rest[1]
		c.Template += "/{name}"
	}
	if len(rest) > 2 {
		c.Subresource = rest[2]
		c.Template += "/" + c.Subresource
	}
	if len(rest) > 3 {
		c.Template += "/{path}"
	}
	if c.Verb != "watch" {
		c.Verb = verbOf(method, c.Name != "", query)
	}
	if c.Name == "" {
		c.Name = nameInSelector(query.Get("fieldSelector"))
	}
	return c
}

// isNamespacePart reports whether the word behind the name of a Namespace is a part of that Namespace, not a resource in it.
func isNamespacePart(word string) bool { return word == "status" || word == "finalize" }

func verbOf(method string, named bool, query url.Values) string {
	watching := query.Get("watch")
	switch method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		if !named {
			return "deletecollection"
		}
		return "delete"
	case http.MethodGet, http.MethodHead:
		switch {
		case watching == "true" || watching == "1":
			return "watch"
		case !named:
			return "list"
		}
		return "get"
	}
	return strings.ToLower(method)
}

// nameInSelector is the name that a field selector confines a list to: then the list is authorized for that name.
func nameInSelector(selector string) string {
	for term := range strings.SplitSeq(selector, ",") {
		if name, ok := strings.CutPrefix(term, "metadata.name="); ok {
			return strings.TrimPrefix(name, "=")
		}
	}
	return ""
}
