// Package controllertest runs a controller against a fake clientset that keeps the promises of the API server which controllers rely on.
package controllertest

import (
	"fmt"
	"reflect"
	"strconv"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// NewClient returns a fake clientset that stamps uid, resourceVersion, generation and
// creationTimestamp, makes generated names, refuses stale updates, keeps spec and status apart, and
// lets finalizers and grace periods of scheduled pods delay a deletion.
func NewClient(objects ...runtime.Object) *fake.Clientset {
	server := &server{}
	server.version.Store(1000)
	for _, obj := range objects {
		server.stamp(obj.(metav1.Object))
	}
	client := fake.NewClientset(objects...)
	server.tracker = client.Tracker()
	client.PrependReactor("create", "*", server.create)
	client.PrependReactor("update", "*", server.update)
	client.PrependReactor("patch", "*", server.patch)
	client.PrependReactor("delete", "*", server.remove)
	return client
}

type server struct {
	tracker clienttesting.ObjectTracker
	version atomic.Int64
}

func (s *server) stamp(obj metav1.Object) {
	v := s.version.Add(1)
	obj.SetResourceVersion(strconv.FormatInt(v, 10))
	if obj.GetName() == "" && obj.GetGenerateName() != "" {
		obj.SetName(obj.GetGenerateName() + strconv.FormatInt(v, 36))
	}
	if obj.GetUID() == "" {
		obj.SetUID(types.UID("uid-" + strconv.FormatInt(v, 10)))
	}
	if created := obj.GetCreationTimestamp(); created.IsZero() {
		obj.SetCreationTimestamp(metav1.NewTime(time.Now()))
	}
	if obj.GetGeneration() == 0 {
		obj.SetGeneration(1)
	}
}

func (s *server) create(action clienttesting.Action) (bool, runtime.Object, error) {
	create := action.(clienttesting.CreateAction)
	obj, ok := create.GetObject().(metav1.Object)
	if !ok || create.GetSubresource() != "" {
		return false, nil, nil
	}
	s.stamp(obj)
	return false, nil, nil
}

func (s *server) update(action clienttesting.Action) (bool, runtime.Object, error) {
	update := action.(clienttesting.UpdateAction)
	obj := update.GetObject().(metav1.Object)
	current, err := s.tracker.Get(action.GetResource(), action.GetNamespace(), obj.GetName())
	if err != nil {
		return true, nil, err
	}
	old := current.(metav1.Object)
	if v := obj.GetResourceVersion(); v != "" && v != old.GetResourceVersion() {
		return true, nil, conflict(action.GetResource(), obj.GetName())
	}
	saved := update.GetObject().DeepCopyObject()
	return true, saved, s.save(action, current, saved)
}

// save stores obj in place of old, or removes it when its last finalizer has gone.
func (s *server) save(action clienttesting.Action, old, obj runtime.Object) error {
	if action.GetSubresource() == "status" {
		keep(old, obj, "Spec")
	} else {
		keep(old, obj, "Status")
	}
	next := obj.(metav1.Object)
	if !equalField(old, obj, "Spec") {
		next.SetGeneration(next.GetGeneration() + 1)
	}
	s.stamp(next)
	if err := s.tracker.Update(action.GetResource(), obj, action.GetNamespace()); err != nil {
		return err
	}
	if next.GetDeletionTimestamp() != nil && len(next.GetFinalizers()) == 0 && old.(metav1.Object).GetFinalizers() != nil {
		return s.tracker.Delete(action.GetResource(), action.GetNamespace(), next.GetName())
	}
	return nil
}

func (s *server) patch(action clienttesting.Action) (bool, runtime.Object, error) {
	patch := action.(clienttesting.PatchActionImpl)
	current, err := s.tracker.Get(patch.GetResource(), patch.GetNamespace(), patch.GetName())
	if err != nil {
		return true, nil, err
	}
	// The tracker of a scratch clientset applies the patch, so that watchers see one event.
	scratch := fake.NewClientset()
	if err := scratch.Tracker().Create(patch.GetResource(), current.DeepCopyObject(), patch.GetNamespace()); err != nil {
		return true, nil, err
	}
	_, patched, err := clienttesting.ObjectReaction(scratch.Tracker())(patch)
	if err != nil {
		return true, nil, err
	}
	if patched.(metav1.Object).GetResourceVersion() != current.(metav1.Object).GetResourceVersion() ||
		patched.(metav1.Object).GetUID() != current.(metav1.Object).GetUID() {
		return true, nil, conflict(patch.GetResource(), patch.GetName())
	}
	return true, patched, s.save(action, current, patched)
}

func (s *server) remove(action clienttesting.Action) (bool, runtime.Object, error) {
	del := action.(clienttesting.DeleteActionImpl)
	current, err := s.tracker.Get(del.GetResource(), del.GetNamespace(), del.GetName())
	if err != nil {
		return true, nil, err
	}
	obj := current.(metav1.Object)
	if p := del.DeleteOptions.Preconditions; p != nil && p.UID != nil && *p.UID != obj.GetUID() {
		return true, nil, conflict(del.GetResource(), del.GetName())
	}
	delayed := len(obj.GetFinalizers()) > 0 || graceful(current, del.DeleteOptions)
	if delayed && obj.GetDeletionTimestamp() != nil {
		return true, nil, nil
	}
	// The event of a deletion carries a version of its own, also when the object goes at once.
	obj.SetDeletionTimestamp(new(metav1.NewTime(time.Now())))
	s.stamp(obj)
	return delayed, nil, s.tracker.Update(del.GetResource(), current, del.GetNamespace())
}

func graceful(obj runtime.Object, opts metav1.DeleteOptions) bool {
	pod, ok := obj.(*corev1.Pod)
	if !ok || pod.Spec.NodeName == "" {
		return false
	}
	return opts.GracePeriodSeconds == nil || *opts.GracePeriodSeconds > 0
}

// keep copies a field of the struct behind old to the one behind obj.
func keep(old, obj runtime.Object, field string) {
	from, to := reflect.ValueOf(old).Elem().FieldByName(field), reflect.ValueOf(obj).Elem().FieldByName(field)
	if from.IsValid() && to.IsValid() && from.Kind() == reflect.Struct {
		to.Set(from)
	}
}

func equalField(old, obj runtime.Object, field string) bool {
	a, b := reflect.ValueOf(old).Elem().FieldByName(field), reflect.ValueOf(obj).Elem().FieldByName(field)
	return !a.IsValid() || reflect.DeepEqual(a.Interface(), b.Interface())
}

func conflict(gvr schema.GroupVersionResource, name string) error {
	return apierrors.NewConflict(gvr.GroupResource(), name, fmt.Errorf("the object has been modified"))
}
