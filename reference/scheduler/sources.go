package scheduler

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	corev1informers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	policyv1listers "k8s.io/client-go/listers/policy/v1"
	"k8s.io/client-go/tools/cache"
)

// sources are the caches of API objects that the scheduler reads.
type sources struct {
	factory informers.SharedInformerFactory
	pods    cache.SharedIndexInformer // without those that have ended
	nodes   cache.SharedIndexInformer
	budgets policyv1listers.PodDisruptionBudgetLister
}

func newSources(client kubernetes.Interface) *sources {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(trim))
	return &sources{
		factory: factory,
		pods: factory.InformerFor(&corev1.Pod{}, func(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
			return corev1informers.NewFilteredPodInformer(client, metav1.NamespaceAll, resync, cache.Indexers{}, notEnded)
		}),
		nodes:   factory.Core().V1().Nodes().Informer(),
		budgets: factory.Policy().V1().PodDisruptionBudgets().Lister(),
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
