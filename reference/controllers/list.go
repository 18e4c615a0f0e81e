package controllers

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/aggregation"
	"github.com/seatrial/seatrial/reference/controllers/autoscaler"
	"github.com/seatrial/seatrial/reference/controllers/certificates"
	"github.com/seatrial/seatrial/reference/controllers/cronjob"
	"github.com/seatrial/seatrial/reference/controllers/daemonset"
	"github.com/seatrial/seatrial/reference/controllers/deployment"
	"github.com/seatrial/seatrial/reference/controllers/disruption"
	"github.com/seatrial/seatrial/reference/controllers/endpoints"
	"github.com/seatrial/seatrial/reference/controllers/endpointslice"
	"github.com/seatrial/seatrial/reference/controllers/ephemeralvolume"
	"github.com/seatrial/seatrial/reference/controllers/garbage"
	"github.com/seatrial/seatrial/reference/controllers/job"
	"github.com/seatrial/seatrial/reference/controllers/localvolume"
	"github.com/seatrial/seatrial/reference/controllers/mirroring"
	"github.com/seatrial/seatrial/reference/controllers/namespace"
	"github.com/seatrial/seatrial/reference/controllers/nodeipam"
	"github.com/seatrial/seatrial/reference/controllers/nodelifecycle"
	"github.com/seatrial/seatrial/reference/controllers/objects"
	"github.com/seatrial/seatrial/reference/controllers/podgc"
	"github.com/seatrial/seatrial/reference/controllers/policystatus"
	"github.com/seatrial/seatrial/reference/controllers/protection"
	"github.com/seatrial/seatrial/reference/controllers/quotastatus"
	"github.com/seatrial/seatrial/reference/controllers/replicaset"
	"github.com/seatrial/seatrial/reference/controllers/rootca"
	"github.com/seatrial/seatrial/reference/controllers/satoken"
	"github.com/seatrial/seatrial/reference/controllers/scales"
	"github.com/seatrial/seatrial/reference/controllers/serviceaccount"
	"github.com/seatrial/seatrial/reference/controllers/servicecidr"
	"github.com/seatrial/seatrial/reference/controllers/statefulset"
	"github.com/seatrial/seatrial/reference/controllers/tainteviction"
	"github.com/seatrial/seatrial/reference/controllers/ttlafterfinished"
	"github.com/seatrial/seatrial/reference/controllers/volumebinder"
)

type builder func(controller.Env) (controller.Controller, error)

// builders is the list of controllers.
func (c *Controllers) builders(everything *objects.Watchers) []builder {
	sizes := scales.Client{Dynamic: c.dynamic, Resource: func(kind schema.GroupKind) (schema.GroupVersionResource, bool) {
		r, ok := everything.Resource(kind)
		return r.GroupVersionResource, ok
	}}
	all := []builder{
		func(env controller.Env) (controller.Controller, error) {
			return namespace.New(env, c.metadata, c.resources)
		},
		serviceaccount.New,
		satoken.NewCleaner,
		func(env controller.Env) (controller.Controller, error) { return rootca.New(env, c.opts.RootCA) },
		replicaset.New,
		replicaset.NewForControllers,
		deployment.New,
		daemonset.New,
		statefulset.New,
		job.New,
		cronjob.New,
		ttlafterfinished.New,
		func(env controller.Env) (controller.Controller, error) { return disruption.New(env, sizes) },
		func(env controller.Env) (controller.Controller, error) {
			return autoscaler.New(env, sizes, autoscaler.API{Client: c.client.Discovery().RESTClient()})
		},
		func(env controller.Env) (controller.Controller, error) {
			return policystatus.New(env, policystatus.Discovered(c.client.Discovery()))
		},
		aggregation.New,
		volumebinder.New,
		volumebinder.NewForVolumes,
		ephemeralvolume.New,
		mirroring.New,
		protection.NewForClaims,
		protection.NewForVolumes,
		protection.NewForClasses,
		endpoints.New,
		endpointslice.New,
		servicecidr.New,
		nodelifecycle.New,
		tainteviction.New,
		podgc.New,
		func(env controller.Env) (controller.Controller, error) {
			return garbage.New(env, c.metadata, everything)
		},
		func(env controller.Env) (controller.Controller, error) { return quotastatus.New(env, everything) },
	}
	return append(all, c.optional()...)
}

