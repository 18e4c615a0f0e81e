package admission

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"

	"github.com/seatrial/seatrial/reference/apiserver/auth/node"
)

// mirror: a kubelet creates nothing but the mirrors of its static pods, which
// belong to its Node and do not open the way to anything else.
func (p *nodeRestriction) mirror(ctx context.Context, node string, a admission.Attributes) error {
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	switch {
	case !isMirror(pod):
		return forbid(a, "pod does not have %q annotation, node %q can only create mirror pods", corev1.MirrorPodAnnotationKey, node)
	case pod.Spec.NodeName != node:
		return forbid(a, "node %q can only create pods with spec.nodeName set to itself", node)
	}
	if err := p.ownedBy(ctx, node, pod, a); err != nil {
		return err
	}
	if what := opens(pod); what != "" {
		return forbid(a, "node %q can not create pods that reference %s", node, what)
	}
	return nil
}

func (p *nodeRestriction) ownedBy(ctx context.Context, node string, pod *corev1.Pod, a admission.Attributes) error {
	if len(pod.OwnerReferences) == 0 {
		return forbid(a, "node %q can only create pods with an owner reference set to itself", node)
	}
	if len(pod.OwnerReferences) > 1 {
		return forbid(a, "node %q can only create pods with a single owner reference set to itself", node)
	}
	switch o := pod.OwnerReferences[0]; {
	case o.APIVersion != "v1" || o.Kind != "Node" || o.Name != node:
		return forbid(a, "node %q can only create pods with an owner reference set to itself", node)
	case o.Controller == nil || !*o.Controller:
		return forbid(a, "node %q can only create pods with a controller owner reference set to itself", node)
	case o.BlockOwnerDeletion != nil && *o.BlockOwnerDeletion:
		return forbid(a, "node %q must not set blockOwnerDeletion on an owner reference", node)
	default:
		n, err := p.client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
		if err != nil {
			return admission.NewForbidden(a, err)
		}
		if n.UID != o.UID {
			return forbid(a, "node %s UID mismatch: expected %s got %s", node, o.UID, n.UID)
		}
		return nil
	}
}

// opens says to what a pod opens the way, or "".
func opens(pod *corev1.Pod) string {
	names := map[string]string{"serviceaccount": "serviceaccounts", "secret": "secrets", "configmap": "configmaps"}
	var what string
	node.Visit(pod, func(kind, _ string) {
		if what == "" {
			what = names[kind]
		}
	})
	if what != "" {
		return what
	}
	for _, v := range pod.Spec.Volumes {
		switch {
		case v.PersistentVolumeClaim != nil:
			return "persistentvolumeclaims"
		case v.Ephemeral != nil:
			return "persistentvolumeclaims (via ephemeral volumes)"
		case v.CSI != nil:
			return "csidrivers (via CSI volumes)"
		}
	}
	if len(pod.Spec.ResourceClaims) > 0 {
		return "resourceclaims"
	}
	return ""
}

// boundPod returns a pod that a kubelet names. The watch cache knows what a
// kubelet knows; before saying that a pod is not there, boundPod looks again.
func (p *nodeRestriction) boundPod(ctx context.Context, namespace, name string) (*corev1.Pod, error) {
	pods := p.client.CoreV1().Pods(namespace)
	pod, err := pods.Get(ctx, name, metav1.GetOptions{ResourceVersion: "0"})
	if apierrors.IsNotFound(err) {
		pod, err = pods.Get(ctx, name, metav1.GetOptions{})
	}
	return pod, singular(err, groupResource("", "pod"), name)
}

// singular names a missing object by the singular, as upstream's caches do.
func singular(err error, kind schema.GroupResource, name string) error {
	if apierrors.IsNotFound(err) {
		return apierrors.NewNotFound(kind, name)
	}
	return err
}
