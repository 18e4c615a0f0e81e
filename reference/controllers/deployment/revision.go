package deployment

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
)

// Annotations by which kubectl rollout finds revisions.
const (
	revision        = "deployment.kubernetes.io/revision"
	revisionHistory = "deployment.kubernetes.io/revision-history"
)

// own are the annotations of a Deployment that its ReplicaSets do not get, or get with values of their own.
var own = map[string]bool{
	corev1.LastAppliedConfigAnnotation: true,
	revision:                           true,
	revisionHistory:                    true,
	desiredReplicas:                    true,
	maxReplicas:                        true,
	appsv1.DeprecatedRollbackTo:        true,
}

// templateHash names a revision: any change of the template gives another hash, and so does a collision.
func templateHash(template *corev1.PodTemplateSpec, collisions *int32) string {
	h := fnv.New32a()
	_ = json.NewEncoder(h).Encode(template) // a template encodes, and a hash takes every byte
	if collisions != nil {
		_, _ = h.Write([]byte(strconv.Itoa(int(*collisions))))
	}
	return rand.SafeEncodeString(strconv.FormatUint(uint64(h.Sum32()), 10))
}

// newSet is the ReplicaSet of the present template.
func (ro *rollout) newSet() *appsv1.ReplicaSet {
	d := ro.deployment
	hash := templateHash(&d.Spec.Template, d.Status.CollisionCount)
	template := *d.Spec.Template.DeepCopy()
	template.Labels = with(template.Labels, hash)
	selector := d.Spec.Selector.DeepCopy()
	selector.MatchLabels = with(selector.MatchLabels, hash)
	rs := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       d.Namespace,
			Name:            d.Name + "-" + hash,
			Labels:          template.Labels,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(d, gvk)},
		},
		Spec: appsv1.ReplicaSetSpec{
			Replicas: new(ro.nextSize()), MinReadySeconds: d.Spec.MinReadySeconds, Selector: selector, Template: template,
		},
	}
	rs.Annotations = ro.annotations(rs)
	return rs
}

func with(labels map[string]string, hash string) map[string]string {
	labels = maps.Clone(labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[appsv1.DefaultDeploymentUniqueLabelKey] = hash
	return labels
}

// annotations are those that the ReplicaSet of the present template has: the Deployment's, the
// highest revision, the revisions it had before, and the size.
func (ro *rollout) annotations(rs *appsv1.ReplicaSet) map[string]string {
	next := maps.Clone(rs.Annotations)
	if next == nil {
		next = map[string]string{}
	}
	for k, v := range ro.deployment.Annotations {
		if !own[k] {
			next[k] = v
		}
	}
	number := int64(1)
	for _, old := range ro.old {
		number = max(number, revisionOf(old)+1)
	}
	if before := revisionOf(rs); before < number {
		next[revision] = strconv.FormatInt(number, 10)
		if before > 0 {
			next[revisionHistory] = strings.TrimPrefix(next[revisionHistory]+","+strconv.FormatInt(before, 10), ",")
		}
	}
	ro.setSize(next)
	return next
}

// setSize remembers the size of the Deployment in the annotations of a ReplicaSet.
func (ro *rollout) setSize(annotations map[string]string) {
	surge, _ := ro.bounds()
	annotations[desiredReplicas] = strconv.Itoa(int(wanted(ro.deployment)))
	annotations[maxReplicas] = strconv.Itoa(int(wanted(ro.deployment) + surge))
}

func revisionOf(o metav1.Object) int64 {
	n, err := strconv.ParseInt(o.GetAnnotations()[revision], 10, 64)
	if err != nil {
		return 0
	}
	return n
}
