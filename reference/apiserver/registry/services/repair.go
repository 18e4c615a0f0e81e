package services

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
)

// claimGrace protects the claims of writes that are under way, here or in another API server.
const claimGrace = time.Minute

// Who events come from, and what they tell was done, as upstream's.
const (
	addressReporter = "ipallocator-repair-controller"
	portReporter    = "portallocator-repair-controller"
	addressAction   = "ClusterIPAllocation"
	claimAction     = "IPAddressAllocation"
	portAction      = "PortAllocation"
)

// Repairs makes claims and stored services agree: a process that was killed in
// the middle of a write leaves claims without a service, and somebody may
// delete or change an IPAddress. IPAddresses that others have made stay, unless
// a service has their address.
type Repairs struct {
	rest        *REST
	broadcaster events.EventBroadcaster
	record      sync.Once
	// Recorders of addresses and of ports.
	addresses, ports events.EventRecorder
}

// Repairs makes the repairs of the resource. They tell of what they find in
// events, which they write with the client.
func (r *REST) Repairs(client kubernetes.Interface) *Repairs {
	b := events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()})
	return &Repairs{
		rest: r, broadcaster: b,
		addresses: b.NewRecorder(scheme.Scheme, addressReporter), ports: b.NewRecorder(scheme.Scheme, portReporter),
	}
}

// Once repairs what is wrong now. The context of the first call also ends the
// recording of events.
func (r *Repairs) Once(ctx context.Context) error {
	var err error
	r.record.Do(func() {
		err = r.broadcaster.StartRecordingToSinkWithContext(ctx)
		context.AfterFunc(ctx, r.broadcaster.Shutdown)
	})
	if err != nil {
		return fmt.Errorf("record events of repairs: %w", err)
	}
	return errors.Join(r.repairAddresses(ctx), r.repairPorts(ctx))
}

// services returns what is stored at this moment. Claims are to be read before,
// so that a claim that is older than the grace has its service if ever.
func (r *Repairs) services(ctx context.Context) ([]corev1.Service, error) {
	all := request.WithNamespace(ctx, metav1.NamespaceAll)
	obj, err := r.rest.List(all, &metainternal.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list services: %w", err)
	}
	list, ok := obj.(*corev1.ServiceList)
	if !ok {
		return nil, fmt.Errorf("list services: %T is not a ServiceList", obj)
	}
	return list.Items, nil
}

// finding is an event about an object.
type finding struct {
	about                runtime.Object
	reason, action, note string
}

func (f finding) tell(recorder events.EventRecorder) {
	if f.about != nil {
		recorder.Eventf(f.about, nil, corev1.EventTypeWarning, f.reason, f.action, "%s", f.note)
	}
}
