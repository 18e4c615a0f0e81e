package api

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/api/warnings"
)

// coreResources are the rows of core/v1 that are neither pods, events nor volumes.
func coreResources() []Resource {
	core := in(corev1.SchemeGroupVersion)
	return []Resource{
		row[corev1.Namespace, corev1.NamespaceList](Resource{
			Served: core, Plural: "namespaces", DeleteReturnsObject: true, Scope: Cluster, Short: names("ns"), Status: true,
			NoGeneration: true, NoCollection: true, FieldNames: names("status.phase"),
			Columns: columns.Namespace(),
		}, hooks[corev1.Namespace]{
			fields: namespaceFields,
			create: prepare.NamespaceCreate, update: prepare.NamespaceUpdate,
			validate: validation.Namespace, validateUpdate: validation.NamespaceUpdate, validateStatus: validation.NamespaceStatusUpdate,
		}),

		row[corev1.Node, corev1.NodeList](Resource{
			Served: core, Plural: "nodes", Scope: Cluster, Short: names("no"), Status: true,
			StatusOnCreate: true, NoGeneration: true, FieldNames: names("spec.unschedulable"),
			Columns: columns.Node(),
		}, hooks[corev1.Node]{
			fields: nodeFields,
			create: prepare.NodeCreate, update: prepare.NodeUpdate, status: prepare.NodeUpdate,
			validate: validation.Node, validateUpdate: validation.NodeUpdate, validateStatus: validation.NodeStatusUpdate,
			warnings: warnings.Node,
		}),

		row[corev1.Service, corev1.ServiceList](Resource{
			Served: core, Plural: "services", DeleteReturnsObject: true, Short: names("svc"), Categories: names("all"), Status: true,
			NoGeneration: true, CreateOnUpdate: true, FieldNames: names("spec.clusterIP", "spec.type"),
			Columns: columns.Service(),
		}, hooks[corev1.Service]{
			fields: serviceFields,
			create: prepare.ServiceCreate, update: prepare.ServiceUpdate,
			validate: validation.Service, validateUpdate: validation.ServiceUpdate, validateStatus: validation.ServiceStatusUpdate,
			warnings: warnings.Service,
		}),

		row[corev1.Endpoints, corev1.EndpointsList](Resource{
			Served: core, Plural: "endpoints", Short: names("ep"), CreateOnUpdate: true,
			Columns: columns.Endpoints(),
		}, hooks[corev1.Endpoints]{
			validate: validation.Endpoints, validateUpdate: validation.EndpointsUpdate,
			warnings: warnings.Endpoints,
		}),

		row[corev1.ConfigMap, corev1.ConfigMapList](Resource{
			Served: core, Plural: "configmaps", Short: names("cm"),
			Columns: columns.ConfigMap(),
		}, hooks[corev1.ConfigMap]{
			validate: validation.ConfigMap, validateUpdate: validation.ConfigMapUpdate,
		}),

		row[corev1.Secret, corev1.SecretList](Resource{
			Served: core, Plural: "secrets", FieldNames: names("type"),
			Columns: columns.Secret(),
		}, hooks[corev1.Secret]{
			fields:   secretFields,
			validate: validation.Secret, validateUpdate: validation.SecretUpdate,
			warnings: warnings.Secret,
		}),

		row[corev1.ServiceAccount, corev1.ServiceAccountList](Resource{
			Served: core, Plural: "serviceaccounts", DeleteReturnsObject: true, Short: names("sa"),
			Columns: columns.ServiceAccount(),
		}, hooks[corev1.ServiceAccount]{
			create: prepare.ServiceAccountCreate, update: prepare.ServiceAccountUpdate,
			validate: validation.ServiceAccount, validateUpdate: validation.ServiceAccountUpdate,
			warnings: warnings.ServiceAccount,
		}),

		row[corev1.ResourceQuota, corev1.ResourceQuotaList](Resource{
			Served: core, Plural: "resourcequotas", DeleteReturnsObject: true, Short: names("quota"), Status: true, NoGeneration: true,
			Columns: columns.ResourceQuota(),
		}, hooks[corev1.ResourceQuota]{
			validate: validation.ResourceQuota, validateUpdate: validation.ResourceQuotaUpdate, validateStatus: validation.ResourceQuotaStatusUpdate,
		}),

		row[corev1.LimitRange, corev1.LimitRangeList](Resource{
			Served: core, Plural: "limitranges", Short: names("limits"), NoGeneration: true, CreateOnUpdate: true,
		}, hooks[corev1.LimitRange]{
			create:   prepare.LimitRangeCreate,
			validate: validation.LimitRange, validateUpdate: validation.LimitRangeUpdate,
		}),
	}
}

func namespaceFields(ns *corev1.Namespace) fields.Set {
	return fields.Set{"status.phase": string(ns.Status.Phase)}
}

func nodeFields(node *corev1.Node) fields.Set {
	return fields.Set{"spec.unschedulable": strconv.FormatBool(node.Spec.Unschedulable)}
}

func serviceFields(service *corev1.Service) fields.Set {
	return fields.Set{"spec.clusterIP": service.Spec.ClusterIP, "spec.type": string(service.Spec.Type)}
}

func secretFields(secret *corev1.Secret) fields.Set {
	return fields.Set{"type": string(secret.Type)}
}
