package api

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/api/warnings"
)

// appsResources are the rows of apps/v1.
func appsResources() []Resource {
	apps := in(appsv1.SchemeGroupVersion)
	return []Resource{
		row[appsv1.Deployment, appsv1.DeploymentList](Resource{
			Served: apps, Plural: "deployments", Short: names("deploy"), Categories: names("all"), Status: true, Scale: true,
			StatusResets: names("metadata.labels"),
			Columns:      columns.Deployment(),
		}, hooks[appsv1.Deployment]{
			update: prepare.DeploymentUpdate, status: prepare.DeploymentStatusUpdate,
			validate: validation.Deployment, validateUpdate: validation.DeploymentUpdate, validateStatus: validation.DeploymentStatusUpdate,
			warnings: warnings.Deployment,
		}),

		row[appsv1.ReplicaSet, appsv1.ReplicaSetList](Resource{
			Served: apps, Plural: "replicasets", Short: names("rs"), Categories: names("all"), Status: true, Scale: true,
			Columns: columns.ReplicaSet(),
		}, hooks[appsv1.ReplicaSet]{
			validate: validation.ReplicaSet, validateUpdate: validation.ReplicaSetUpdate, validateStatus: validation.ReplicaSetStatusUpdate,
			warnings: warnings.ReplicaSet,
		}),

		row[appsv1.StatefulSet, appsv1.StatefulSetList](Resource{
			Served: apps, Plural: "statefulsets", Short: names("sts"), Categories: names("all"), Status: true, Scale: true,
			Columns: columns.StatefulSet(),
		}, hooks[appsv1.StatefulSet]{
			create: prepare.StatefulSetCreate, update: prepare.StatefulSetUpdate,
			validate: validation.StatefulSet, validateUpdate: validation.StatefulSetUpdate, validateStatus: validation.StatefulSetStatusUpdate,
			warnings: warnings.StatefulSet,
		}),

		row[appsv1.DaemonSet, appsv1.DaemonSetList](Resource{
			Served: apps, Plural: "daemonsets", Short: names("ds"), Categories: names("all"), Status: true,
			Columns: columns.DaemonSet(),
		}, hooks[appsv1.DaemonSet]{
			create: prepare.DaemonSetCreate, update: prepare.DaemonSetUpdate, status: prepare.DaemonSetStatusUpdate,
			validate: validation.DaemonSet, validateUpdate: validation.DaemonSetUpdate, validateStatus: validation.DaemonSetStatusUpdate,
			warnings: warnings.DaemonSet,
		}),

		row[appsv1.ControllerRevision, appsv1.ControllerRevisionList](Resource{
			Served: apps, Plural: "controllerrevisions",
			Columns: columns.ControllerRevision(),
		}, hooks[appsv1.ControllerRevision]{
			validate: validation.ControllerRevision, validateUpdate: validation.ControllerRevisionUpdate,
		}),
	}
}