// optional are the controllers that need something of the process that they run in.
func (c *Controllers) optional() (all []builder) {
	o := c.opts
	if o.PodCIDR.IsValid() {
		all = append(all, func(env controller.Env) (controller.Controller, error) { return nodeipam.New(env, o.PodCIDR) })
	}
	if o.Tokens != nil {
		all = append(all, func(env controller.Env) (controller.Controller, error) { return satoken.New(env, o.Tokens, o.RootCA) })
	}
	if o.Authority != nil {
		all = append(all, func(env controller.Env) (controller.Controller, error) { return certificates.New(env, o.Authority) })
	}
	if o.LocalVolumes != nil {
		all = append(all, func(env controller.Env) (controller.Controller, error) { return localvolume.New(env, *o.LocalVolumes) })
	}
	return all
}

// shared are the informers of controllers that the watchers of everything use too. Only resources
// that some controller watches anyway belong here.
func shared(env controller.Env) objects.Shared {
	core, apps := env.Informers.Core().V1(), env.Informers.Apps().V1()
	return objects.Shared{
		corev1.SchemeGroupVersion.WithResource("namespaces"):                 core.Namespaces().Informer(),
		corev1.SchemeGroupVersion.WithResource("nodes"):                      core.Nodes().Informer(),
		corev1.SchemeGroupVersion.WithResource("pods"):                       core.Pods().Informer(),
		corev1.SchemeGroupVersion.WithResource("services"):                   core.Services().Informer(),
		corev1.SchemeGroupVersion.WithResource("endpoints"):                  core.Endpoints().Informer(),
		corev1.SchemeGroupVersion.WithResource("serviceaccounts"):            core.ServiceAccounts().Informer(),
		corev1.SchemeGroupVersion.WithResource("resourcequotas"):             core.ResourceQuotas().Informer(),
		corev1.SchemeGroupVersion.WithResource("replicationcontrollers"):     core.ReplicationControllers().Informer(),
		appsv1.SchemeGroupVersion.WithResource("replicasets"):                apps.ReplicaSets().Informer(),
		appsv1.SchemeGroupVersion.WithResource("deployments"):                apps.Deployments().Informer(),
		appsv1.SchemeGroupVersion.WithResource("daemonsets"):                 apps.DaemonSets().Informer(),
		appsv1.SchemeGroupVersion.WithResource("statefulsets"):               apps.StatefulSets().Informer(),
		appsv1.SchemeGroupVersion.WithResource("controllerrevisions"):        apps.ControllerRevisions().Informer(),
		corev1.SchemeGroupVersion.WithResource("persistentvolumeclaims"):     core.PersistentVolumeClaims().Informer(),
		batchv1.SchemeGroupVersion.WithResource("jobs"):                      env.Informers.Batch().V1().Jobs().Informer(),
		batchv1.SchemeGroupVersion.WithResource("cronjobs"):                  env.Informers.Batch().V1().CronJobs().Informer(),
		coordinationv1.SchemeGroupVersion.WithResource("leases"):             env.Informers.Coordination().V1().Leases().Informer(),
		corev1.SchemeGroupVersion.WithResource("persistentvolumes"):          core.PersistentVolumes().Informer(),
		policyv1.SchemeGroupVersion.WithResource("poddisruptionbudgets"):     env.Informers.Policy().V1().PodDisruptionBudgets().Informer(),
		rbacv1.SchemeGroupVersion.WithResource("clusterroles"):               env.Informers.Rbac().V1().ClusterRoles().Informer(),
		storagev1.SchemeGroupVersion.WithResource("storageclasses"):          env.Informers.Storage().V1().StorageClasses().Informer(),
		storagev1.SchemeGroupVersion.WithResource("volumeattributesclasses"): env.Informers.Storage().V1().VolumeAttributesClasses().Informer(),
		discoveryv1.SchemeGroupVersion.WithResource("endpointslices"):        env.Informers.Discovery().V1().EndpointSlices().Informer(),
		networkingv1.SchemeGroupVersion.WithResource("servicecidrs"):         env.Informers.Networking().V1().ServiceCIDRs().Informer(),
		networkingv1.SchemeGroupVersion.WithResource("ipaddresses"):          env.Informers.Networking().V1().IPAddresses().Informer(),
	}
}

func (c *Controllers) build(env controller.Env, everything *objects.Watchers) ([]controller.Controller, error) {
	var all []controller.Controller
	for _, build := range c.builders(everything) {
		one, err := build(env)
		if err != nil {
			return nil, fmt.Errorf("make controller: %w", err)
		}
		all = append(all, one)
	}
	return all, nil
}
