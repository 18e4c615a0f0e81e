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
	more := impersonations(request.Header)
	same := Call{Verb: "create", Group: call.Group, Version: call.Version, Resource: call.Resource, Subresource: call.Subresource, Namespaced: call.Namespaced, Namespace: call.Namespace}
	writes := call.Verb == "create" || call.Verb == "update" || call.Verb == "patch"
	if status == http.StatusCreated && call.Verb != "create" && call.Subresource == "" {
		more = append(more, same)
	}
	switch {
	case call.Method == http.MethodGet && isStream(call):
		// A WebSocket is opened by a GET, which since v1.35 must be allowed to create, as the POST of SPDY always was (feature
		// AuthorizePodWebsocketUpgradeCreatePermission).
		return append(more, same)
	case writes && call.Resource == "certificatesigningrequests":
		return append(more, signing(call, object)...)
	case writes && call.Group == rbacGroup:
		return append(more, granting(call, same, object)...)
	}
	return more
}

// granting are the rights to hand out rights that one does not have.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
func granting(call, same Call, object written) []Call {
	if call.Resource == "roles" || call.Resource == "clusterroles" {
		same.Verb = "escalate"
		return []Call{same}
	}
	if object.RoleRef.Name == "" {
		return nil
	}
	bind := Call{Verb: "bind", Group: rbacGroup, Version: call.Version, Resource: strings.ToLower(object.RoleRef.Kind) + "s", Name: object.RoleRef.Name}
	if object.RoleRef.Kind == "Role" {
		bind.Namespaced, bind.Namespace = true, call.Namespace
	}
	return []Call{bind}
}

// signing are the rights to decide on certificates of a signer.
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization
func signing(call Call, object written) []Call {
	verb := map[string]string{"approval": "approve", "status": "sign"}[call.Subresource]
	if verb == "" {
		return nil
	}
	return []Call{{Verb: verb, Group: call.Group, Version: call.Version, Resource: "signers", Name: object.Spec.SignerName}}
}

// isStream reports whether the request opens a stream to a container, which is all that these parts of a Pod are for.
func isStream(call Call) bool {
	return call.Group == "" && call.Resource == "pods" && slices.Contains([]string{"exec", "attach", "portforward"}, call.Subresource)
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
