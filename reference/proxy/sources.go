//go:build linux

package proxy

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	corev1informers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// byService is the index of EndpointSlices by the service they belong to.
const byService = "service"

// sources are the API objects that rules are made of.
type sources struct {
	factory informers.SharedInformerFactory
	// others is for what service rules do not wait for: the pods of this node
	// and ServiceCIDRs. An API server that does not show them to the proxy
	// costs host ports and the protection of unused addresses, no more.
	others   informers.SharedInformerFactory
	networks cache.SharedIndexInformer // ServiceCIDRs; not waited for either
	services cache.SharedIndexInformer
	slices   cache.SharedIndexInformer
	nodes    cache.SharedIndexInformer
	podCache cache.SharedIndexInformer
	handlers []cache.ResourceEventHandlerRegistration
	dirty    *dirty
	name     string // of the node

	mu   sync.Mutex
	node rules.Node
}

func newSources(client kubernetes.Interface, nodeName string, changed *dirty) (*sources, error) {
	s := &sources{dirty: changed, name: nodeName, node: rules.Node{Name: nodeName}}
	s.factory = informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(trim))
	s.services = s.factory.Core().V1().Services().Informer()
	s.slices = s.factory.Discovery().V1().EndpointSlices().Informer()
	s.nodes = s.factory.InformerFor(&corev1.Node{}, func(c kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
		return corev1informers.NewFilteredNodeInformer(c, resync, cache.Indexers{}, only("metadata.name", nodeName))
	})
	s.others = informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(trim))
	s.podCache = s.others.InformerFor(&corev1.Pod{}, func(c kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
		return corev1informers.NewFilteredPodInformer(c, metav1.NamespaceAll, resync, cache.Indexers{}, only("spec.nodeName", nodeName))
	})
	s.networks = s.others.Networking().V1().ServiceCIDRs().Informer()
	err := s.slices.AddIndexers(cache.Indexers{byService: func(o any) ([]string, error) {
		return []string{serviceOf(o.(*discoveryv1.EndpointSlice))}, nil
	}})
	if err != nil {
		return nil, fmt.Errorf("index endpoint slices: %w", err)
	}
	return s, s.listen()
}

// listen marks owners as changed.
func (s *sources) listen() error {
	for _, source := range []struct {
		informer cache.SharedIndexInformer
		changed  func(o any)
	}{
		{s.services, func(o any) { s.dirty.add(owner{kindService, objectKey(o)}) }},
		{s.slices, func(o any) {
			if slice, ok := o.(*discoveryv1.EndpointSlice); ok {
				s.dirty.add(owner{kindService, serviceOf(slice)})
			}
		}},
		{s.nodes, s.nodeChanged},
		{s.podCache, func(o any) { s.dirty.add(owner{kindPod, objectKey(o)}) }},
		{s.networks, func(o any) { s.dirty.add(owner{kindNetwork, objectKey(o)}) }},
	} {
		registration, err := source.informer.AddEventHandler(handler(source.changed))
		if err != nil {
			return fmt.Errorf("watch: %w", err)
		}
		if source.informer != s.podCache && source.informer != s.networks {
			s.handlers = append(s.handlers, registration)
		}
	}
	return nil
}

// start waits until all services and endpoints have been seen.
func (s *sources) start(ctx context.Context) error {
	s.factory.StartWithContext(ctx)
	s.others.StartWithContext(ctx)
	seen := make([]cache.DoneChecker, 0, len(s.handlers))
	for _, h := range s.handlers {
		seen = append(seen, h.HasSyncedChecker())
	}
	if !cache.WaitFor(ctx, "", seen...) {
		return fmt.Errorf("fill caches of proxy: %w", context.Cause(ctx))
	}
	s.dirty.release()
	return nil
}

// serviceNetworks returns the networks of all ServiceCIDRs, sorted.
func (s *sources) serviceNetworks() []netip.Prefix {
	var networks []netip.Prefix
	for _, object := range s.networks.GetIndexer().List() {
		for _, cidr := range object.(*networkingv1.ServiceCIDR).Spec.CIDRs {
			if network, err := netip.ParsePrefix(cidr); err == nil {
				networks = append(networks, network)
			}
		}
	}
	slices.SortFunc(networks, netip.Prefix.Compare)
	return networks
}

// wait returns when the informers have ended.
func (s *sources) wait() {
	s.factory.Shutdown()
	s.others.Shutdown()
}

// rules computes what an owner has now; nothing if it is gone.
func (s *sources) rules(o owner) rules.Set {
	if o.kind == kindPod {
		object, _, _ := s.podCache.GetIndexer().GetByKey(o.key)
		pod, _ := object.(*corev1.Pod)
		return rules.ForPod(pod)
	}
	object, _, _ := s.services.GetIndexer().GetByKey(o.key)
	service, _ := object.(*corev1.Service)
	objects, err := s.slices.GetIndexer().ByIndex(byService, o.key)
	if err != nil {
		return nil // only if the index were missing
	}
	endpointSlices := make([]*discoveryv1.EndpointSlice, 0, len(objects))
	for _, slice := range objects {
		endpointSlices = append(endpointSlices, slice.(*discoveryv1.EndpointSlice))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return rules.ForService(service, endpointSlices, s.node)
}

// nodeChanged looks at the zone only; all services may depend on it.
func (s *sources) nodeChanged(o any) {
	node, ok := o.(*corev1.Node)
	if !ok || node.Name != s.name {
		return
	}
	s.mu.Lock()
	same := s.node.Zone == node.Labels[corev1.LabelTopologyZone]
	s.node.Zone = node.Labels[corev1.LabelTopologyZone]
	s.mu.Unlock()
	if same {
		return
	}
	for _, key := range s.services.GetIndexer().ListKeys() {
		s.dirty.add(owner{kindService, key})
	}
}

func handler(changed func(o any)) cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc: changed,
		UpdateFunc: func(old, o any) {
			changed(old) // a slice may move to another service
			changed(o)
		},
		DeleteFunc: func(o any) {
			if unknown, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = unknown.Obj
			}
			changed(o)
		},
	}
}

func only(field, value string) func(*metav1.ListOptions) {
	return func(o *metav1.ListOptions) { o.FieldSelector = fields.OneTermEqualSelector(field, value).String() }
}

func objectKey(o any) string {
	key, err := cache.MetaNamespaceKeyFunc(o)
	if err != nil {
		return "" // not an API object; nothing has this key
	}
	return key
}

func serviceOf(slice *discoveryv1.EndpointSlice) string {
	return slice.Namespace + "/" + slice.Labels[discoveryv1.LabelServiceName]
}

// trim drops what is never read and what is large.
func trim(object any) (any, error) {
	if accessor, err := meta.Accessor(object); err == nil {
		accessor.SetManagedFields(nil)
		accessor.SetAnnotations(nil)
	}
	if pod, ok := object.(*corev1.Pod); ok {
		pod.Spec.Volumes, pod.Status.ContainerStatuses = nil, nil
	}
	if node, ok := object.(*corev1.Node); ok {
		node.Status.Images = nil
	}
	return object, nil
}
