package controller

import (
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// Watch maps the events of one informer to keys.
type Watch struct {
	Informer cache.SharedIndexInformer
	// Keys says which objects an event concerns; nil means the object itself. An update asks for
	// the keys of the old and of the new object.
	Keys func(obj any) []Key
	// Matters drops updates that change nothing of interest; nil keeps every update.
	Matters func(old, obj any) bool
}

func (w Watch) handler(queue workqueue.TypedRateLimitingInterface[Key]) cache.ResourceEventHandler {
	keys := w.Keys
	if keys == nil {
		keys = Self
	}
	add := func(obj any) {
		for _, key := range keys(obj) {
			queue.Add(key)
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc: add,
		UpdateFunc: func(old, obj any) {
			if w.Matters != nil && !w.Matters(old, obj) {
				return
			}
			if w.Keys != nil {
				add(old)
			}
			add(obj)
		},
		DeleteFunc: func(obj any) {
			if gone, ok := obj.(cache.DeletedFinalStateUnknown); ok {
				obj = gone.Obj // the watch missed the deletion
			}
			add(obj)
		},
	}
}

// Self is the key of the object itself.
func Self(obj any) []Key {
	key, err := cache.ObjectToName(obj)
	if err != nil {
		return nil
	}
	return []Key{key}
}
