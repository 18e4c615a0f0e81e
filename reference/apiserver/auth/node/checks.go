package node

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// verdict is what a check says beyond the rules of system:node: that a request
// is allowed, why it is not, or nothing: then the rules decide.
type verdict struct {
	allow bool
	why   string
}

func refuse(format string, args ...any) (verdict, error) {
	return verdict{why: fmt.Sprintf(format, args...)}, nil
}

func unrelated(node string) (verdict, error) {
	return refuse("no relationship found between node '%s' and this object", node)
}

// related turns the answer of a look-up into a verdict. What is not there has
// nothing to do with the node either.
func related(node string, ok bool, err error) (verdict, error) {
	if apierrors.IsNotFound(err) || err == nil && !ok {
		return unrelated(node)
	}
	return verdict{}, err
}

// check looks at a request of a node. Its words are upstream's, as recorded in
// ../testdata/kubelet.jsonl.
type check func(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error)

var checks = map[string]check{
	"/secrets":                         readable("secret"),
	"/configmaps":                      readable("configmap"),
	"/persistentvolumeclaims":          claims,
	"/serviceaccounts":                 accounts,
	"resource.k8s.io/resourceclaims":   single(namespaced("resourceclaim")),
	"/persistentvolumes":               single(volume),
	"storage.k8s.io/volumeattachments": single(attachment),
	"storage.k8s.io/csinodes":          own("a CSINode", "CSINode"),
	"coordination.k8s.io/leases":       ownLease,
	"/nodes":                           ownNode,
	"/pods":                            ownPods,
	"resource.k8s.io/resourceslices":   ownSlices,
}

// namespaced lets a node touch an object that one of its pods refers to.
func namespaced(kind string) check {
	return func(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
		switch {
		case a.GetNamespace() == "":
			return refuse("can only read namespaced object of this type")
		case a.GetName() == "":
			return refuse("No Object name found")
		}
		ok, err := z.pods.refer(ctx, node, kind, a.GetNamespace(), a.GetName())
		if kind == "secret" && err == nil && !ok {
			ok, err = z.volumeNeeds(ctx, node, a.GetNamespace(), a.GetName())
		}
		return related(node, ok, err)
	}
}

func readable(kind string) check {
	return func(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
		if !slices.Contains([]string{"get", "list", "watch"}, a.GetVerb()) {
			return refuse("can only read resources of this type")
		}
		return namespaced(kind)(ctx, z, node, a)
	}
}

// single lets a node get one object at a time.
func single(next check) check {
	return func(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
		if a.GetVerb() != "get" || a.GetSubresource() != "" {
			return refuse("can only get individual resources of this type")
		}
		return next(ctx, z, node, a)
	}
}

func claims(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
	if a.GetSubresource() != "status" {
		return single(namespaced("pvc"))(ctx, z, node, a)
	}
	if a.GetVerb() != "update" && a.GetVerb() != "patch" {
		return refuse("can only get/update/patch this type")
	}
	return namespaced("pvc")(ctx, z, node, a)
}

func accounts(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
	switch a.GetVerb() + " " + a.GetSubresource() {
	case "create token", "get ":
		return namespaced("serviceaccount")(ctx, z, node, a)
	}
	return refuse("can only create tokens for individual service accounts")
}

func volume(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
	pv, err := z.client.CoreV1().PersistentVolumes().Get(ctx, a.GetName(), metav1.GetOptions{ResourceVersion: "0"})
	if err != nil || pv.Spec.ClaimRef == nil {
		return related(node, false, err)
	}
	ok, err := z.pods.refer(ctx, node, "pvc", pv.Spec.ClaimRef.Namespace, pv.Spec.ClaimRef.Name)
	return related(node, ok, err)
}

func attachment(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
	va, err := z.client.StorageV1().VolumeAttachments().Get(ctx, a.GetName(), metav1.GetOptions{ResourceVersion: "0"})
	return related(node, err == nil && va.Spec.NodeName == node, err)
}

// own lets a node touch the object that has its name. A create has no name
// yet: the admission plugin NodeRestriction looks at it.
func own(one, kind string) check {
	return func(_ context.Context, _ *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
		switch {
		case !slices.Contains([]string{"get", "create", "update", "patch", "delete"}, a.GetVerb()):
			return refuse("can only get, create, update, patch, or delete %s", one)
		case a.GetVerb() != "create" && a.GetName() != node:
			return refuse("can only access %s with the same name as the requesting node", kind)
		}
		return verdict{}, nil
	}
}

func ownLease(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
	v, err := own("a node lease", "node lease")(ctx, z, node, a)
	if a.GetNamespace() != "kube-node-lease" && (v.why == "" || a.GetName() != "") {
		return refuse(`can only access leases in the "kube-node-lease" system namespace`)
	}
	return v, err
}

func ownNode(_ context.Context, _ *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
	switch a.GetVerb() {
	case "get", "list", "watch":
		switch a.GetName() { // a field selector on metadata.name counts as a name
		case node:
		case "":
			return refuse("node '%s' cannot read all nodes, only its own Node object", node)
		default:
			return refuse("node '%s' cannot read '%s', only its own Node object", node, a.GetName())
		}
	}
	return verdict{}, nil
}

func ownPods(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
	switch a.GetVerb() {
	case "get":
		if a.GetSubresource() == "" {
			return namespaced("pod")(ctx, z, node, a)
		}
	case "list", "watch":
		if !selects(a, "spec.nodeName", node) {
			return refuse("can only list/watch pods with spec.nodeName field selector")
		}
	}
	return verdict{}, nil
}

// ownSlices allows what the rules do not: those of system:node name the
// removal of all slices of a node only.
func ownSlices(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (verdict, error) {
	if a.GetSubresource() != "" {
		return verdict{}, nil
	}
	switch a.GetVerb() {
	case "create": // NodeRestriction looks at it
		return verdict{allow: true}, nil
	case "get", "update", "patch", "delete":
		s, err := z.client.ResourceV1().ResourceSlices().Get(ctx, a.GetName(), metav1.GetOptions{})
		v, err := related(node, err == nil && s.Spec.NodeName != nil && *s.Spec.NodeName == node, err)
		v.allow = err == nil && v.why == ""
		return v, err
	case "list", "watch", "deletecollection":
		if !selects(a, "spec.nodeName", node) {
			return refuse("can only list/watch/deletecollection resourceslices with nodeName field selector")
		}
		return verdict{allow: true}, nil
	}
	return verdict{}, nil
}

func selects(a authorizer.Attributes, name, value string) bool {
	reqs, err := a.GetFieldSelector()
	return err == nil && slices.ContainsFunc(reqs, func(r fields.Requirement) bool {
		return r.Field == name && r.Value == value && (r.Operator == "=" || r.Operator == "==")
	})
}
