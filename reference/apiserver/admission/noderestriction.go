package admission

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	resourcev1 "k8s.io/api/resource/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver/auth/node"
)

// nodeRestriction lets a kubelet write about its own node and its own pods
// only. The Node authorizer looks at names, this plugin at contents.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
type nodeRestriction struct {
	*admission.Handler
	client     kubernetes.Interface
	authorizer authorizer.Authorizer
}

func newNodeRestriction(e env) (admission.Interface, error) {
	return &nodeRestriction{admission.NewHandler(admission.Create, admission.Update, admission.Delete), e.client, e.authorizer}, nil
}

// Admit has the checks before the object changes any further, as upstream does.
func (p *nodeRestriction) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	name := node.NameOf(a.GetUserInfo())
	if name == "" {
		return nil
	}
	switch {
	case is(a, "", "pods"), is(a, "", "pods/status"):
		return p.pod(ctx, name, a)
	case is(a, "", "pods/eviction"):
		return p.eviction(ctx, name, a)
	case a.GetResource().Resource == "pods" && a.GetResource().Group == "":
		return forbid(a, "unexpected pod subresource %q, only 'status' and 'eviction' are allowed", a.GetSubresource())
	case a.GetResource().Resource == "nodes" && a.GetResource().Group == "":
		return p.node(name, a)
	case is(a, "", "serviceaccounts/token") && a.GetOperation() == admission.Create:
		return p.token(ctx, name, a)
	case is(a, "", "persistentvolumeclaims/status"):
		return claimStatus(name, a)
	case is(a, coordinationv1.GroupName, "leases"):
		return ownLease(name, a)
	case is(a, storagev1.GroupName, "csinodes"):
		return ownName(name, "CSINode", a)
	case is(a, resourcev1.GroupName, "resourceslices"):
		return slice(name, a)
	}
	return nil
}

func (p *nodeRestriction) pod(ctx context.Context, node string, a admission.Attributes) error {
	switch a.GetOperation() {
	case admission.Create:
		return p.mirror(ctx, node, a)
	case admission.Update:
		if a.GetSubresource() != "status" {
			return forbid(a, "node %q can only update pod status", node)
		}
		pod, err := object[*corev1.Pod](a)
		if err != nil {
			return err
		}
		old, err := oldObject[*corev1.Pod](a)
		if err != nil {
			return err
		}
		if old.Spec.NodeName != node {
			return forbid(a, "node %q can only update pod status for pods with spec.nodeName set to itself", node)
		}
		if !equality.Semantic.DeepEqual(old.Labels, pod.Labels) {
			return forbid(a, "node %q cannot update labels through pod status", node)
		}
		if !equality.Semantic.DeepEqual(old.Status.ResourceClaimStatuses, pod.Status.ResourceClaimStatuses) {
			return forbid(a, "node %q cannot update resource claim statues", node) // sic
		}
	case admission.Delete:
		pod, err := p.client.CoreV1().Pods(a.GetNamespace()).Get(ctx, a.GetName(), metav1.GetOptions{})
		if err != nil {
			return admission.NewForbidden(a, err)
		}
		if pod.Spec.NodeName != node {
			return forbid(a, "node %q can only delete pods with spec.nodeName set to itself", node)
		}
	}
	return nil
}

func (p *nodeRestriction) eviction(ctx context.Context, node string, a admission.Attributes) error {
	if a.GetOperation() != admission.Create {
		return forbid(a, "unexpected operation %s for pod eviction", a.GetOperation())
	}
	name := a.GetName()
	if e, ok := a.GetObject().(*policyv1.Eviction); ok && name == "" {
		name = e.Name
	}
	pod, err := p.boundPod(ctx, a.GetNamespace(), name)
	if err != nil {
		return err
	}
	if pod.Spec.NodeName != node {
		return forbid(a, "node %s can only evict pods with spec.nodeName set to itself", node)
	}
	return nil
}

