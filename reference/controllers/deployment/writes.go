package deployment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

// errRefused means that the API server refused the new ReplicaSet; the status tells why.
var errRefused = errors.New("create replica set")

// ensureCurrent makes the ReplicaSet of the template, or brings the one there is up to date.
func (r *reconciler) ensureCurrent(ctx context.Context, ro *rollout) error {
	if ro.current != nil {
		return r.syncCurrent(ctx, ro)
	}
	d, rs := ro.deployment, ro.newSet()
	created, err := r.client.AppsV1().ReplicaSets(d.Namespace).Create(ctx, rs, metav1.CreateOptions{})
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return nil
	case apierrors.IsAlreadyExists(err):
		return r.collision(ctx, ro, rs.Name)
	case err != nil:
		r.events.Eventf(d, corev1.EventTypeWarning, "ReplicaSetCreateError", "Failed to create new replica set %q: %v", rs.Name, err)
		return fmt.Errorf("%w %q: %w", errRefused, rs.Name, err)
	}
	r.writes.Saved(cache.MetaObjectToName(d), r.sets, created)
	ro.current = created
	ro.found("NewReplicaSetCreated", fmt.Sprintf("Created new replica set %q", created.Name))
	if n := replicas(created); n > 0 {
		r.events.Eventf(d, corev1.EventTypeNormal, "ScalingReplicaSet", "Scaled up replica set %s from 0 to %d", created.Name, n)
	}
	return r.setRevision(ctx, ro)
}

// collision deals with a ReplicaSet that has the name but is not in the cache: ours, just made, or a
// stranger. A stranger takes another hash the next time.
func (r *reconciler) collision(ctx context.Context, ro *rollout, name string) error {
	d := ro.deployment
	rs, err := r.client.AppsV1().ReplicaSets(d.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("read replica set %q: %w", name, err)
	}
	if metav1.IsControlledBy(rs, d) && sameTemplate(d, rs) {
		r.writes.Saved(cache.MetaObjectToName(d), r.sets, rs)
		ro.current = rs
		return nil
	}
	next := d.DeepCopy()
	if next.Status.CollisionCount == nil {
		next.Status.CollisionCount = new(int32)
	}
	*next.Status.CollisionCount++
	_, err = r.client.AppsV1().Deployments(d.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("count hash collision: %w", err)
	}
	return fmt.Errorf("replica set %q has the name but not the template: try another hash", name)
}

// syncCurrent copies annotations and minReadySeconds to the current ReplicaSet, if there is one.
func (r *reconciler) syncCurrent(ctx context.Context, ro *rollout) error {
	if ro.current == nil {
		return nil
	}
	ro.found("FoundNewReplicaSet", fmt.Sprintf("Found new replica set %q", ro.current.Name))
	next := ro.current.DeepCopy()
	next.Annotations = ro.annotations(ro.current)
	if ro.resized() || ro.deployment.Spec.Paused {
		// The size is noted when the ReplicaSet is scaled; until then it tells that this is still to do.
		keep(next.Annotations, ro.current.Annotations, desiredReplicas, maxReplicas)
	}
	next.Spec.MinReadySeconds = ro.deployment.Spec.MinReadySeconds
	if !maps.Equal(next.Annotations, ro.current.Annotations) || next.Spec.MinReadySeconds != ro.current.Spec.MinReadySeconds {
		if err := r.update(ctx, ro, next); err != nil {
			return err
		}
	}
	return r.setRevision(ctx, ro)
}

func keep(to, from map[string]string, keys ...string) {
	for _, k := range keys {
		if v, ok := from[k]; ok {
			to[k] = v
		} else {
			delete(to, k)
		}
	}
}

// setRevision copies the revision of the current ReplicaSet to the Deployment.
func (r *reconciler) setRevision(ctx context.Context, ro *rollout) error {
	d := ro.deployment
	want := ro.current.Annotations[revision]
	if d.Annotations[revision] == want {
		return nil
	}
	next := d.DeepCopy()
	if next.Annotations == nil {
		next.Annotations = map[string]string{}
	}
	next.Annotations[revision] = want
	// Through the status, since another update of annotations counts as a new generation.
	saved, err := r.client.AppsV1().Deployments(d.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("set revision: %w", err)
	}
	r.writes.Saved(cache.MetaObjectToName(d), r.deployments, saved)
	saved.Status = d.Status // with the conditions of this run
	ro.deployment = saved
	return nil
}

// scale applies the decisions and notes the size of the Deployment on each ReplicaSet.
func (r *reconciler) scale(ctx context.Context, ro *rollout, scalings []scaling) error {
	for _, s := range scalings {
		next := s.set.DeepCopy()
		next.Spec.Replicas = &s.to
		if next.Annotations == nil {
			next.Annotations = map[string]string{}
		}
		ro.setSize(next.Annotations)
		from := replicas(s.set)
		if from == s.to && maps.Equal(next.Annotations, s.set.Annotations) {
			continue
		}
		if err := r.update(ctx, ro, next); err != nil {
			return err
		}
		direction := "up"
		if s.to < from {
			direction = "down"
		}
		if s.to != from {
			r.events.Eventf(ro.deployment, corev1.EventTypeNormal, "ScalingReplicaSet", "Scaled %s replica set %s from %d to %d", direction, next.Name, from, s.to)
		}
	}
	return nil
}

func (r *reconciler) update(ctx context.Context, ro *rollout, rs *appsv1.ReplicaSet) error {
	saved, err := r.client.AppsV1().ReplicaSets(rs.Namespace).Update(ctx, rs, metav1.UpdateOptions{})
	if err != nil {
		return fmt.Errorf("update replica set %q: %w", rs.Name, err)
	}
	r.writes.Saved(cache.MetaObjectToName(ro.deployment), r.sets, saved)
	ro.replace(saved)
	return nil
}

// forget deletes the oldest revisions beyond the history limit.
func (r *reconciler) forget(ctx context.Context, ro *rollout) error {
	for _, rs := range ro.forgotten() {
		err := r.client.AppsV1().ReplicaSets(rs.Namespace).Delete(ctx, rs.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(rs.UID))})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete old replica set %q: %w", rs.Name, err)
		}
		r.writes.Deleted(cache.MetaObjectToName(ro.deployment), r.sets, rs)
	}
	return nil
}

// forgotten are the revisions to delete. Only those without pods are.
func (ro *rollout) forgotten() []*appsv1.ReplicaSet {
	limit := ro.deployment.Spec.RevisionHistoryLimit
	if limit == nil || *limit == math.MaxInt32 {
		return nil
	}
	var idle []*appsv1.ReplicaSet
	for _, rs := range ro.old {
		if rs.DeletionTimestamp == nil {
			idle = append(idle, rs)
		}
	}
	slices.SortStableFunc(idle, func(a, b *appsv1.ReplicaSet) int { return cmp.Compare(revisionOf(a), revisionOf(b)) })
	idle = idle[:max(0, len(idle)-int(*limit))]
	return slices.DeleteFunc(idle, func(rs *appsv1.ReplicaSet) bool {
		return replicas(rs) > 0 || rs.Status.Replicas > 0 || rs.Status.ObservedGeneration < rs.Generation
	})
}
