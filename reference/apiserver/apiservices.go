package apiserver

import (
	"fmt"
	"net/http"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver"
	crdlisters "k8s.io/apiextensions-apiserver/pkg/client/listers/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
	"k8s.io/client-go/tools/cache"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	aggregator "k8s.io/kube-aggregator/pkg/apiserver"
	"k8s.io/kube-aggregator/pkg/client/clientset_generated/clientset"
	apiservicelisters "k8s.io/kube-aggregator/pkg/client/listers/apiregistration/v1"
	"k8s.io/kube-aggregator/pkg/controllers/autoregister"
)

// registerWorkers write the APIServices of all groups at a start.
const registerWorkers = 5

// registerGroups keeps an APIService for each group-version that is served
// here: the built-in ones, and those of CustomResourceDefinitions as they come
// and go. The server is ready when those of the built-in ones are available.
func (c *chain) registerGroups(top *aggregator.APIAggregator, custom *apiserver.CustomResourceDefinitions, groups storages) error {
	client, err := clientset.NewForConfig(c.config.LoopbackClientConfig)
	if err != nil {
		return err
	}
	services := top.APIRegistrationInformers.Apiregistration().V1().APIServices()
	controller := autoregister.NewAutoRegisterController(services, client.ApiregistrationV1())
	var wanted []string
	addBuiltIn := func(gv schema.GroupVersion) {
		service := apiService(gv, builtInPriority(gv), versionPriority(gv))
		wanted = append(wanted, service.Name)
		c.config.AggregatedDiscoveryGroupManager.SetGroupVersionPriority(metav1.GroupVersion(gv), int(builtInPriority(gv)), int(versionPriority(gv)))
		controller.AddAPIServiceToSyncOnStart(service)
	}
	for gv := range groups {
		addBuiltIn(gv)
	}
	if c.enabled(apiextensionsv1.SchemeGroupVersion.WithResource("customresourcedefinitions")) {
		addBuiltIn(apiextensionsv1.SchemeGroupVersion)
	}

	crds := custom.Informers.Apiextensions().V1().CustomResourceDefinitions()
	follow := crdFollower{crds: crds.Lister(), services: controller}
	registration, err := crds.Informer().AddEventHandler(follow.handler())
	if err != nil {
		return err
	}
	err = top.GenericAPIServer.AddPostStartHook("kube-apiserver-autoregistration", func(hook genericapiserver.PostStartHookContext) error {
		go func() {
			// APIServices of definitions that were deleted meanwhile must not be kept for those not yet read.
			if cache.WaitForCacheSync(hook.Done(), registration.HasSynced) {
				controller.Run(registerWorkers, hook.Done())
			}
		}()
		return nil
	})
	if err != nil {
		return err
	}
	return top.GenericAPIServer.AddBootSequenceHealthChecks(registrationCheck(services.Informer(), services.Lister(), wanted))
}

func apiService(gv schema.GroupVersion, groupPriority, versionPriority int32) *apiregistrationv1.APIService {
	return &apiregistrationv1.APIService{
		ObjectMeta: metav1.ObjectMeta{Name: gv.Version + "." + gv.Group},
		Spec: apiregistrationv1.APIServiceSpec{
			Group: gv.Group, Version: gv.Version,
			GroupPriorityMinimum: groupPriority, VersionPriority: versionPriority,
		},
	}
}

func registrationCheck(informer cache.SharedIndexInformer, services apiservicelisters.APIServiceLister, wanted []string) healthz.HealthChecker {
	return healthz.NamedCheck("autoregister-completion", func(*http.Request) error {
		if !informer.HasSynced() {
			return fmt.Errorf("APIServices are not read yet")
		}
		for _, name := range wanted {
			s, err := services.Get(name)
			if err != nil {
				return fmt.Errorf("get APIService %q: %w", name, err)
			}
			if !available(s) {
				return fmt.Errorf("APIService %q is not available", name)
			}
		}
		return nil
	})
}

func available(s *apiregistrationv1.APIService) bool {
	for _, c := range s.Status.Conditions {
		if c.Type == apiregistrationv1.Available {
			return c.Status == apiregistrationv1.ConditionTrue
		}
	}
	return false
}

// crdFollower registers the group-versions of CustomResourceDefinitions.
type crdFollower struct {
	crds     crdlisters.CustomResourceDefinitionLister
	services autoregister.AutoAPIServiceRegistration
}

func (f crdFollower) handler() cache.ResourceEventHandlerFuncs {
	return cache.ResourceEventHandlerFuncs{
		AddFunc: f.changed,
		UpdateFunc: func(old, obj any) {
			f.changed(old) // a version may have been removed
			f.changed(obj)
		},
		DeleteFunc: func(obj any) {
			if gone, ok := obj.(cache.DeletedFinalStateUnknown); ok {
				obj = gone.Obj
			}
			f.changed(obj)
		},
	}
}

func (f crdFollower) changed(obj any) {
	crd, ok := obj.(*apiextensionsv1.CustomResourceDefinition)
	if !ok {
		return
	}
	for _, v := range crd.Spec.Versions {
		gv := schema.GroupVersion{Group: crd.Spec.Group, Version: v.Name}
		if f.served(gv) {
			f.services.AddAPIServiceToSync(apiService(gv, 1000, 100))
		} else {
			f.services.RemoveAPIServiceToSync(gv.Version + "." + gv.Group)
		}
	}
}

// served reports whether any definition serves the group-version.
func (f crdFollower) served(gv schema.GroupVersion) bool {
	all, err := f.crds.List(labels.Everything())
	if err != nil {
		return false
	}
	for _, crd := range all {
		if crd.Spec.Group != gv.Group {
			continue
		}
		for _, v := range crd.Spec.Versions {
			if v.Name == gv.Version && v.Served {
				return true
			}
		}
	}
	return false
}