func (p *nodeRestriction) node(node string, a admission.Attributes) error {
	if a.GetOperation() == admission.Delete || a.GetName() != "" && a.GetName() != node {
		return forbid(a, "node %q is not allowed to modify node %q", node, a.GetName())
	}
	n, err := object[*corev1.Node](a)
	if err != nil {
		return err
	}
	if n.Name != node {
		return forbid(a, "node %q is not allowed to modify node %q", node, n.Name)
	}
	if bad := reservedLabels(nil, n.Labels); a.GetOperation() == admission.Create && len(bad) > 0 {
		return forbid(a, "node %q is not allowed to set the following labels: %s", node, strings.Join(bad, ", "))
	}
	if a.GetOperation() == admission.Update {
		old, err := oldObject[*corev1.Node](a)
		if err != nil {
			return err
		}
		if !equality.Semantic.DeepEqual(old.Spec.Taints, n.Spec.Taints) {
			return forbid(a, "node %q is not allowed to modify taints", node)
		}
		if !equality.Semantic.DeepEqual(old.OwnerReferences, n.OwnerReferences) {
			return forbid(a, "node %q is not allowed to modify ownerReferences", node)
		}
		if bad := reservedLabels(old.Labels, n.Labels); len(bad) > 0 {
			return forbid(a, "is not allowed to modify labels: %s", strings.Join(bad, ", "))
		}
	}
	return nil
}

// reservedLabels lists the labels that differ and that a kubelet must not set.
func reservedLabels(before, after map[string]string) []string {
	var bad []string
	all := maps.Clone(before)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, after)
	for key := range all {
		was, had := before[key]
		is, has := after[key]
		if (was != is || had != has) && !kubeletMayLabel(key) {
			bad = append(bad, key)
		}
	}
	slices.Sort(bad)
	return bad
}

func kubeletMayLabel(key string) bool {
	domain, _, ok := strings.Cut(key, "/")
	if !ok || !isKubernetesDomain(domain) {
		return true
	}
	switch key {
	case corev1.LabelHostname, corev1.LabelArchStable, corev1.LabelOSStable, corev1.LabelInstanceType, corev1.LabelInstanceTypeStable,
		corev1.LabelFailureDomainBetaRegion, corev1.LabelFailureDomainBetaZone, corev1.LabelTopologyRegion, corev1.LabelTopologyZone,
		"beta.kubernetes.io/os", "beta.kubernetes.io/arch":
		return true
	}
	for _, d := range []string{"kubelet.kubernetes.io", "node.kubernetes.io"} {
		if domain == d || strings.HasSuffix(domain, "."+d) {
			return true
		}
	}
	return false
}

func isKubernetesDomain(domain string) bool {
	for _, d := range []string{"kubernetes.io", "k8s.io"} {
		if domain == d || strings.HasSuffix(domain, "."+d) {
			return true
		}
	}
	return false
}

func ownLease(node string, a admission.Attributes) error {
	if a.GetNamespace() != corev1.NamespaceNodeLease {
		return forbid(a, "can only access leases in the %q system namespace", corev1.NamespaceNodeLease)
	}
	return ownName(node, "node lease", a)
}

func ownName(node, kind string, a admission.Attributes) error {
	name := a.GetName()
	if o, ok := a.GetObject().(metav1.Object); ok && a.GetOperation() == admission.Create {
		name = o.GetName()
	}
	if name != node {
		return forbid(a, "can only access %s with the same name as the requesting node", kind)
	}
	return nil
}

// claimStatus: a kubelet that has made a file system larger says so, and nothing else.
func claimStatus(node string, a admission.Attributes) error {
	if a.GetOperation() != admission.Update {
		return forbid(a, "unexpected operation %q", a.GetOperation())
	}
	claim, err := object[*corev1.PersistentVolumeClaim](a)
	if err != nil {
		return err
	}
	old, err := oldObject[*corev1.PersistentVolumeClaim](a)
	if err != nil {
		return err
	}
	rest := func(c *corev1.PersistentVolumeClaim) *corev1.PersistentVolumeClaim {
		c = c.DeepCopy()
		c.ManagedFields, c.Status.Capacity, c.Status.Conditions = nil, nil, nil
		c.Status.AllocatedResources, c.Status.AllocatedResourceStatuses = nil, nil
		return c
	}
	if before, after := rest(old), rest(claim); !equality.Semantic.DeepEqual(before, after) {
		return forbid(a, "node %q is not allowed to update fields other than status.quantity and status.conditions: %s", node, diff.Diff(before, after))
	}
	return nil
}

func slice(node string, a admission.Attributes) error {
	s, ok := a.GetObject().(*resourcev1.ResourceSlice)
	if a.GetOperation() != admission.Create { // spec.nodeName does not change
		s, ok = a.GetOldObject().(*resourcev1.ResourceSlice)
	}
	if !ok {
		return admission.NewForbidden(a, fmt.Errorf("unexpected object of type %T", a.GetObject()))
	}
	if s.Spec.NodeName == nil || *s.Spec.NodeName != node {
		return forbid(a, "can only create ResourceSlice with the same NodeName as the requesting node")
	}
	return nil
}
