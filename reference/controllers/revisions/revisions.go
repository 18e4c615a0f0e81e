// Package revisions keeps the history of pod templates of DaemonSets and StatefulSets, as ControllerRevisions.
package revisions

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/claim"
)

// Keeper reads and writes the revisions of owners of one kind.
type Keeper struct {
	Client   kubernetes.Interface
	Informer cache.SharedIndexInformer // of ControllerRevisions, indexed by controller
	Writes   *controller.Writes
}

// History are the revisions of one owner, the oldest first.
type History struct {
	Current *appsv1.ControllerRevision // of the present template
	All     []*appsv1.ControllerRevision
}

// Patch is what a revision stores: kubectl rollout undo applies it as a strategic merge patch to the owner.
func Patch(template *corev1.PodTemplateSpec) ([]byte, error) {
	var fields map[string]any
	data, err := json.Marshal(template)
	if err == nil {
		err = json.Unmarshal(data, &fields)
	}
	if err != nil {
		return nil, fmt.Errorf("encode template: %w", err)
	}
	fields["$patch"] = "replace"
	return json.Marshal(map[string]any{"spec": map[string]any{"template": fields}})
}

// Template reads the template back.
func Template(r *appsv1.ControllerRevision) (*corev1.PodTemplateSpec, error) {
	var patch struct {
		Spec struct{ Template corev1.PodTemplateSpec }
	}
	if err := json.Unmarshal(r.Data.Raw, &patch); err != nil {
		return nil, fmt.Errorf("decode revision %q: %w", r.Name, err)
	}
	return &patch.Spec.Template, nil
}

// Sync returns the history of the owner, after adding the revision with data to it or making it
// the newest. collisions is the owner's collision count; it is raised when the name of a new
// revision is taken, and the caller has to save it.
func (k Keeper) Sync(ctx context.Context, owner claim.Owner, labels map[string]string, data []byte, collisions *int32) (History, error) {
	client := k.Client.AppsV1().ControllerRevisions(owner.GetNamespace())
	all, err := claim.Children(ctx, owner, k.Informer, client.Patch)
	if err != nil {
		return History{}, err
	}
	slices.SortFunc(all, byNumber)
	h := History{All: all}
	newest := int64(0) // of another template
	for _, r := range all {
		if same(r.Data.Raw, data) { // of several, which somebody else has made, the newest
			h.Current = r
		} else {
			newest = max(newest, r.Revision)
		}
	}
	key := cache.MetaObjectToName(owner.Object)
	switch {
	case h.Current == nil:
		h.Current, err = client.Create(ctx, newRevision(owner, labels, data, newest+1, *collisions), metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			*collisions++
			return History{}, fmt.Errorf("name of the revision is taken, try another: %w", err)
		}
		h.All = append(h.All, h.Current)
	case h.Current.Revision <= newest:
		next := h.Current.DeepCopy()
		next.Revision = newest + 1
		h.Current, err = client.Update(ctx, next, metav1.UpdateOptions{})
		h.All = append(slices.DeleteFunc(h.All, func(r *appsv1.ControllerRevision) bool { return r.UID == next.UID }), h.Current)
	default:
		return h, nil
	}
	if err != nil {
		return History{}, fmt.Errorf("write revision: %w", err)
	}
	k.Writes.Saved(key, k.Informer, h.Current)
	return h, nil
}

// Forget deletes the oldest revisions that are not in use, beyond the limit.
func (k Keeper) Forget(ctx context.Context, owner metav1.Object, h History, limit *int32, inUse map[string]bool) error {
	if limit == nil {
		return nil
	}
	var idle []*appsv1.ControllerRevision
	for _, r := range h.All {
		if r != h.Current && !inUse[r.Name] && !inUse[r.Labels[appsv1.ControllerRevisionHashLabelKey]] {
			idle = append(idle, r)
		}
	}
	for _, r := range idle[:max(0, len(idle)-int(*limit))] {
		err := k.Client.AppsV1().ControllerRevisions(r.Namespace).Delete(ctx, r.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(r.UID))})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete revision %q: %w", r.Name, err)
		}
		k.Writes.Deleted(cache.MetaObjectToName(owner), k.Informer, r)
	}
	return nil
}

func newRevision(owner claim.Owner, labels map[string]string, data []byte, number int64, collisions int32) *appsv1.ControllerRevision {
	hash := hashOf(data, collisions)
	labels = maps.Clone(labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[appsv1.ControllerRevisionHashLabelKey] = hash
	return &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: owner.GetNamespace(), Name: owner.GetName() + "-" + hash, Labels: labels, Annotations: annotations(owner),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner.Object, owner.Kind)},
		},
		Data: runtime.RawExtension{Raw: data}, Revision: number,
	}
}

// annotations are those of the owner, the change cause among them, but not what kubectl apply keeps.
func annotations(owner metav1.Object) map[string]string {
	out := maps.Clone(owner.GetAnnotations())
	delete(out, corev1.LastAppliedConfigAnnotation)
	return out
}

func hashOf(data []byte, collisions int32) string {
	h := fnv.New32a()
	_, _ = h.Write(data) // a hash takes every byte
	if collisions > 0 {
		_, _ = h.Write([]byte(strconv.Itoa(int(collisions))))
	}
	return rand.SafeEncodeString(strconv.FormatUint(uint64(h.Sum32()), 10))
}

// same compares JSON by its meaning: the API server may have written it anew.
func same(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	ca, errA := json.Marshal(x)
	cb, errB := json.Marshal(y)
	return errA == nil && errB == nil && bytes.Equal(ca, cb)
}

func byNumber(a, b *appsv1.ControllerRevision) int {
	return cmp.Or(cmp.Compare(a.Revision, b.Revision), a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
}
