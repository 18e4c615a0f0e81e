package client

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// rbacGroup is the API group of roles and bindings.
const rbacGroup = "rbac.authorization.k8s.io"

// written is what the rights behind a write depend on.
type written struct {
	Metadata struct{ Name, GenerateName string }
	RoleRef  struct{ Kind, Name string }
	Spec     struct{ SignerName string }
}

// bodyOf reads the object that a request writes, without using up its body. It is empty when there is none or when it is not JSON.
func bodyOf(request *http.Request) written {
	var object written
	if request.GetBody == nil {
		return object
	}
	body, err := request.GetBody()
	if err != nil {
		return object
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxBody))
	if err == nil {
		_ = json.Unmarshal(data, &object) // a JSON patch, say: then nothing is known of the object
	}
	return object
}

// implied lists the rights that a request needs besides the one it is about.
func implied(call Call, request *http.Request, object written, status int) []Call {
	var more []Call
	add := func(c Call) { more = append(more, c) }
	same := Call{Verb: "create", Group: call.Group, Version: call.Version, Resource: call.Resource, Subresource: call.Subresource, Namespaced: call.Namespaced, Namespace: call.Namespace}
	writes := call.Verb == "create" || call.Verb == "update" || call.Verb == "patch"
	switch {
	case call.Method == http.MethodGet && isStream(call):
		// A WebSocket is opened by a GET, which since v1.35 must be allowed to create, as the POST of SPDY always was (feature
		// AuthorizePodWebsocketUpgradeCreatePermission).
		add(same)
	case status == http.StatusCreated && (call.Verb == "update" || call.Verb == "patch") && call.Subresource == "":
		add(same)
	case !writes || call.Subresource != "" && call.Resource != "certificatesigningrequests":
	case call.Group == rbacGroup && (call.Resource == "roles" || call.Resource == "clusterroles"):
		same.Verb = "escalate"
		add(same)
	case call.Group == rbacGroup && object.RoleRef.Name != "":
		add(Call{
			Verb: "bind", Group: rbacGroup, Version: call.Version, Resource: strings.ToLower(object.RoleRef.Kind) + "s",
			Namespaced: object.RoleRef.Kind == "Role", Namespace: namespaceOf(object.RoleRef.Kind == "Role", call), Name: object.RoleRef.Name,
		})
	case call.Resource == "certificatesigningrequests" && call.Subresource != "":
		verb := map[string]string{"approval": "approve", "status": "sign"}[call.Subresource]
		add(Call{Verb: verb, Group: call.Group, Version: call.Version, Resource: "signers", Name: object.Spec.SignerName})
	}
	return append(more, impersonations(request.Header)...)
}

// isStream reports whether the request opens a stream to a container, which is all that these parts of a Pod are for.
func isStream(call Call) bool {
	return call.Group == "" && call.Resource == "pods" && slices.Contains([]string{"exec", "attach", "portforward"}, call.Subresource)
}

func namespaceOf(namespaced bool, call Call) string {
	if namespaced {
		return call.Namespace
	}
	return ""
}

// impersonations are the rights to speak as somebody else.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
func impersonations(header http.Header) []Call {
	user := header.Get("Impersonate-User")
	if user == "" {
		return nil
	}
	call := Call{Verb: "impersonate", Version: "v1", Resource: "users", Name: user}
	if account, ok := strings.CutPrefix(user, "system:serviceaccount:"); ok {
		call.Resource, call.Namespaced = "serviceaccounts", true
		call.Namespace, call.Name, _ = strings.Cut(account, ":")
	}
	calls := []Call{call}
	for _, group := range header.Values("Impersonate-Group") {
		calls = append(calls, Call{Verb: "impersonate", Version: "v1", Resource: "groups", Name: group})
	}
	for key, values := range header {
		extra, ok := strings.CutPrefix(key, "Impersonate-Extra-")
		for _, value := range values {
			if ok {
				calls = append(calls, Call{Verb: "impersonate", Group: "authentication.k8s.io", Version: "v1", Resource: "userextras", Subresource: strings.ToLower(extra), Name: value})
			}
		}
	}
	return calls
}
