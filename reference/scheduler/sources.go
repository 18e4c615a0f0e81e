package scheduler

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	corev1informers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	policyv1listers "k8s.io/client-go/listers/policy/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/scheduler/plugins"
)

// sources are the caches of API objects that the scheduler reads.
type sources struct {
	factory    informers.SharedInformerFactory
	pods       cache.SharedIndexInformer // without those that have ended
	nodes      cache.SharedIndexInformer
	namespaces cache.SharedIndexInformer
	volumes    []cache.SharedIndexInformer // claims, volumes and classes
	budgets    policyv1listers.PodDisruptionBudgetLister
}

func newSources(client kubernetes.Interface) *sources {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(trim))
	core, storage := factory.Core().V1(), factory.Storage().V1()
	return &sources{
		factory: factory,
		pods: factory.InformerFor(&corev1.Pod{}, func(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
			return corev1informers.NewFilteredPodInformer(client, metav1.NamespaceAll, resync, cache.Indexers{}, notEnded)
		}),
		nodes:      core.Nodes().Informer(),
		namespaces: core.Namespaces().Informer(),
		volumes: []cache.SharedIndexInformer{
			core.PersistentVolumeClaims().Informer(), core.PersistentVolumes().Informer(), storage.StorageClasses().Informer(),
		},
		budgets: factory.Policy().V1().PodDisruptionBudgets().Lister(),
	}
}

// forPlugins returns the listers that the plugins read.
func (s *sources) forPlugins(client kubernetes.Interface, volumesChanged func() <-chan struct{}) plugins.Sources {
	core := s.factory.Core().V1()
	return plugins.Sources{
		Client:  client,
		Claims:  core.PersistentVolumeClaims().Lister(),
		Volumes: core.PersistentVolumes().Lister(),
		Classes: s.factory.Storage().V1().StorageClasses().Lister(),
		NamespaceLabels: func(name string) labels.Set {
			namespace, err := core.Namespaces().Lister().Get(name)
			if err != nil {
				return nil
			}
			return namespace.Labels
		},
		VolumesChanged: volumesChanged,
	}
}

// start fills the caches and waits, without polling, until the handlers have
// seen everything.
func (s *sources) start(ctx context.Context, seen ...cache.DoneChecker) error {
	s.factory.StartWithContext(ctx)
	if synced := s.factory.WaitForCacheSyncWithContext(ctx); synced.Err != nil {
		return fmt.Errorf("fill caches of scheduler: %w", synced.Err)
	}
	if !cache.WaitFor(ctx, "", seen...) {
		return fmt.Errorf("fill caches of scheduler: %w", context.Cause(ctx))
	}
	return nil
}

func notEnded(o *metav1.ListOptions) {
	o.FieldSelector = "status.phase!=Succeeded,status.phase!=Failed"
}

// trim drops what the scheduler never reads and what is large.
func trim(object any) (any, error) {
	if accessor, err := meta.Accessor(object); err == nil {
		accessor.SetManagedFields(nil)
	}
	return object, nil
}
