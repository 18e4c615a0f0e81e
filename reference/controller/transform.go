package controller

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
)

// NewInformers returns the informers that all controllers of a process share. What controllers
// never read is not kept: managedFields are half the memory of an ordinary object, and the API
// server keeps the stored ones when an update carries none.
func NewInformers(client kubernetes.Interface) informers.SharedInformerFactory {
	return informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(StripManagedFields))
}

// StripManagedFields is a transform for informers. It removes metadata.managedFields.
func StripManagedFields(obj any) (any, error) {
	if o, ok := obj.(metav1.Object); ok && o.GetManagedFields() != nil {
		o.SetManagedFields(nil)
	}
	return obj, nil
}

// Sooner is the shorter of two waits, where zero means not at all.
func Sooner(a, b time.Duration) time.Duration {
	if a <= 0 || (b > 0 && b < a) {
		return b
	}
	return a
}
